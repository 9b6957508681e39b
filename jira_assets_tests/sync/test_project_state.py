"""How a project stands is asked of the project, whatever search says of it and in which language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, html_page
from jira_assets.demo.jql.errors import RefusalWording
from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError, NotFound
from jira_assets.sync.monitor import SensorState, evaluate
from jira_assets_tests.harness import SyncHarness, by_key, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled

PROJECT = "/rest/api/3/project/"
UNAVAILABLE = "<html><head><title>Atlassian Cloud Notifications - Page Unavailable</title></head></html>"


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """A site of two projects, both tracked and synced an hour ago."""
    with open_harness(home, generate_site(5, projects=2, issues=20, now_ms=1_790_000_000_000)) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.advance(timedelta(hours=1))
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path) as harness:
        yield harness


def error_of(harness: SyncHarness, key: str) -> JiraAssetsError | None:
    """Sync, and return the error of one project; the other one has none."""
    outcomes = by_key(harness.sync())
    assert [each.ok for each in outcomes.values() if each.project_key != key] == [True]
    return outcomes[key].error


def is_inactive(harness: SyncHarness, key: str) -> bool:
    """Whether the state says that Jira does not know the project."""
    return (
        next(each for each in harness.pipeline.state.records.all() if each.project_key == key).inactive_since
        is not None
    )


@pytest.mark.parametrize(
    ("way", "wording"),
    sampled(product(["hide_project", "trash_project", "delete_project"], get_args(RefusalWording)), 5),
)
def test_a_project_out_of_sight_is_inactive_in_every_language(
    harness: SyncHarness, wording: RefusalWording, way: str
) -> None:
    harness.site.switches.unknown_project_wording = wording
    key = harness.tracked[0].project_key
    getattr(harness.site, way)(key)

    error = error_of(harness, key)

    assert isinstance(error, NotFound)
    assert "report" not in error.instruction
    assert is_inactive(harness, key)


def test_a_long_reconcile_of_a_trashed_project_ends_well(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    harness.site.trash_project(first)
    harness.pipeline = replace(
        harness.pipeline, clock=lambda: harness.site.clock.now() + timedelta(minutes=30)
    )

    outcome = by_key(harness.reconcile())[first]

    assert (outcome.error, outcome.issues) == (None, 0)


def test_a_404_of_search_makes_no_project_inactive(harness: SyncHarness) -> None:
    first = harness.tracked[0]
    body = '{"errorMessages":["Oops, you\'ve found a dead link."],"errors":{}}'
    harness.site.faults.add(answer(404, body, path="/rest/api/3/search/jql"))

    assert harness.sync().failures
    assert not is_inactive(harness, first.project_key)


@pytest.mark.parametrize("wording", sampled(get_args(RefusalWording), 6))
def test_a_project_that_search_does_not_know_yet_is_not_inactive(
    harness: SyncHarness, wording: RefusalWording
) -> None:
    harness.site.switches.unknown_project_wording = wording
    first = harness.tracked[0]
    harness.site.switches.projects_unknown_to_search.add(int(first.project_id))

    error = error_of(harness, first.project_key)

    assert isinstance(error, IncompleteRead)
    assert "search does not find the project" in error.reason
    assert not is_inactive(harness, first.project_key)
    harness.site.switches.projects_unknown_to_search.clear()
    assert harness.sync().failures == []


def test_pages_instead_of_answers_make_no_project_inactive(harness: SyncHarness) -> None:
    first = harness.tracked[0]
    harness.site.switches.projects_unknown_to_search.add(int(first.project_id))
    for page in (
        answer(404, UNAVAILABLE, path=PROJECT, content_type="text/html"),
        answer(503, UNAVAILABLE, path=PROJECT, content_type="text/html"),
        html_page(path=PROJECT),
    ):
        harness.site.faults.add(page)
        harness.sync()
        assert not is_inactive(harness, first.project_key), page
        harness.site.faults.clear()


def test_a_site_that_shows_no_project_at_all_makes_none_inactive(harness: SyncHarness) -> None:
    for project in harness.tracked:
        harness.site.hide_project(project.project_key)

    errors = [outcome.error for outcome in harness.sync().outcomes]

    assert [type(error) for error in errors] == [Forbidden, Forbidden]
    assert [is_inactive(harness, project.project_key) for project in harness.tracked] == [False, False]


def test_a_closed_list_of_projects_still_tells_one_that_is_gone(harness: SyncHarness) -> None:
    harness.site.faults.add(answer(403, '{"errorMessages":["No."]}', path="/rest/api/3/project/search"))
    key = harness.tracked[0].project_key
    harness.site.hide_project(key)

    harness.sync()

    assert is_inactive(harness, key)


@pytest.mark.parametrize("wording", sampled(["value", "japanese"]))
@pytest.mark.parametrize(("way", "state"), [("hide_project", "hidden"), ("trash_project", "trashed")])
def test_an_inactive_project_that_is_back_heals_within_the_hour(
    harness: SyncHarness, wording: RefusalWording, way: str, state: str
) -> None:
    harness.site.switches.unknown_project_wording = wording
    key = harness.tracked[0].project_key
    change: Callable[..., None] = getattr(harness.site, way)
    change(key)
    harness.site.clock.advance(timedelta(minutes=30))
    memory = evaluate(harness.pipeline.sites[0], SensorState()).memory
    assert is_inactive(harness, key)
    change(key, **{state: False})
    harness.site.clock.advance(timedelta(minutes=61))
    mark = harness.site.journal.mark()

    look = evaluate(harness.pipeline.sites[0], memory)

    assert [entry.project.project_key for entry in look.due] == [key]
    lists = [each for each in harness.site.requests_since(mark) if each.path.endswith("/project/search")]
    assert len(lists) == 1
    assert harness.sync().failures == []
    assert harness.differences() == []
