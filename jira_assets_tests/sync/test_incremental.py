"""Only what changed is fetched, and nothing that changed is missed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer
from jira_assets.demo.http.request_log import Request
from jira_assets_tests.harness import Rig, open_rig


def fetched_ids(requests: list[Request]) -> list[str]:
    """The issues that were fetched in full by these requests."""
    return [
        issue_id
        for request in requests
        if request.path.endswith("/issue/bulkfetch")
        for issue_id in request.json["issueIdsOrKeys"]
    ]


def some_keys(rig: Rig, count: int) -> list[str]:
    """The keys of some issues."""
    return [issue.key for issue in list(rig.site.issues_truth().values())[:count]]


def test_the_first_sync_brings_the_whole_site(rig: Rig) -> None:
    result = rig.sync()

    assert [outcome.mode for outcome in result.outcomes] == ["full", "full"]
    assert sum(outcome.issues for outcome in result.outcomes) == len(rig.site.issues_truth())
    assert rig.differences() == []


def test_three_changed_issues_are_the_only_ones_fetched(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=1))
    changed = some_keys(rig, 3)
    for key in changed:
        rig.site.edit_issue(key, summary=f"changed {key}")

    requests = rig.requests_of()

    assert sorted(fetched_ids(requests)) == sorted(rig.site.truth(key).id for key in changed)
    assert rig.differences() == []


def test_a_sync_of_an_idle_site_writes_nothing_and_publishes_nothing(rig: Rig) -> None:
    rig.sync()
    rig.publish()
    rig.site.clock.advance(timedelta(hours=1))
    before = files_of(rig)

    result = rig.sync()

    assert rig.publish() is None
    assert files_of(rig) == before
    assert not any(outcome.changed for outcome in result.outcomes)


def test_the_watermark_moves_though_nothing_changed(rig: Rig) -> None:
    first = {o.project_key: o.watermark for o in rig.sync().outcomes}
    rig.site.clock.advance(timedelta(hours=1))
    second = {o.project_key: o.watermark for o in rig.sync().outcomes}

    for key, watermark in first.items():
        assert watermark is not None
        assert second[key] == watermark + timedelta(hours=1)


def test_issues_edited_in_bulk_just_before_a_sync_are_fetched_once(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=1))
    keys = list(rig.site.issues_truth())
    for key in keys:
        rig.site.edit_issue(key, summary="all at once")

    assert sorted(fetched_ids(rig.requests_of())) == sorted(keys)
    rig.site.clock.advance(timedelta(seconds=30))
    assert fetched_ids(rig.requests_of()) == []


def test_an_update_that_the_search_index_shows_late_is_found_by_the_next_sync(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=1))
    early, late = some_keys(rig, 2)
    rig.site.switches.index_lag = timedelta(seconds=90)
    rig.site.edit_issue(late, summary="indexed late")
    rig.site.switches.index_lag = timedelta(0)
    rig.site.clock.advance(timedelta(seconds=10))
    rig.site.edit_issue(early, summary="indexed at once")
    rig.sync()
    rig.site.clock.advance(timedelta(seconds=90))

    rig.sync()

    assert rig.differences() == []


def test_an_update_indexed_half_an_hour_late_is_found_by_the_deep_look_back(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=1))
    (key,) = some_keys(rig, 1)
    rig.site.switches.index_lag = timedelta(minutes=30)
    rig.site.edit_issue(key, summary="indexed very late")
    for _ in range(4):
        rig.site.clock.advance(timedelta(minutes=10))
        rig.sync()

    assert rig.differences() == []


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo", "Asia/Kathmandu"])
def test_the_profile_zone_of_the_caller_neither_loses_nor_repeats_anything(rig: Rig, zone: str) -> None:
    rig.site.set_time_zone(zone)
    rig.sync()
    rig.site.clock.advance(timedelta(hours=1))
    changed = some_keys(rig, 3)
    for key in changed:
        rig.site.edit_issue(key, summary=f"changed in {zone}")

    requests = rig.requests_of()

    assert len(fetched_ids(requests)) == 3
    assert rig.differences() == []


def test_a_sprint_that_is_closed_shows_though_no_issue_was_updated(rig: Rig) -> None:
    rig.sync()
    active = next(sprint for sprint in rig.site.catalog.sprints.values() if sprint.state == "active")
    rig.site.clock.advance(timedelta(hours=1))
    rig.site.close_sprint(active.id)
    rig.site.rename_sprint(active.id, "Renamed while closing")

    requests = rig.requests_of()

    assert fetched_ids(requests) == []
    shown = rig.ask(f"select sprint_name, state from jira_sprints where sprint_id = '{active.id}'")
    assert shown == [("Renamed while closing", "closed")]


def test_renamed_statuses_projects_and_people_show_after_the_daily_refresh(rig: Rig) -> None:
    # An issue of the last hour would be met again by the deeper look back, under its new key.
    rig.site.clock.advance(timedelta(hours=2))
    rig.sync()
    rig.site.clock.advance(timedelta(days=1))
    rig.sync()  # from here on, looking back meets no issue that was updated of late
    status = next(iter(rig.site.catalog.statuses.values()))
    project = next(iter(rig.site.catalog.projects.values()))
    rig.site.clock.advance(timedelta(days=1, minutes=1))
    rig.site.rename_status(status.id, "Quite another name")
    rig.site.rename_project_key(project.key, "NEWKEY")

    requests = rig.requests_of()

    assert fetched_ids(requests) == []
    assert rig.differences() == []


def test_a_status_that_the_site_lists_no_longer_stays_known(rig: Rig) -> None:
    rig.sync()
    status = next(each for each in rig.site.catalog.statuses.values() if each.category_key == "done")
    rig.site.retire_status(status.id)
    rig.site.clock.advance(timedelta(days=1, minutes=1))
    rig.sync()

    known = f"select status, status_category, is_listed from jira_statuses where status_id = '{status.id}'"
    assert rig.ask(known) == [(status.name, "done", False)]

    status.in_use = True
    rig.site.clock.advance(timedelta(days=1, minutes=1))
    rig.sync()

    assert rig.ask(known) == [(status.name, "done", True)]


def test_projects_are_tracked_under_the_keys_that_they_have_now(rig: Rig) -> None:
    rig.sync()
    first, second = rig.tracked
    rig.site.rename_project_key(first.project_key, "SPARE")
    rig.site.rename_project_key(second.project_key, first.project_key)  # whose key that was
    rig.site.clock.advance(timedelta(days=1, minutes=1))

    rig.sync()

    keys = {first.project_id: "SPARE", second.project_id: first.project_key}
    assert {project.project_id: project.project_key for project in rig.tracked} == keys
    assert dict(rig.ask("select project_id, project_key from sync_status")) == keys
    assert rig.sync(first.project_key).outcomes[0].project_id == second.project_id
    assert rig.differences() == []


def lists_read(requests: list[Request]) -> int:
    """How often the list of projects was read."""
    return sum(request.path.endswith("/project/search") for request in requests)


def test_a_new_key_is_followed_from_the_first_answer_that_shows_it(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=2))
    rig.sync()
    first, second = rig.tracked
    rig.site.clock.advance(timedelta(hours=2))
    rig.site.rename_project_key(first.project_key, "NEWKEY")
    assert lists_read(rig.requests_of()) == 0  # no answer showed it

    rig.site.edit_issue(next(iter(rig.site.issues_truth("NEWKEY"))), summary="edited")
    mark = rig.site.journal.mark()
    result = rig.sync()

    assert lists_read(rig.site.requests_since(mark)) == 1
    notice = f"{first.project_key} was renamed to NEWKEY in Jira and is tracked under that key."
    assert notice in result.notices
    assert [project.project_key for project in rig.tracked] == sorted(["NEWKEY", second.project_key])
    assert dict(rig.ask("select project_id, project_key from sync_status"))[first.project_id] == "NEWKEY"
    shown = f"select project_key, former_keys from jira_projects where project_id = '{first.project_id}'"
    assert rig.ask(shown) == [("NEWKEY", [first.project_key])]
    assert rig.differences() == []  # also the keys of the issues that were not fetched again
    rig.site.clock.advance(timedelta(hours=2))
    rig.site.edit_issue(next(iter(rig.site.issues_truth("NEWKEY"))), summary="edited again")
    assert lists_read(rig.requests_of()) == 0


def test_a_key_that_another_project_took_over_changes_both(rig: Rig) -> None:
    rig.sync()
    first, second = rig.tracked
    rig.site.clock.advance(timedelta(hours=2))
    rig.site.rename_project_key(first.project_key, "SPARE")
    rig.site.rename_project_key(second.project_key, first.project_key)  # whose key that was
    rig.site.edit_issue(next(iter(rig.site.issues_truth(first.project_key))), summary="edited")

    rig.sync(second.project_key)

    keys = {first.project_id: "SPARE", second.project_id: first.project_key}
    assert {project.project_id: project.project_key for project in rig.tracked} == keys
    assert rig.differences() == []


def test_an_issue_that_moved_renames_nothing(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=2))
    first, second = rig.tracked
    rig.site.move_issue(next(iter(rig.site.issues_truth(first.project_key))), second.project_key)

    assert lists_read(rig.requests_of()) == 0
    assert rig.tracked == [first, second]


def test_a_list_of_projects_that_cannot_be_read_is_asked_for_by_the_next_sync(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=2))
    first = rig.tracked[0]
    rig.site.rename_project_key(first.project_key, "NEWKEY")
    for times in (403, None):
        rig.site.faults.clear()
        if times:
            rig.site.faults.add(answer(times, "{}", path="/rest/api/3/project/search"))
        rig.site.edit_issue(next(iter(rig.site.issues_truth("NEWKEY"))), summary=f"edited {times}")
        assert rig.sync().failures == []
        rig.site.clock.advance(timedelta(hours=2))

    assert "NEWKEY" in {project.project_key for project in rig.tracked}
    assert rig.differences() == []


def test_an_issue_that_moved_to_another_tracked_project_is_there_once(rig: Rig) -> None:
    rig.sync()
    rig.site.clock.advance(timedelta(hours=1))
    moved = next(iter(rig.site.issues_truth().values()))
    other = next(p.project_key for p in rig.tracked if p.project_id != moved.project_id)
    rig.site.move_issue(moved.key, other)

    rig.sync()

    assert rig.differences() == []


def test_five_thousand_issues_cost_few_requests_to_follow(tmp_path: Path) -> None:
    clock_start = 1_790_000_000_000
    with open_rig(tmp_path, generate_site(3, projects=1, issues=5000, now_ms=clock_start)) as rig:
        rig.track()
        rig.sync()
        rig.site.clock.advance(timedelta(hours=1))
        for key in some_keys(rig, 3):
            rig.site.edit_issue(key, summary="one of three")

        requests = rig.requests_of()

        assert len(fetched_ids(requests)) == 3
        assert len(requests) <= 8, [request.path for request in requests]
        assert rig.differences() == []


def files_of(rig: Rig) -> set[str]:
    """Every data file of the lake and the warehouse."""
    home = rig.bench.settings.home
    return {str(path.relative_to(home)) for path in home.rglob("*.parquet")} | {
        str(path.relative_to(home)) for path in home.rglob("*.duckdb")
    }
