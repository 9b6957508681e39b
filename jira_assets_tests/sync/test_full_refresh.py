"""A whole read fetches everything once, goes on after an interruption, and judges with care what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, server_error
from jira_assets.lake.manifest import Manifest
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates


@pytest.fixture(autouse=True)
def _small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill several files with few issues."""
    monkeypatch.setattr("jira_assets.sync.issue_fetcher.ISSUES_A_CHUNK", 40)
    monkeypatch.setattr("jira_assets.sync.issue_fetcher.ISSUES_A_FILE", 100)
    monkeypatch.setattr("jira_assets.sync.bulk_fetch.ISSUES_A_REQUEST", 10)
    monkeypatch.setattr("jira_assets.sync.issue_fetcher.ISSUES_A_REQUEST", 10)


@contextmanager
def tracked(home: Path) -> Iterator[SyncHarness]:
    """A site of one project that fills several files."""
    with open_harness(home, generate_site(2, projects=1, issues=300, now_ms=1_790_000_000_000)) as harness:
        harness.track()
        yield harness


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """The same site after its first sync, for which it took its time."""
    with tracked(home) as harness:
        harness.site.latency_ms = 5
        harness.sync()
        harness.site.latency_ms = 0
        yield harness


@pytest.fixture
def large(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(tracked, tmp_path) as harness:
        yield harness


@pytest.fixture
def read(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path) as harness:
        yield harness


def manifest_of(harness: SyncHarness) -> Manifest:
    """What the lake holds of the first tracked project."""
    manifest = harness.pipeline.lake.manifest(harness.tracked[0].project_id)
    assert manifest is not None
    return manifest


def fetched(harness: SyncHarness) -> int:
    """How many issues were asked for by id so far."""
    return sum(
        len(request.json["issueIdsOrKeys"])
        for request in harness.site.requests
        if request.path.endswith("/issue/bulkfetch")
    )


def test_every_issue_is_fetched_once_and_lands_in_several_files(read: SyncHarness) -> None:
    assert read.differences() == []
    assert fetched(read) == len(read.site.issues_truth())
    assert sum(file.rows for file in manifest_of(read).raw) == len(read.site.issues_truth())
    assert len(manifest_of(read).raw) > 1


def test_a_first_sync_proves_that_nothing_is_missing(read: SyncHarness) -> None:
    proof = manifest_of(read).proof
    assert proof is not None
    issues = len(read.site.issues_truth())
    assert (proof.in_jira, proof.in_lake, proof.missing, proof.fetched) == (issues, issues, 0, issues)
    assert read.ask("select missing_issues, proved_complete_at is not null from sync_status") == [(0, True)]


def test_requests_are_made_side_by_side_but_never_more_than_eight(read: SyncHarness) -> None:
    assert 1 < read.site.journal.most_in_flight <= 8


def test_an_interrupted_first_read_goes_on_where_it_stopped(large: SyncHarness) -> None:
    last = max(large.site.issues_truth(), key=int)
    large.site.faults.add(answer(401, "{}", path="/rest/api/3/issue/bulkfetch", when=f'"{last}"'))
    (failed,) = large.sync().outcomes
    assert not failed.ok
    assert manifest_of(large).full is not None
    kept = sum(file.rows for file in manifest_of(large).raw)
    assert kept > 0
    large.site.faults.clear()
    large.site.edit_issue(last, summary="edited between the two halves")
    large.site.clock.advance(timedelta(minutes=10))
    before = fetched(large)

    (resumed,) = large.sync().outcomes

    assert resumed.ok
    assert resumed.mode == "full"
    assert fetched(large) - before == len(large.site.issues_truth()) - kept
    assert large.differences() == []
    assert manifest_of(large).full is None


@pytest.mark.prove
def test_a_full_read_that_was_interrupted_reads_nothing_a_second_time(read: SyncHarness) -> None:
    last = max(read.site.issues_truth(), key=int)
    read.site.faults.add(answer(401, "{}", path="/rest/api/3/issue/bulkfetch", when=f'"{last}"'))
    landed = sum(file.rows for file in manifest_of(read).raw)
    read.sync(full=True)
    kept = sum(file.rows for file in manifest_of(read).raw) - landed
    assert kept > 0
    read.site.faults.clear()
    read.site.clock.advance(timedelta(minutes=10))
    before = fetched(read)

    (resumed,) = read.sync().outcomes

    assert resumed.mode == "full"
    assert fetched(read) - before == len(read.site.issues_truth()) - kept


def test_nothing_is_published_of_a_project_that_was_never_read_to_the_end(large: SyncHarness) -> None:
    large.site.faults.add(server_error(500, path="/rest/api/3/issue/bulkfetch"))

    large.sync()

    assert large.ask("select count(*) from jira_issues") == [(0,)]
    assert large.ask("select status from sync_status") == [("error",)]


@pytest.mark.prove
def test_pages_that_end_early_and_overlap_bring_every_issue_once(large: SyncHarness) -> None:
    large.site.switches.short_pages = True

    large.sync()

    assert large.differences() == []
    assert fetched(large) == len(large.site.issues_truth())


def test_an_expired_page_token_starts_the_pages_over_and_fetches_nothing_twice(large: SyncHarness) -> None:
    large.site.switches.short_pages = True
    expired = '{"errorMessages":["The provided next page token is invalid or expired."],"errors":{}}'
    large.site.faults.add(answer(400, expired, path="/rest/api/3/search/jql", when="nextPageToken", count=1))

    (outcome,) = large.sync().outcomes

    assert outcome.ok
    assert fetched(large) == len(large.site.issues_truth())
    assert large.differences() == []


def test_a_full_read_counts_as_updated_only_what_changed(synced: SyncHarness) -> None:
    synced.site.clock.advance(timedelta(hours=1))
    synced.site.edit_issue(next(iter(synced.site.issues_truth())), summary="the only change")

    outcomes = synced.sync(full=True).outcomes

    assert sum(outcome.fetched for outcome in outcomes) == len(synced.site.issues_truth())
    assert sum(outcome.updated for outcome in outcomes) == 1
    assert sum(outcome.created for outcome in outcomes) == 0


def test_changelogs_longer_than_a_search_embeds_are_whole(read: SyncHarness) -> None:
    longest = max(issue.changes for issue in read.site.issues_truth().values())
    assert longest > 40
    (stored,) = read.ask(
        "select max(n) from (select count(distinct change_id) as n from jira_issue_changes group by jira_id)"
    )
    assert stored == (longest,)
