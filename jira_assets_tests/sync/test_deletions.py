"""What Jira no longer names is gone only when nothing else explains it, and never on a bad day's word."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer
from jira_assets.errors import AuthenticationError, Forbidden, IncompleteRead, MassDeletionSuspected, NotFound
from jira_assets_tests.harness import SyncHarness, by_key, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """A site of three projects of which two are tracked, synced an hour ago."""
    with open_harness(home, generate_site(4, projects=3, issues=100, now_ms=1_790_000_000_000)) as harness:
        harness.track(*sorted(project.key for project in harness.site.catalog.projects.values())[:2])
        harness.sync()
        harness.site.clock.advance(timedelta(hours=1))
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path) as harness:
        yield harness


def leaf(harness: SyncHarness, key: str) -> str:
    """The id of an issue of a project that is nobody's parent."""
    parents = {issue.parent_id for issue in harness.site.issues_truth().values()}
    return next(issue.id for issue in harness.site.issues_truth(key).values() if issue.id not in parents)


def deleted(harness: SyncHarness) -> list[tuple[object, ...]]:
    """What the published table says of deleted issues."""
    return harness.ask(
        "select jira_id, project_key, reason, moved_to_key from jira_deleted_issues order by jira_id"
    )


def test_a_deleted_issue_is_gone(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    gone = leaf(harness, first)
    harness.site.delete_issue(gone)

    outcomes = by_key(harness.reconcile())

    assert outcomes[first].deleted == 1
    assert deleted(harness) == [(gone, first, "gone", None)]
    assert harness.differences() == []


def test_children_of_a_deleted_epic_keep_its_last_key_and_nothing_else(harness: SyncHarness) -> None:
    epic = with_a_child(harness)
    key = harness.site.truth(epic).key
    children = {each.id for each in harness.site.issues_truth().values() if each.parent_id == epic}
    harness.site.delete_issue(epic, silently=True)

    harness.reconcile()

    children &= harness.site.issues_truth().keys()
    orphans = harness.ask(
        "select jira_id, parent_id, parent_key from jira_issues where former_parent_key is not null"
    )
    assert {row[0] for row in orphans} <= children
    assert {row[1:] for row in orphans} == {(None, None)}
    assert harness.ask(
        "select distinct former_parent_key from jira_issues where former_parent_key is not null"
    ) == [(key,)]
    assert harness.differences() == []


@pytest.mark.prove
def test_a_parent_that_was_hidden_and_is_shown_again_is_a_parent_again(harness: SyncHarness) -> None:
    epic = with_a_child(harness)
    parents = "select count(*) from jira_issues where parent_id is not null"
    before = harness.ask(parents)
    harness.site.hide_issue(epic)
    harness.reconcile()
    assert harness.ask(parents) < before

    harness.site.show_issue(epic)
    harness.reconcile()

    assert harness.ask(parents) == before
    assert harness.differences() == []


@pytest.mark.prove
def test_a_parent_that_moved_out_of_sight_has_the_key_it_went_to(harness: SyncHarness) -> None:
    epic = with_a_child(harness)
    tracked = {project.project_key for project in harness.tracked}
    target = next(p.key for p in harness.site.catalog.projects.values() if p.key not in tracked)
    harness.site.move_issue(epic, target)
    harness.reconcile()
    harness.site.hide_project(target)
    harness.site.clock.advance(timedelta(days=2))

    harness.reconcile()

    moved_to = harness.site.truth(epic).key
    assert harness.ask(f"select distinct parent_key from jira_issues where parent_id = '{epic}'") == [
        (moved_to,)
    ]
    assert harness.differences() == []


def with_a_child(harness: SyncHarness) -> str:
    """The id of a tracked issue that has children which are no sub-tasks."""
    shown = harness.site.issues_truth()
    tracked = {project.project_id for project in harness.tracked}
    return next(
        each.parent_id
        for each in shown.values()
        if each.parent_id in shown
        and each.issue_type != "Sub-task"
        and {each.project_id, shown[each.parent_id].project_id} <= tracked
    )


def test_a_reconcile_that_finds_nothing_wrong_writes_no_data_and_renews_the_proof(
    harness: SyncHarness,
) -> None:
    harness.site.clock.advance(timedelta(days=1))

    outcomes = by_key(harness.reconcile())

    today = f"{harness.site.clock.now():%Y-%m-%d}"
    assert harness.ask("select distinct proved_complete_at::date::varchar from sync_status") == [(today,)]
    for outcome in outcomes.values():
        assert not outcome.changed
        assert outcome.fetched == 0
        assert outcome.proof is not None
        assert outcome.proof.missing == 0
        assert outcome.proof.in_jira == outcome.proof.in_lake == outcome.issues


def test_an_issue_that_moved_to_a_project_nobody_tracks_is_told_where(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    target = next(
        p.key
        for p in harness.site.catalog.projects.values()
        if p.key not in {t.project_key for t in harness.tracked}
    )
    moved = leaf(harness, first)
    harness.site.move_issue(moved, target)

    harness.reconcile()

    assert deleted(harness) == [(moved, first, "moved", harness.site.truth(moved).key)]
    assert harness.differences() == []


def test_an_update_that_was_never_searchable_in_time_is_fetched(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    late = leaf(harness, first)
    harness.site.switches.index_lag = timedelta(hours=7)
    harness.site.edit_issue(late, summary="seven hours late")
    harness.site.switches.index_lag = timedelta(0)
    for hours in (6, 3):
        harness.site.clock.advance(timedelta(hours=hours))
        harness.sync()
    assert harness.differences() != []

    outcome = by_key(harness.reconcile())[first]

    assert (outcome.fetched, outcome.updated) == (1, 1)
    assert harness.differences() == []


@pytest.mark.parametrize(("what", "reason"), sampled([("archive", "archived"), ("trash", "trashed")]))
def test_a_project_that_was_put_away_takes_its_issues_along_until_it_is_back(
    harness: SyncHarness, what: str, reason: str
) -> None:
    first = harness.tracked[0].project_key
    issues = set(harness.site.issues_truth(first))
    put_away = getattr(harness.site, f"{what}_project")
    put_away(first)

    outcomes = by_key(harness.reconcile())

    assert outcomes[first].ok
    assert {(row[0], row[2]) for row in deleted(harness)} == {(issue, reason) for issue in issues}
    put_away(first, **{f"{reason}": False})
    harness.reconcile()
    assert deleted(harness) == []
    assert harness.differences() == []


@pytest.mark.parametrize("silent", sampled([False, True]))
def test_a_lost_permission_deletes_nothing_and_says_so(harness: SyncHarness, silent: bool) -> None:
    first = harness.tracked[0].project_key
    before = harness.ask("select count(*) from jira_issues")
    harness.site.switches.unknown_projects_silent = silent
    harness.site.hide_project(first)

    error = by_key(harness.reconcile())[first].error

    assert isinstance(error, NotFound)
    assert "can no longer see" in error.reason
    assert harness.ask("select count(*) from jira_issues") == before
    assert deleted(harness) == []


def test_a_forbidden_project_deletes_nothing(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    harness.site.forbid_project(first)

    outcomes = by_key(harness.reconcile())

    assert isinstance(outcomes[first].error, Forbidden)
    assert outcomes[harness.tracked[1].project_key].ok
    assert deleted(harness) == []


def test_a_search_that_is_out_of_order_deletes_nothing_and_says_so(harness: SyncHarness) -> None:
    nothing = '{"issues":[],"isLast":true}'
    harness.site.faults.add(
        answer(200, nothing, path="/rest/api/3/search/jql", content_type="application/json")
    )
    before = harness.ask("select count(*) from jira_issues")

    outcomes = by_key(harness.reconcile())

    for outcome in outcomes.values():
        assert isinstance(outcome.error, IncompleteRead)
        assert "out of order" in outcome.error.reason
    assert harness.ask("select count(*) from jira_issues") == before


def test_dead_credentials_delete_nothing(harness: SyncHarness) -> None:
    harness.site.switches.dead_credentials = True

    with pytest.raises(AuthenticationError, match="did not accept the API token"):
        harness.reconcile()

    assert deleted(harness) == []


def test_a_mass_disappearance_is_believed_on_another_day_only(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    issues = list(harness.site.issues_truth(first))
    for issue in issues[1:]:
        if issue in harness.site.issues_truth(first):
            harness.site.delete_issue(issue)

    error = by_key(harness.reconcile())[first].error

    assert isinstance(error, MassDeletionSuspected)
    assert deleted(harness) == []
    harness.site.clock.advance(timedelta(minutes=5))
    assert isinstance(by_key(harness.reconcile())[first].error, MassDeletionSuspected)
    harness.site.clock.advance(timedelta(days=1))
    assert by_key(harness.reconcile())[first].ok
    assert len(deleted(harness)) == len(issues) - len(harness.site.issues_truth(first))
    assert harness.differences() == []


def test_a_mass_disappearance_is_believed_at_once_when_a_person_accepts_it(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    while issues := harness.site.issues_truth(first):
        harness.site.delete_issue(next(iter(issues)))
    assert isinstance(by_key(harness.reconcile())[first].error, MassDeletionSuspected)

    outcome = by_key(harness.reconcile(accept=(first,)))[first]

    assert outcome.ok
    assert harness.differences() == []


def test_an_issue_that_was_gone_and_is_back_is_there_again(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    moved = leaf(harness, first)
    target = next(
        p.key
        for p in harness.site.catalog.projects.values()
        if p.key not in {t.project_key for t in harness.tracked}
    )
    harness.site.move_issue(moved, target)
    harness.reconcile()
    harness.site.clock.advance(timedelta(hours=2))
    harness.site.move_issue(moved, first)

    harness.sync()

    assert deleted(harness) == []
    assert harness.differences() == []


@pytest.mark.prove
@pytest.mark.parametrize("what", sampled(["trash", "archive"]))
def test_an_issue_deleted_while_its_project_was_put_away_is_gone_when_that_is_back(
    harness: SyncHarness, what: str
) -> None:
    first = harness.tracked[0].project_key
    put_away = getattr(harness.site, f"{what}_project")
    put_away(first)
    harness.reconcile()
    put_away(first, **{"archived" if what == "archive" else "trashed": False})
    lost = leaf(harness, first)
    harness.site.delete_issue(lost)

    harness.reconcile()

    assert deleted(harness) == [(lost, first, "gone", None)]
    assert harness.differences() == []


@pytest.mark.prove
def test_a_project_trashed_for_days_is_no_failure(harness: SyncHarness) -> None:
    first = harness.tracked[0].project_key
    count = len(harness.site.issues_truth(first))
    harness.site.trash_project(first)
    harness.site.clock.advance(timedelta(days=3))  # its versions and boards are due, and cannot be read

    assert by_key(harness.reconcile())[first].ok
    assert [row[2] for row in deleted(harness)] == ["trashed"] * count


@pytest.mark.prove
def test_a_project_out_of_sight_for_days_takes_its_issues_along_when_a_person_accepts_it(
    harness: SyncHarness,
) -> None:
    first = harness.tracked[0].project_key
    count = len(harness.site.issues_truth(first))
    harness.site.delete_project(first)
    harness.site.clock.advance(timedelta(days=3))
    assert isinstance(by_key(harness.reconcile())[first].error, NotFound)
    assert deleted(harness) == []

    assert by_key(harness.reconcile(accept=(first,)))[first].ok
    assert [row[2] for row in deleted(harness)] == ["invisible"] * count


@pytest.mark.prove
def test_a_project_that_comes_back_after_days_still_has_its_story_points(tmp_path: Path) -> None:
    with open_harness(
        tmp_path / "b", generate_site(1, projects=3, issues=60, now_ms=1_790_000_000_000)
    ) as harness:
        harness.track("MOB")  # team-managed: its fields are its own
        harness.sync()
        points = harness.ask("select jira_id, story_points from jira_issues order by all")
        harness.site.hide_project("MOB")
        harness.site.clock.advance(timedelta(days=3))
        harness.sync()  # what is known of the site's fields is read without them
        harness.site.hide_project("MOB", hidden=False)

        harness.sync()

        assert harness.ask("select jira_id, story_points from jira_issues order by all") == points
        assert harness.differences() == []
