"""Worklogs of a site: read by what changed, deleted only when Jira says so, proved issue by issue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.http.faults import answer, odd_records
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.entity_homes import (
    entity_requests,
    later,
    replace_settings,
    site_data,
    synced_with_worklogs,
    worklog_differences,
)


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path) -> Iterator[SyncHarness]:
    """A home that has read all worklogs once."""
    with templates.open(synced_with_worklogs, tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def issues(harness: SyncHarness) -> tuple[str, str]:
    """Two issues of different projects."""
    truth = harness.site.issues_truth()
    first = min(truth)
    return first, next(each for each in sorted(truth) if truth[each].project_id != truth[first].project_id)


@pytest.fixture
def known(harness: SyncHarness) -> str:
    """A worklog that is here already."""
    return min(harness.site.worklogs_truth())


@pytest.fixture
def home_of_known(harness: SyncHarness, known: str) -> str:
    """The issue of that worklog."""
    return harness.site.worklogs_truth()[known].issue_id


@pytest.fixture
def elsewhere(harness: SyncHarness, home_of_known: str) -> str:
    """An issue of another project."""
    truth = harness.site.issues_truth()
    project = truth[home_of_known].project_id
    return next(each for each in sorted(truth) if truth[each].project_id != project)


def worklog(harness: SyncHarness, worklog_id: str, *columns: str) -> tuple[Any, ...]:
    query = f"select {', '.join(columns)} from jira_worklogs where worklog_id = '{worklog_id}'"
    (row,) = harness.ask(query)
    return row


def asked(harness: SyncHarness) -> list[str]:
    """Sync, and name the last parts of the paths that were asked about worklogs."""
    return [path.rpartition("/")[2] for path in entity_requests(harness.requests_of()) if "/worklog" in path]


def test_a_first_sync_has_every_worklog_with_its_text(harness: SyncHarness) -> None:
    assert worklog_differences(harness) == []
    assert len(harness.site.worklogs_truth()) > 50
    assert harness.ask("select count(*) > 0 from jira_worklogs where comment_text is not null") == [(True,)]
    assert harness.ask("select count(*) from jira_worklogs where deleted_at is not null") == [(0,)]


def test_without_changes_two_questions_are_asked(harness: SyncHarness) -> None:
    assert asked(harness) == ["updated", "deleted"]


def test_25_worklogs_of_the_last_minute_come_with_the_next_sync(
    harness: SyncHarness, issues: tuple[str, str]
) -> None:
    for _ in range(25):
        harness.site.log_work(issues[0], 900)
    harness.sync()
    assert len(worklog_differences(harness)) == 25
    later(harness)
    assert worklog_differences(harness) == []


def test_a_worklog_restricted_to_a_group_is_kept_and_comes_back(harness: SyncHarness, known: str) -> None:
    harness.site.hide_group("board")
    harness.site.restrict_worklog(known, "board")
    later(harness)
    harness.reconcile()
    assert worklog(harness, known, "deleted_at") == (None,)
    assert harness.ask("select sum(unseen) from entity_status") == [(1,)]
    harness.site.restrict_worklog(known, None)
    later(harness)
    assert worklog(harness, known, "deleted_at") == (None,)
    assert worklog_differences(harness) == []


def test_worklogs_are_dated_anew_moved_and_deleted(
    harness: SyncHarness, known: str, home_of_known: str, elsewhere: str
) -> None:
    _, dated, deleted, *_ = sorted(harness.site.worklogs_truth())
    at = harness.site.clock.now().replace(tzinfo=None)
    harness.site.move_worklog(known, elsewhere)
    harness.site.edit_worklog(dated, started=datetime(2020, 1, 1, 23, 30, tzinfo=UTC), seconds=60)
    harness.site.delete_worklog(deleted)
    later(harness)
    columns = ("jira_id", "moved_from_jira_id", "project_id", "deleted_at")
    project = harness.site.truth(elsewhere).project_id
    assert worklog(harness, known, *columns) == (elsewhere, home_of_known, project, None)
    assert worklog(harness, dated, "started_on::varchar", "seconds", "deleted_at") == ("2020-01-01", 60, None)
    assert worklog(harness, deleted, "deleted_at") == (at,)
    assert worklog_differences(harness) == []


@pytest.mark.prove
def test_worklogs_of_a_deleted_issue_are_gone_with_it(
    harness: SyncHarness, known: str, home_of_known: str
) -> None:
    harness.site.delete_issue(home_of_known)
    harness.reconcile()
    assert worklog(harness, known, "deleted_at") != (None,)
    assert worklog_differences(harness) == []


def test_worklogs_follow_an_issue_to_another_project_without_a_request_for_them(
    harness: SyncHarness, known: str, home_of_known: str, elsewhere: str
) -> None:
    harness.site.move_issue(home_of_known, harness.site.truth(elsewhere).project_key)
    harness.site.clock.sleep(120)
    assert asked(harness) == ["updated", "deleted"]
    assert worklog(harness, known, "project_id") == (harness.site.truth(elsewhere).project_id,)
    assert worklog_differences(harness) == []


@pytest.mark.prove
def test_a_burst_of_one_moment_that_no_page_holds_is_found_by_the_numbers(
    harness: SyncHarness, issues: tuple[str, str]
) -> None:
    harness.site.switches.worklogs_a_page = 10
    for _ in range(35):
        harness.site.log_work(issues[0], 60)
    harness.site.clock.sleep(1)
    harness.site.log_work(issues[1], 60)
    later(harness)
    assert worklog_differences(harness) == []


@pytest.mark.prove
def test_pages_that_overlap_bring_each_worklog_once(harness: SyncHarness, issues: tuple[str, str]) -> None:
    harness.site.switches.worklogs_a_page = 3
    for number in range(20):
        harness.site.log_work(issues[number % 2], 60)
        harness.site.clock.sleep(number % 3)
    later(harness)
    assert worklog_differences(harness) == []


@pytest.mark.prove
def test_a_lost_permission_deletes_no_worklog(harness: SyncHarness) -> None:
    project = next(iter(harness.site.catalog.projects.values()))
    before = set(harness.ask("select worklog_id from jira_worklogs where deleted_at is null"))
    project.forbidden = True
    later(harness)
    harness.reconcile()
    assert set(harness.ask("select worklog_id from jira_worklogs where deleted_at is null")) == before
    project.forbidden = False
    later(harness)
    assert worklog_differences(harness) == []


def test_without_time_tracking_a_notice_says_so_and_what_is_known_stays(
    harness: SyncHarness, issues: tuple[str, str]
) -> None:
    before = harness.ask("select * from jira_worklogs order by all")
    harness.site.switches.time_tracking_off = True
    harness.site.edit_issue(issues[0], summary="Changed meanwhile")
    harness.site.clock.sleep(120)
    result = harness.sync()
    assert not result.failures
    assert any("Time Tracking is not enabled" in notice for notice in result.notices)
    assert harness.ask("select * from jira_worklogs order by all") == before
    harness.site.switches.time_tracking_off = False
    harness.site.clock.sleep(120)
    assert not any("Worklogs" in notice for notice in harness.sync().notices)


def test_a_refusal_between_the_list_and_the_worklogs_loses_none(
    harness: SyncHarness, issues: tuple[str, str]
) -> None:
    worklog_id = harness.site.log_work(issues[0])
    harness.site.faults.add(answer(403, "{}", path="/rest/api/3/worklog/list"))
    later(harness)
    assert harness.ask(f"select * from jira_worklogs where worklog_id = '{worklog_id}'") == []
    harness.site.faults.clear()
    harness.site.clock.sleep(3600)
    harness.sync()
    assert worklog_differences(harness) == []


@pytest.mark.prove
def test_odd_worklogs_cost_themselves_alone(harness: SyncHarness, issues: tuple[str, str]) -> None:
    odd = ({"id": "77"}, 5, None, {"worklogId": None}, {"issueId": "1"})
    harness.site.log_work(issues[0])
    for path in ("updated", "deleted", "list"):
        harness.site.faults.add(odd_records(*odd, path=f"/rest/api/3/worklog/{path}"))
    harness.site.clock.sleep(120)
    assert not harness.sync().failures
    assert worklog_differences(harness) == []


@pytest.mark.prove
def test_a_proof_says_how_many_worklogs_there_are(harness: SyncHarness) -> None:
    later(harness).reconcile()
    rows = harness.ask(
        "select project_key, in_jira, in_lake, missing from entity_status where entity = 'worklogs'"
    )
    for key, in_jira, in_lake, missing in rows:
        there = len(harness.site.worklogs_truth(key))
        assert (in_jira, in_lake, missing) == (there, there, 0)
    assert len(rows) == 2


def test_a_sum_that_differs_from_the_time_spent_is_a_finding(
    harness: SyncHarness, issues: tuple[str, str]
) -> None:
    harness.site.hide_group("board")
    harness.site.log_work(issues[0], 1800, group="board")
    later(harness)
    found = harness.ask("select examples from data_quality where finding = 'worklogs_differ' and found > 0")
    assert found == [([harness.site.truth(issues[0]).key],)]


def test_worklogs_of_a_project_that_does_not_want_them_are_known_by_their_ids_only(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home", site_data(), entities="PAY: worklogs") as harness:
        harness.track()
        harness.site.log_work(max(harness.site.issues_truth("WEB")), comment="A secret of the house")
        later(harness)
        here = {each for (each,) in harness.ask("select worklog_id from jira_worklogs")}
        assert here == harness.site.worklogs_truth("PAY").keys()
        lake = harness.pipeline.lake
        paths = [str(lake.path(file.path)) for file in lake.site_manifest().worklogs.raw]
        query = (
            "select max(length(payload)) < 80 from read_parquet(?) where kind = 'worklog_head' "
            "union all select count(*) = 0 from read_parquet(?) where payload like '%secret%'"
        )
        assert lake.engine.execute(query, [paths, paths]).fetchall() == [(True,), (True,)]

        harness.pipeline = replace_settings(harness, entities="worklogs")
        later(harness)
        assert worklog_differences(harness) == []
        harness.pipeline = replace_settings(harness, entities="WEB: worklogs")
        later(harness)
        here = {each for (each,) in harness.ask("select worklog_id from jira_worklogs")}
        assert here == harness.site.worklogs_truth("WEB").keys()
        harness.pipeline = replace_settings(harness, entities="")
        later(harness)
        assert harness.ask("select count(*) from jira_worklogs") == [(0,)]
        assert not lake.site_manifest().worklogs.raw


@pytest.mark.prove
def test_texts_that_are_asked_for_later_are_read_once_more(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home", site_data(), entities="worklogs") as harness:
        harness.track()
        harness.site.log_work(min(harness.site.issues_truth()), comment="Pairing")
        later(harness)
        assert harness.ask("select count(comment_text) from jira_worklogs") == [(0,)]
        harness.pipeline = replace_settings(harness, entity_bodies="worklogs")
        later(harness)
        assert harness.ask("select count(*) from jira_worklogs where comment_text = 'Pairing'") == [(1,)]
        assert worklog_differences(harness) == []


def test_a_damaged_file_has_all_worklogs_read_again(harness: SyncHarness) -> None:
    lake = harness.pipeline.lake
    path = lake.path(lake.site_manifest().worklogs.raw[0].path)
    path.write_bytes(path.read_bytes()[:-40])
    assert not harness.sync().failures
    assert worklog_differences(harness) == []


def test_worklogs_of_an_issue_that_is_read_later_are_not_lost(harness: SyncHarness) -> None:
    key = next(iter(harness.site.catalog.projects.values())).key
    with harness.site.indexed_late(timedelta(hours=1)):
        issue = harness.site.create_issue(key)
    worklog_id = harness.site.log_work(issue.id)
    later(harness)
    harness.site.clock.sleep(2 * 3600)
    harness.sync()
    assert worklog(harness, worklog_id, "jira_id") == (str(issue.id),)
    assert worklog_differences(harness) == []
