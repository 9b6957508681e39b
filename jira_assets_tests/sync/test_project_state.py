"""How a project stands is asked of the project, whatever search says of it and in which language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, html_page
from jira_assets.demo.jql.errors import RefusalWording
from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError, NotFound
from jira_assets.sync.monitor import Memory, look_around
from jira_assets_tests.harness import Rig, by_key, open_rig

PROJECT = "/rest/api/3/project/"
UNAVAILABLE = "<html><head><title>Atlassian Cloud Notifications - Page Unavailable</title></head></html>"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A site of two projects, both tracked and synced an hour ago."""
    with open_rig(tmp_path, generate_site(5, projects=2, issues=20, now_ms=1_790_000_000_000)) as rig:
        rig.track()
        rig.sync()
        rig.site.clock.advance(timedelta(hours=1))
        yield rig


def error_of(rig: Rig, key: str) -> JiraAssetsError | None:
    """Sync, and return the error of one project; the other one has none."""
    outcomes = by_key(rig.sync())
    assert [each.ok for each in outcomes.values() if each.project_key != key] == [True]
    return outcomes[key].error


def is_inactive(rig: Rig, key: str) -> bool:
    """Whether the state says that Jira does not know the project."""
    return (
        next(each for each in rig.bench.state.records() if each.project_key == key).inactive_since is not None
    )


@pytest.mark.parametrize("wording", get_args(RefusalWording))
@pytest.mark.parametrize("way", ["hide_project", "trash_project", "delete_project"])
def test_a_project_out_of_sight_is_inactive_in_every_language(
    rig: Rig, wording: RefusalWording, way: str
) -> None:
    rig.site.switches.unknown_project_wording = wording
    key = rig.tracked[0].project_key
    getattr(rig.site, way)(key)

    error = error_of(rig, key)

    assert isinstance(error, NotFound)
    assert "report" not in error.instruction
    assert is_inactive(rig, key)


def test_a_long_reconcile_of_a_trashed_project_ends_well(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    rig.site.trash_project(first)
    rig.bench = replace(rig.bench, clock=lambda: rig.site.clock.now() + timedelta(minutes=30))

    outcome = by_key(rig.reconcile())[first]

    assert (outcome.error, outcome.issues) == (None, 0)


def test_a_404_of_search_makes_no_project_inactive(rig: Rig) -> None:
    first = rig.tracked[0]
    body = '{"errorMessages":["Oops, you\'ve found a dead link."],"errors":{}}'
    rig.site.faults.add(answer(404, body, path="/rest/api/3/search/jql"))

    assert rig.sync().failures
    assert not is_inactive(rig, first.project_key)


@pytest.mark.parametrize("wording", get_args(RefusalWording))
def test_a_project_that_search_does_not_know_yet_is_not_inactive(rig: Rig, wording: RefusalWording) -> None:
    rig.site.switches.unknown_project_wording = wording
    first = rig.tracked[0]
    rig.site.switches.projects_unknown_to_search.add(int(first.project_id))

    error = error_of(rig, first.project_key)

    assert isinstance(error, IncompleteRead)
    assert "search does not find the project" in error.reason
    assert not is_inactive(rig, first.project_key)
    rig.site.switches.projects_unknown_to_search.clear()
    assert rig.sync().failures == []


def test_pages_instead_of_answers_make_no_project_inactive(rig: Rig) -> None:
    first = rig.tracked[0]
    rig.site.switches.projects_unknown_to_search.add(int(first.project_id))
    for page in (
        answer(404, UNAVAILABLE, path=PROJECT, content_type="text/html"),
        answer(503, UNAVAILABLE, path=PROJECT, content_type="text/html"),
        html_page(path=PROJECT),
    ):
        rig.site.faults.add(page)
        rig.sync()
        assert not is_inactive(rig, first.project_key), page
        rig.site.faults.clear()


def test_a_site_that_shows_no_project_at_all_makes_none_inactive(rig: Rig) -> None:
    for project in rig.tracked:
        rig.site.hide_project(project.project_key)

    errors = [outcome.error for outcome in rig.sync().outcomes]

    assert [type(error) for error in errors] == [Forbidden, Forbidden]
    assert [is_inactive(rig, project.project_key) for project in rig.tracked] == [False, False]


def test_a_closed_list_of_projects_still_tells_one_that_is_gone(rig: Rig) -> None:
    rig.site.faults.add(answer(403, '{"errorMessages":["No."]}', path="/rest/api/3/project/search"))
    key = rig.tracked[0].project_key
    rig.site.hide_project(key)

    rig.sync()

    assert is_inactive(rig, key)


@pytest.mark.parametrize("wording", ["value", "japanese"])
@pytest.mark.parametrize(("way", "state"), [("hide_project", "hidden"), ("trash_project", "trashed")])
def test_an_inactive_project_that_is_back_heals_within_the_hour(
    rig: Rig, wording: RefusalWording, way: str, state: str
) -> None:
    rig.site.switches.unknown_project_wording = wording
    key = rig.tracked[0].project_key
    change: Callable[..., None] = getattr(rig.site, way)
    change(key)
    rig.site.clock.advance(timedelta(minutes=30))
    memory = look_around(rig.bench, Memory()).memory
    assert is_inactive(rig, key)
    change(key, **{state: False})
    rig.site.clock.advance(timedelta(minutes=61))
    mark = rig.site.journal.mark()

    look = look_around(rig.bench, memory)

    assert [entry.project.project_key for entry in look.due] == [key]
    lists = [each for each in rig.site.requests_since(mark) if each.path.endswith("/project/search")]
    assert len(lists) == 1
    assert rig.sync().failures == []
    assert rig.differences() == []
