"""A read that takes longer than a run may, stops in between: others get their turn, nothing is read twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import server_error
from jira_assets.sync.context import Progress
from jira_assets.sync.events import SyncListener
from jira_assets.sync.results import read_statuses
from jira_assets.sync.run import SyncResult
from jira_assets_tests.harness import SyncHarness, by_key, open_harness

SLICE = timedelta(minutes=5)


@dataclass
class SlowSite(SyncListener):
    """Lets the time of a run pass while issues of a project are on their way."""

    harness: SyncHarness
    slow: str

    def progress(self, progress: Progress) -> None:
        if progress.project_key == self.slow and progress.stage == "reading" and progress.read:
            self.harness.site.clock.advance(SLICE)


@dataclass
class Large:
    """A site with a large and a small project, which is read in slices."""

    harness: SyncHarness
    large: str
    small: str

    def run(self, run_time: timedelta = SLICE) -> SyncResult:
        """Sync as the sensor does."""
        slow = SlowSite(self.harness, self.large)
        self.harness.pipeline = replace(self.harness.pipeline, listener=slow)
        result = self.harness.pipeline.sync(self.harness.tracked, run_time=run_time)
        self.harness._fall_behind()
        return result

    def run_to_the_end(self) -> None:
        """Sync until no read is left to continue."""
        while any(not outcome.ok for outcome in self.run().outcomes):
            pass

    def asked(self) -> list[str]:
        """List the ids of the issues that were asked for in full."""
        return [
            issue_id
            for request in self.harness.site.requests
            if request.path.endswith("/issue/bulkfetch") and "*all" in request.json["fields"]
            for issue_id in request.json["issueIdsOrKeys"]
        ]

    def reading(self) -> dict[str, str]:
        """Say what `status` says of how far each project is."""
        statuses = read_statuses(self.harness.pipeline.state, self.harness.pipeline.lake)
        return {status.record.project_key: status.reading for status in statuses}


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Large]:
    monkeypatch.setattr("jira_assets.sync.issue_fetcher.ISSUES_A_CHUNK", 8)
    with open_harness(
        tmp_path, generate_site(2, projects=2, issues=160, now_ms=1_790_000_000_000)
    ) as harness:
        harness.track()
        sizes = {p.project_key: len(harness.site.issues_truth(p.project_key)) for p in harness.tracked}
        small, big = sorted(sizes, key=lambda key: sizes[key])
        yield Large(harness, big, small)


def check_is_pending(large: Large) -> None:
    """See that what is read in part is neither failed nor complete, and shows nothing yet."""
    record = next(r for r in large.harness.pipeline.state.records.all() if r.project_key == large.large)
    assert (record.status, record.errors, record.last_error, record.last_success_at) == (
        "pending",
        0,
        None,
        None,
    )
    assert record.last_sync_at is not None
    shown = large.harness.ask(f"select count(*) from jira_issues where project_key = '{large.large}'")
    assert shown == [(0,)]


def test_a_first_read_stops_when_its_time_is_up_and_the_next_run_continues_it(large: Large) -> None:
    result = large.run()

    assert result.failures == []
    first = by_key(result)
    issues = len(large.harness.site.issues_truth(large.large))
    paused = first[large.large]
    assert (paused.result, paused.ok, paused.error) == ("paused", False, None)
    assert 0 < paused.fetched < issues
    assert large.reading()[large.large] == f"reading: {paused.fetched} of {issues} issues"
    check_is_pending(large)
    large.run_to_the_end()
    assert sorted(large.asked(), key=int) == sorted(large.harness.site.issues_truth(), key=int), (
        "each of them once"
    )
    assert large.harness.differences() == []
    assert set(large.reading().values()) == {""}
    assert large.harness.ask("select distinct status, missing_issues from sync_status") == [("complete", 0)]


def test_the_others_get_their_turn_between_the_slices(large: Large) -> None:
    large.harness.sync(large.small)
    large.run()
    changed = next(iter(large.harness.site.issues_truth(large.small)))
    large.harness.site.edit_issue(changed, summary="edited while the large one is being read")

    outcomes = by_key(large.run())

    assert outcomes[large.large].result == "paused"
    assert outcomes[large.small].updated == 1
    assert large.harness.ask(f"select summary from jira_issues where jira_id = '{changed}'") == [
        ("edited while the large one is being read",)
    ]


def test_what_changes_between_the_slices_is_read_as_it_is_at_the_end(large: Large) -> None:
    large.run()
    of_large = large.harness.site.issues_truth(large.large)
    landed = [issue_id for issue_id in large.asked() if issue_id in of_large]
    large.harness.site.edit_issue(landed[0], summary="edited after it was read")
    large.harness.site.delete_issue(landed[1])

    large.run_to_the_end()

    assert large.harness.differences() == []


@pytest.mark.prove
def test_however_short_the_time_is_every_run_brings_something(large: Large) -> None:
    before, runs = -1, 0
    while any(not outcome.ok for outcome in large.run(timedelta()).outcomes):
        assert len(large.asked()) > before
        before, runs = len(large.asked()), runs + 1
    assert runs > 5
    assert large.harness.differences() == []


def test_a_large_change_is_read_in_slices_as_well(large: Large) -> None:
    large.harness.sync()
    for issue_id in large.harness.site.issues_truth(large.large):
        large.harness.site.edit_issue(issue_id, summary=f"moved {issue_id}")
    mark = len(large.asked())

    paused = by_key(large.run())[large.large]
    reading = large.reading()[large.large]
    large.run_to_the_end()

    assert (paused.mode, paused.result) == ("incremental", "paused")
    assert reading == f"reading: {paused.fetched} issues"
    assert len(large.asked()[mark:]) == len(set(large.asked()[mark:])) == paused.issues
    assert large.harness.differences() == []


@pytest.mark.prove
def test_an_error_after_a_slice_is_an_error_and_keeps_what_was_read(large: Large) -> None:
    large.run()
    read = len(large.asked())
    large.harness.site.faults.add(server_error(500, path="/rest/api/3/search/jql"))
    failed = by_key(large.run())[large.large]
    large.harness.site.faults.clear()

    assert failed.result == "error"
    assert large.reading()[large.large] == "", "the error is what there is to say"
    large.run_to_the_end()
    assert read < len(large.asked()) == len(set(large.asked()))


@pytest.mark.prove
def test_the_command_reads_to_the_end_whatever_the_time(large: Large) -> None:
    large.harness.pipeline = replace(large.harness.pipeline, listener=SlowSite(large.harness, large.large))

    large.harness.sync()

    assert large.harness.differences() == []
