"""Only what changed is fetched, and nothing that changed is missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer
from jira_assets.demo.http.request_log import Request
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.sampling import sampled

pytestmark = pytest.mark.few_tables


@pytest.fixture
def harness(synced: SyncHarness) -> SyncHarness:
    """A site of two projects, both tracked and just synced."""
    return synced


@pytest.fixture
def unsynced(tmp_path: Path) -> Iterator[SyncHarness]:
    """The same site before its first sync."""
    with open_harness(tmp_path / "home") as harness:
        harness.track()
        yield harness


def fetched_ids(requests: list[Request]) -> list[str]:
    """The issues that were fetched in full by these requests."""
    return [
        issue_id
        for request in requests
        if request.path.endswith("/issue/bulkfetch")
        for issue_id in request.json["issueIdsOrKeys"]
    ]


def some_keys(harness: SyncHarness, count: int) -> list[str]:
    """The keys of some issues."""
    return [issue.key for issue in list(harness.site.issues_truth().values())[:count]]


@pytest.mark.prove
def test_the_first_sync_brings_the_whole_site(unsynced: SyncHarness) -> None:
    result = unsynced.sync()

    assert [outcome.mode for outcome in result.outcomes] == ["full", "full"]
    assert sum(outcome.issues for outcome in result.outcomes) == len(unsynced.site.issues_truth())
    assert unsynced.differences() == []


def test_three_changed_issues_are_the_only_ones_fetched(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    changed = some_keys(harness, 3)
    for key in changed:
        harness.site.edit_issue(key, summary=f"changed {key}")

    requests = harness.requests_of()

    assert sorted(fetched_ids(requests)) == sorted(harness.site.truth(key).id for key in changed)
    assert len(requests) <= 12, [request.path for request in requests]
    assert harness.differences() == []


def test_a_sync_of_an_idle_site_writes_nothing_and_publishes_nothing(harness: SyncHarness) -> None:
    harness.publish()
    harness.site.clock.advance(timedelta(hours=1))
    before = files_of(harness)

    result = harness.sync()

    assert harness.publish() is None
    assert files_of(harness) == before
    assert not any(outcome.changed for outcome in result.outcomes)


def test_the_watermark_moves_though_nothing_changed(harness: SyncHarness) -> None:
    first = {o.project_key: o.watermark for o in harness.sync().outcomes}
    harness.site.clock.advance(timedelta(hours=1))
    second = {o.project_key: o.watermark for o in harness.sync().outcomes}

    for key, watermark in first.items():
        assert watermark is not None
        assert second[key] == watermark + timedelta(hours=1)


def test_issues_edited_in_bulk_just_before_a_sync_are_fetched_once(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    keys = list(harness.site.issues_truth())
    for key in keys:
        harness.site.edit_issue(key, summary="all at once")

    assert sorted(fetched_ids(harness.requests_of())) == sorted(keys)
    harness.site.clock.advance(timedelta(seconds=30))
    assert fetched_ids(harness.requests_of()) == []


def test_an_update_that_the_search_index_shows_late_is_found_by_the_next_sync(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    early, late = some_keys(harness, 2)
    harness.site.switches.index_lag = timedelta(seconds=90)
    harness.site.edit_issue(late, summary="indexed late")
    harness.site.switches.index_lag = timedelta(0)
    harness.site.clock.advance(timedelta(seconds=10))
    harness.site.edit_issue(early, summary="indexed at once")
    harness.sync()
    harness.site.clock.advance(timedelta(seconds=90))

    harness.sync()

    assert harness.differences() == []


def test_an_update_indexed_half_an_hour_late_is_found_by_the_deep_look_back(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    (key,) = some_keys(harness, 1)
    harness.site.switches.index_lag = timedelta(minutes=30)
    harness.site.edit_issue(key, summary="indexed very late")
    for _ in range(2):
        harness.site.clock.advance(timedelta(minutes=20))
        harness.sync()

    assert harness.differences() == []


@pytest.mark.parametrize("zone", sampled(["Asia/Kathmandu", "America/Los_Angeles", "Asia/Tokyo"]))
def test_the_profile_zone_of_the_caller_neither_loses_nor_repeats_anything(
    harness: SyncHarness, zone: str
) -> None:
    harness.site.set_time_zone(zone)
    harness.site.clock.advance(timedelta(hours=1))
    harness.sync()
    harness.site.clock.advance(timedelta(hours=1))
    changed = some_keys(harness, 3)
    for key in changed:
        harness.site.edit_issue(key, summary=f"changed in {zone}")

    requests = harness.requests_of()

    assert len(fetched_ids(requests)) == 3
    assert harness.differences() == []


def test_a_sprint_that_is_closed_shows_though_no_issue_was_updated(harness: SyncHarness) -> None:
    active = next(sprint for sprint in harness.site.catalog.sprints.values() if sprint.state == "active")
    harness.site.clock.advance(timedelta(hours=1))
    harness.site.close_sprint(active.id)
    harness.site.rename_sprint(active.id, "Renamed while closing")

    requests = harness.requests_of()

    assert fetched_ids(requests) == []
    shown = harness.ask(f"select sprint_name, state from jira_sprints where sprint_id = '{active.id}'")
    assert shown == [("Renamed while closing", "closed")]


def test_renamed_statuses_projects_and_people_show_after_the_daily_refresh(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(days=1))
    harness.sync()  # from here on, looking back meets no issue that was updated of late
    status = next(iter(harness.site.catalog.statuses.values()))
    project = next(iter(harness.site.catalog.projects.values()))
    harness.site.clock.advance(timedelta(days=1, minutes=1))
    harness.site.rename_status(status.id, "Quite another name")
    harness.site.rename_project_key(project.key, "NEWKEY")

    requests = harness.requests_of()

    assert fetched_ids(requests) == []
    assert harness.differences() == []


def test_a_status_that_the_site_lists_no_longer_stays_known(harness: SyncHarness) -> None:
    status = next(each for each in harness.site.catalog.statuses.values() if each.category_key == "done")
    harness.site.retire_status(status.id)
    harness.site.clock.advance(timedelta(days=1, minutes=1))
    harness.sync()

    known = f"select status, status_category, is_listed from jira_statuses where status_id = '{status.id}'"
    assert harness.ask(known) == [(status.name, "done", False)]

    status.in_use = True
    harness.site.clock.advance(timedelta(days=1, minutes=1))
    harness.sync()

    assert harness.ask(known) == [(status.name, "done", True)]


@pytest.mark.prove
def test_projects_are_tracked_under_the_keys_that_they_have_now(harness: SyncHarness) -> None:
    first, second = harness.tracked
    harness.site.rename_project_key(first.project_key, "SPARE")
    harness.site.rename_project_key(second.project_key, first.project_key)  # whose key that was
    harness.site.clock.advance(timedelta(days=1, minutes=1))

    harness.sync()

    keys = {first.project_id: "SPARE", second.project_id: first.project_key}
    assert {project.project_id: project.project_key for project in harness.tracked} == keys
    assert dict(harness.ask("select project_id, project_key from sync_status")) == keys
    assert harness.sync(first.project_key).outcomes[0].project_id == second.project_id
    assert harness.differences() == []


def lists_read(requests: list[Request]) -> int:
    """How often the list of projects was read."""
    return sum(request.path.endswith("/project/search") for request in requests)


def test_a_new_key_is_followed_from_the_first_answer_that_shows_it(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=2))
    harness.sync()
    first, second = harness.tracked
    harness.site.clock.advance(timedelta(hours=2))
    harness.site.rename_project_key(first.project_key, "NEWKEY")
    assert lists_read(harness.requests_of()) == 0  # no answer showed it

    harness.site.edit_issue(next(iter(harness.site.issues_truth("NEWKEY"))), summary="edited")
    mark = harness.site.journal.mark()
    result = harness.sync()

    assert lists_read(harness.site.requests_since(mark)) == 1
    notice = f"{first.project_key} was renamed to NEWKEY in Jira and is tracked under that key."
    assert notice in result.notices
    assert [project.project_key for project in harness.tracked] == sorted(["NEWKEY", second.project_key])
    assert dict(harness.ask("select project_id, project_key from sync_status"))[first.project_id] == "NEWKEY"
    shown = f"select project_key, former_keys from jira_projects where project_id = '{first.project_id}'"
    assert harness.ask(shown) == [("NEWKEY", [first.project_key])]
    assert harness.differences() == []  # also the keys of the issues that were not fetched again
    harness.site.clock.advance(timedelta(hours=2))
    harness.site.edit_issue(next(iter(harness.site.issues_truth("NEWKEY"))), summary="edited again")
    assert lists_read(harness.requests_of()) == 0


def test_a_key_that_another_project_took_over_changes_both(harness: SyncHarness) -> None:
    first, second = harness.tracked
    harness.site.clock.advance(timedelta(hours=2))
    harness.site.rename_project_key(first.project_key, "SPARE")
    harness.site.rename_project_key(second.project_key, first.project_key)  # whose key that was
    harness.site.edit_issue(next(iter(harness.site.issues_truth(first.project_key))), summary="edited")

    harness.sync(second.project_key)

    keys = {first.project_id: "SPARE", second.project_id: first.project_key}
    assert {project.project_id: project.project_key for project in harness.tracked} == keys
    assert harness.differences() == []


@pytest.mark.prove
def test_an_issue_that_moved_renames_nothing(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=2))
    first, second = harness.tracked
    harness.site.move_issue(next(iter(harness.site.issues_truth(first.project_key))), second.project_key)

    assert lists_read(harness.requests_of()) == 0
    assert harness.tracked == [first, second]


@pytest.mark.prove
def test_a_list_of_projects_that_cannot_be_read_is_asked_for_by_the_next_sync(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=2))
    first = harness.tracked[0]
    harness.site.rename_project_key(first.project_key, "NEWKEY")
    for times in (403, None):
        harness.site.faults.clear()
        if times:
            harness.site.faults.add(answer(times, "{}", path="/rest/api/3/project/search"))
        harness.site.edit_issue(next(iter(harness.site.issues_truth("NEWKEY"))), summary=f"edited {times}")
        assert harness.sync().failures == []
        harness.site.clock.advance(timedelta(hours=2))

    assert "NEWKEY" in {project.project_key for project in harness.tracked}
    assert harness.differences() == []


def test_an_issue_that_moved_to_another_tracked_project_is_there_once(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    moved = next(iter(harness.site.issues_truth().values()))
    other = next(p.project_key for p in harness.tracked if p.project_id != moved.project_id)
    harness.site.move_issue(moved.key, other)

    harness.sync()

    assert harness.differences() == []


@pytest.mark.prove
@pytest.mark.parametrize("issues", [200, 5000])
def test_thousands_of_issues_cost_few_requests_to_follow(tmp_path: Path, issues: int) -> None:
    clock_start = 1_790_000_000_000
    with open_harness(tmp_path, generate_site(3, projects=1, issues=issues, now_ms=clock_start)) as harness:
        harness.track()
        harness.sync()
        harness.site.clock.advance(timedelta(hours=1))
        for key in some_keys(harness, 3):
            harness.site.edit_issue(key, summary="one of three")

        requests = harness.requests_of()

        assert len(fetched_ids(requests)) == 3
        assert len(requests) <= 8, [request.path for request in requests]
        assert harness.differences() == []


def files_of(harness: SyncHarness) -> set[str]:
    """Every data file of the lake and the warehouse."""
    home = harness.pipeline.settings.home
    return {str(path.relative_to(home)) for path in home.rglob("*.parquet")} | {
        str(path.relative_to(home)) for path in home.rglob("*.duckdb")
    }
