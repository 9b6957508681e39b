"""Reading comments and worklogs may end at any moment: nothing is lost, and the issues never wait for it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.http.faults import Fault, answer
from jira_assets.demo.routes import entities
from jira_assets.lake.lake import Lake
from jira_assets.sync import entity_lists
from jira_assets.sync.choose_tasks import choose_tasks
from jira_assets.sync.external_inputs import note_followed, outside_identity
from jira_assets.sync.monitor import SensorState, evaluate
from jira_assets_tests.child_process import child_process
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.entity_homes import (
    ALL,
    differences,
    later,
    replace_settings,
    synced_with_entities,
    worklog_differences,
)
from jira_assets_tests.waiting import wait_until


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path) -> Iterator[SyncHarness]:
    """A home that has read everything once."""
    with templates.open(synced_with_entities, tmp_path / "home") as opened:
        yield opened


class Killed(BaseException):
    """The process ends here."""


def change(harness: SyncHarness, round_number: int) -> None:
    """Change something of every kind."""
    site = harness.site
    issue, other, *_ = sorted(site.issues_truth(), key=int)[round_number:]
    site.comment(issue, f"Round {round_number}")
    if round_number % 2:
        site.delete_comment(max(site.comments_truth(), key=int))
        site.attach(other, "log.txt")
    worklog = site.log_work(issue, 900)
    site.log_work(other, 900)
    if round_number % 3 == 0:
        site.delete_worklog(worklog)
    elif round_number % 3 == 1:
        site.move_worklog(worklog, other)


def dying(monkeypatch: pytest.MonkeyPatch, step: int) -> Callable[[], int]:
    """End the process before or after one of its commits; returns what counts them."""
    done = 0

    def mortal(commit: Callable[[Lake, Any], None]) -> Callable[[Lake, Any], None]:
        def commit_or_die(lake: Lake, manifest: Any) -> None:
            nonlocal done
            done += 1
            if done == step:
                raise Killed
            commit(lake, manifest)
            if done == -step:
                raise Killed

        return commit_or_die

    for name in ("commit", "commit_site"):
        monkeypatch.setattr(Lake, name, mortal(getattr(Lake, name)))
    return lambda: done


@pytest.mark.parametrize(
    "steps", [range(3, 20, 12), pytest.param(range(1, 22), marks=pytest.mark.prove)], ids=["some", "all"]
)
def test_a_process_that_ends_at_any_commit_loses_nothing(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, steps: range
) -> None:
    for round_number, step in enumerate(steps):
        change(harness, round_number)
        harness.site.clock.sleep(120)
        with monkeypatch.context() as patch:
            dying(patch, step if round_number % 2 else -step)
            with suppress(Killed):
                harness.sync()
        later(harness)
        assert [*differences(harness), *worklog_differences(harness)] == [], step


@pytest.mark.prove
def test_a_rate_limit_between_the_list_and_the_worklogs_loses_none(harness: SyncHarness) -> None:
    change(harness, 2)
    harness.site.faults.add(answer(429, "{}", path="/rest/api/3/worklog/list", retry_after=20.0, count=2))
    later(harness)
    assert worklog_differences(harness) == []
    assert harness.site.early_returns == []


def test_a_worklog_that_is_edited_between_two_pages_is_not_missed(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, issue = harness.site, min(harness.site.issues_truth())
    ids = []
    for _ in range(9):
        ids.append(site.log_work(issue, 900))
        site.clock.sleep(1)
    site.switches.worklogs_a_page = 4
    site.clock.sleep(120)
    print_page = entities._changes

    def edit_after_the_page(call: Any, which: str, found: list[tuple[int, int]]) -> Any:
        page = print_page(call, which, found)
        if ids and which == "updated":
            site.edit_worklog(ids.pop(), seconds=60)
            site.delete_worklog(ids.pop(0))
        return page

    monkeypatch.setattr(entities, "_changes", edit_after_the_page)
    harness.sync()
    ids.clear()
    later(harness)
    assert worklog_differences(harness) == []


def test_a_long_pause_is_a_notice_and_the_next_sync_continues(harness: SyncHarness) -> None:
    change(harness, 2)
    away = answer(429, "{}", path="/rest/api/3/issue/bulkfetch", when='"comment"', retry_after=3.0 * 3600)
    harness.site.faults.add(away)
    harness.site.clock.sleep(120)
    result = harness.sync()
    assert not result.failures
    assert any("cannot be read" in notice for notice in result.notices)
    harness.site.faults.clear()
    later(harness, minutes=4 * 60)
    assert [*differences(harness), *worklog_differences(harness)] == []
    assert harness.site.early_returns == []


@pytest.mark.prove
def test_kill_9_between_the_list_and_the_worklogs_loses_none(harness: SyncHarness) -> None:
    change(harness, 2)
    harness.site.clock.sleep(120)
    harness.site.faults.add(Fault("slow", seconds=60.0, path="/rest/api/3/worklog/list"))
    environment = {**os.environ, **harness.environment, "JIRA_ASSETS_ENTITIES": ALL}
    mark = harness.site.journal.mark()
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()", "sync"]
    with child_process(command, env=environment, start_new_session=True) as process:
        wait_until(
            lambda: any(r.path.endswith("/worklog/list") for r in harness.site.requests_since(mark)), 60.0
        )
        os.killpg(process.pid, signal.SIGKILL)
    harness.site.faults.clear()
    later(harness)
    assert [*differences(harness), *worklog_differences(harness)] == []


def test_a_read_whose_time_is_up_is_continued_by_the_next_sync(
    synced: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entity_lists, "ISSUES_AT_ONCE", 10)
    synced.pipeline = replace_settings(synced, entities="comments")
    result = synced.pipeline.sync(synced.tracked, run_time=timedelta())
    assert not result.failures
    synced.is_behind = True
    (read,) = synced.ask("select sum(issues_behind) from entity_status")
    assert 0 < read[0] < 60
    later(synced)
    assert synced.ask("select sum(issues_behind) from entity_status") == [(0,)]
    assert len(synced.ask("select * from jira_comments")) == len(synced.site.comments_truth())


@pytest.mark.few_tables("jira_worklogs")
def test_a_worklog_that_was_not_listed_yet_makes_its_project_due_and_is_published(
    harness: SyncHarness,
) -> None:
    issue = min(harness.site.issues_truth())
    key = harness.site.truth(issue).project_key
    harness.site.log_work(issue)
    harness.sync()
    pipeline = harness.pipeline
    harness.publish()
    note_followed(pipeline.lake, outside_identity(pipeline.state, pipeline.settings))
    assert [task.project.project_key for task in choose_tasks(pipeline, harness.tracked).tasks] == []
    assert evaluate(pipeline.sites[0], SensorState()).due == []

    harness.site.clock.sleep(70)
    assert [task.project.project_key for task in choose_tasks(pipeline, harness.tracked).tasks] == [key]
    (due,) = evaluate(pipeline.sites[0], SensorState()).due
    assert (due.project.project_key, due.why) == (key, "comments or worklogs behind")
    harness.sync(key)
    assert harness.publish() is not None
    assert worklog_differences(harness) == []
    assert evaluate(pipeline.sites[0], SensorState()).due == []
    harness.site.clock.sleep(120)
    harness.sync()
    assert harness.publish() is None, "nothing is another"


def test_what_is_chosen_anew_makes_its_project_due(synced: SyncHarness) -> None:
    synced.site.clock.sleep(120)
    assert evaluate(synced.pipeline.sites[0], SensorState()).due == []
    synced.pipeline = replace_settings(synced, entities="PAY: comments")
    due = evaluate(synced.pipeline.sites[0], SensorState()).due
    assert [entry.project.project_key for entry in due] == ["PAY"]
