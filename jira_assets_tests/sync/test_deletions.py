"""What Jira no longer names is gone only when nothing else explains it, and never on a bad day's word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer
from jira_assets.errors import AuthenticationError, Forbidden, IncompleteRead, NotFound, Unobserved
from jira_assets_tests.harness import Rig, by_key, open_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A site of three projects of which two are tracked, synced an hour ago."""
    with open_rig(tmp_path, generate_site(4, projects=3, issues=150, now_ms=1_790_000_000_000)) as rig:
        rig.track(*sorted(project.key for project in rig.site.catalog.projects.values())[:2])
        rig.sync()
        rig.site.clock.advance(timedelta(hours=1))
        yield rig


def leaf(rig: Rig, key: str) -> str:
    """The id of an issue of a project that is nobody's parent."""
    parents = {issue.parent_id for issue in rig.site.issues_truth().values()}
    return next(issue.id for issue in rig.site.issues_truth(key).values() if issue.id not in parents)


def deleted(rig: Rig) -> list[tuple[object, ...]]:
    """What the published table says of deleted issues."""
    return rig.ask(
        "select jira_id, project_key, reason, moved_to_key from jira_deleted_issues order by jira_id"
    )


def test_a_deleted_issue_is_gone(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    gone = leaf(rig, first)
    rig.site.delete_issue(gone)

    outcomes = by_key(rig.reconcile())

    assert outcomes[first].deleted == 1
    assert deleted(rig) == [(gone, first, "gone", None)]
    assert rig.differences() == []


def test_children_of_a_deleted_epic_keep_its_last_key_and_nothing_else(rig: Rig) -> None:
    epic = with_a_child(rig)
    key = rig.site.truth(epic).key
    children = {each.id for each in rig.site.issues_truth().values() if each.parent_id == epic}
    rig.site.delete_issue(epic, silently=True)

    rig.reconcile()

    children &= rig.site.issues_truth().keys()
    orphans = rig.ask(
        "select jira_id, parent_id, parent_key from jira_issues where former_parent_key is not null"
    )
    assert {row[0] for row in orphans} <= children
    assert {row[1:] for row in orphans} == {(None, None)}
    assert rig.ask(
        "select distinct former_parent_key from jira_issues where former_parent_key is not null"
    ) == [(key,)]
    assert rig.differences() == []


def test_a_parent_that_was_hidden_and_is_shown_again_is_a_parent_again(rig: Rig) -> None:
    epic = with_a_child(rig)
    parents = "select count(*) from jira_issues where parent_id is not null"
    before = rig.ask(parents)
    rig.site.hide_issue(epic)
    rig.reconcile()
    assert rig.ask(parents) < before

    rig.site.show_issue(epic)
    rig.reconcile()

    assert rig.ask(parents) == before
    assert rig.differences() == []


def test_a_parent_that_moved_out_of_sight_has_the_key_it_went_to(rig: Rig) -> None:
    epic = with_a_child(rig)
    tracked = {project.project_key for project in rig.tracked}
    target = next(p.key for p in rig.site.catalog.projects.values() if p.key not in tracked)
    rig.site.move_issue(epic, target)
    rig.reconcile()
    rig.site.hide_project(target)
    rig.site.clock.advance(timedelta(days=2))

    rig.reconcile()

    moved_to = rig.site.truth(epic).key
    assert rig.ask(f"select distinct parent_key from jira_issues where parent_id = '{epic}'") == [(moved_to,)]
    assert rig.differences() == []


def with_a_child(rig: Rig) -> str:
    """The id of a tracked issue that has children which are no sub-tasks."""
    shown = rig.site.issues_truth()
    tracked = {project.project_id for project in rig.tracked}
    return next(
        each.parent_id
        for each in shown.values()
        if each.parent_id in shown
        and each.issue_type != "Sub-task"
        and {each.project_id, shown[each.parent_id].project_id} <= tracked
    )


def test_a_reconcile_that_finds_nothing_wrong_writes_no_data_and_renews_the_proof(rig: Rig) -> None:
    rig.site.clock.advance(timedelta(days=1))

    outcomes = by_key(rig.reconcile())

    today = f"{rig.site.clock.now():%Y-%m-%d}"
    assert rig.ask("select distinct proved_complete_at::date::varchar from sync_status") == [(today,)]
    for outcome in outcomes.values():
        assert not outcome.changed
        assert outcome.fetched == 0
        assert outcome.proof is not None
        assert outcome.proof.missing == 0
        assert outcome.proof.in_jira == outcome.proof.in_lake == outcome.issues


def test_an_issue_that_moved_to_a_project_nobody_tracks_is_told_where(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    target = next(
        p.key for p in rig.site.catalog.projects.values() if p.key not in {t.project_key for t in rig.tracked}
    )
    moved = leaf(rig, first)
    rig.site.move_issue(moved, target)

    rig.reconcile()

    assert deleted(rig) == [(moved, first, "moved", rig.site.truth(moved).key)]
    assert rig.differences() == []


def test_an_update_that_was_never_searchable_in_time_is_fetched(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    late = leaf(rig, first)
    rig.site.switches.index_lag = timedelta(hours=7)
    rig.site.edit_issue(late, summary="seven hours late")
    rig.site.switches.index_lag = timedelta(0)
    for _ in range(3):
        rig.site.clock.advance(timedelta(hours=3))
        rig.sync()
    assert rig.differences() != []

    outcome = by_key(rig.reconcile())[first]

    assert (outcome.fetched, outcome.updated) == (1, 1)
    assert rig.differences() == []


@pytest.mark.parametrize(("what", "reason"), [("archive", "archived"), ("trash", "trashed")])
def test_a_project_that_was_put_away_takes_its_issues_along_until_it_is_back(
    rig: Rig, what: str, reason: str
) -> None:
    first = rig.tracked[0].project_key
    issues = set(rig.site.issues_truth(first))
    put_away = getattr(rig.site, f"{what}_project")
    put_away(first)

    outcomes = by_key(rig.reconcile())

    assert outcomes[first].ok
    assert {(row[0], row[2]) for row in deleted(rig)} == {(issue, reason) for issue in issues}
    put_away(first, **{f"{reason}": False})
    rig.reconcile()
    assert deleted(rig) == []
    assert rig.differences() == []


@pytest.mark.parametrize("silent", [False, True])
def test_a_lost_permission_deletes_nothing_and_says_so(rig: Rig, silent: bool) -> None:
    first = rig.tracked[0].project_key
    before = rig.ask("select count(*) from jira_issues")
    rig.site.switches.unknown_projects_silent = silent
    rig.site.hide_project(first)

    error = by_key(rig.reconcile())[first].error

    assert isinstance(error, NotFound)
    assert "can no longer see" in error.reason
    assert rig.ask("select count(*) from jira_issues") == before
    assert deleted(rig) == []


def test_a_forbidden_project_deletes_nothing(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    rig.site.forbid_project(first)

    outcomes = by_key(rig.reconcile())

    assert isinstance(outcomes[first].error, Forbidden)
    assert outcomes[rig.tracked[1].project_key].ok
    assert deleted(rig) == []


def test_a_search_that_is_out_of_order_deletes_nothing_and_says_so(rig: Rig) -> None:
    nothing = '{"issues":[],"isLast":true}'
    rig.site.faults.add(answer(200, nothing, path="/rest/api/3/search/jql", content_type="application/json"))
    before = rig.ask("select count(*) from jira_issues")

    outcomes = by_key(rig.reconcile())

    for outcome in outcomes.values():
        assert isinstance(outcome.error, IncompleteRead)
        assert "out of order" in outcome.error.reason
    assert rig.ask("select count(*) from jira_issues") == before


def test_dead_credentials_delete_nothing(rig: Rig) -> None:
    rig.site.switches.dead_credentials = True

    with pytest.raises(AuthenticationError):
        rig.reconcile()

    assert deleted(rig) == []


def test_a_mass_disappearance_is_believed_on_another_day_only(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    issues = list(rig.site.issues_truth(first))
    for issue in issues[1:]:
        if issue in rig.site.issues_truth(first):
            rig.site.delete_issue(issue)

    error = by_key(rig.reconcile())[first].error

    assert isinstance(error, Unobserved)
    assert deleted(rig) == []
    rig.site.clock.advance(timedelta(minutes=5))
    assert isinstance(by_key(rig.reconcile())[first].error, Unobserved)
    rig.site.clock.advance(timedelta(days=1))
    assert by_key(rig.reconcile())[first].ok
    assert len(deleted(rig)) == len(issues) - len(rig.site.issues_truth(first))
    assert rig.differences() == []


def test_a_mass_disappearance_is_believed_at_once_when_a_person_accepts_it(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    while issues := rig.site.issues_truth(first):
        rig.site.delete_issue(next(iter(issues)))
    assert isinstance(by_key(rig.reconcile())[first].error, Unobserved)

    outcome = by_key(rig.reconcile(accept=(first,)))[first]

    assert outcome.ok
    assert rig.differences() == []


def test_an_issue_that_was_gone_and_is_back_is_there_again(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    moved = leaf(rig, first)
    target = next(
        p.key for p in rig.site.catalog.projects.values() if p.key not in {t.project_key for t in rig.tracked}
    )
    rig.site.move_issue(moved, target)
    rig.reconcile()
    rig.site.clock.advance(timedelta(hours=2))
    rig.site.move_issue(moved, first)

    rig.sync()

    assert deleted(rig) == []
    assert rig.differences() == []


@pytest.mark.parametrize("what", ["archive", "trash"])
def test_an_issue_deleted_while_its_project_was_put_away_is_gone_when_that_is_back(
    rig: Rig, what: str
) -> None:
    first = rig.tracked[0].project_key
    put_away = getattr(rig.site, f"{what}_project")
    put_away(first)
    rig.reconcile()
    put_away(first, **{"archived" if what == "archive" else "trashed": False})
    lost = leaf(rig, first)
    rig.site.delete_issue(lost)

    rig.reconcile()

    assert deleted(rig) == [(lost, first, "gone", None)]
    assert rig.differences() == []


def test_a_project_trashed_for_days_is_no_failure(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    count = len(rig.site.issues_truth(first))
    rig.site.trash_project(first)
    rig.site.clock.advance(timedelta(days=3))  # its versions and boards are due, and cannot be read

    assert by_key(rig.reconcile())[first].ok
    assert [row[2] for row in deleted(rig)] == ["trashed"] * count


def test_a_project_out_of_sight_for_days_takes_its_issues_along_when_a_person_accepts_it(rig: Rig) -> None:
    first = rig.tracked[0].project_key
    count = len(rig.site.issues_truth(first))
    rig.site.delete_project(first)
    rig.site.clock.advance(timedelta(days=3))
    assert isinstance(by_key(rig.reconcile())[first].error, NotFound)
    assert deleted(rig) == []

    assert by_key(rig.reconcile(accept=(first,)))[first].ok
    assert [row[2] for row in deleted(rig)] == ["invisible"] * count


def test_a_project_that_comes_back_after_days_still_has_its_story_points(tmp_path: Path) -> None:
    with open_rig(tmp_path / "b", generate_site(1, projects=3, issues=60, now_ms=1_790_000_000_000)) as rig:
        rig.track("MOB")  # team-managed: its fields are its own
        rig.sync()
        points = rig.ask("select jira_id, story_points from jira_issues order by all")
        rig.site.hide_project("MOB")
        rig.site.clock.advance(timedelta(days=3))
        rig.sync()  # what is known of the site's fields is read without them
        rig.site.hide_project("MOB", hidden=False)

        rig.sync()

        assert rig.ask("select jira_id, story_points from jira_issues order by all") == points
        assert rig.differences() == []
