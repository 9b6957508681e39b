"""What search lists of a project is a proof only when Jira's own count agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import answer, server_error
from jira_assets.sync import scheduling as proof_again
from jira_assets.sync.listing import CrossCheck
from jira_assets.sync.results import Outcome
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates

SEARCH = "/rest/api/3/search/jql"
COUNT = "/rest/api/3/search/approximate-count"


@contextmanager
def connected(home: Path) -> Iterator[SyncHarness]:
    """A small site of one project, tracked and not synced yet."""
    with open_harness(home, generate_site(5, projects=1, issues=24, now_ms=1_790_000_000_000)) as harness:
        harness.track()
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(connected, tmp_path / "home") as harness:
        yield harness


def sync(harness: SyncHarness) -> Outcome:
    """Sync the one project."""
    (outcome,) = harness.sync().outcomes
    return outcome


def listings(harness: SyncHarness) -> int:
    """How many searches were made so far."""
    return sum(request.path.endswith("/search/jql") for request in harness.site.requests)


def counts(harness: SyncHarness) -> int:
    """How many times Jira was asked to count."""
    return sum(request.path.endswith("/approximate-count") for request in harness.site.requests)


def test_a_search_that_ends_early_is_no_proof(harness: SyncHarness) -> None:
    issues = len(harness.site.issues_truth())
    harness.site.switches.search_ends_after = 10

    outcome = sync(harness)

    assert outcome.ok
    assert (outcome.result, outcome.proof) == ("unproved", None)
    assert f"Jira counts {issues}, names 10" in (outcome.unproved or "")
    assert harness.ask("select proved_complete_at from sync_status") == [(None,)]


def test_the_next_sync_finds_what_a_listing_left_out(harness: SyncHarness) -> None:
    harness.site.switches.search_ends_after = 10
    sync(harness)
    harness.site.clock.advance(timedelta(days=1))
    harness.site.switches.search_ends_after = None

    outcome = sync(harness)

    assert (outcome.result, outcome.mode, outcome.unproved) == ("complete", "incremental", None)
    assert harness.differences() == []


def test_a_large_project_is_listed_again_once_the_counts_agree(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof_again, "CHEAP_TO_LIST", 0)
    harness.site.switches.count_is_off_by = 5
    sync(harness)
    before = counts(harness)
    assert sync(harness).result == "unproved"
    assert counts(harness) == before + 1  # a listing would be held against another one
    harness.site.switches.count_is_off_by = 0
    assert sync(harness).result == "complete"


def test_what_the_second_listing_adds_is_fetched(harness: SyncHarness) -> None:
    harness.site.switches.search_ends_after = 20  # the oldest 20, then the newest 20

    outcome = sync(harness)

    assert outcome.issues == len(harness.site.issues_truth())
    assert "two listings of the project differ" in (outcome.unproved or "")
    harness.site.switches.search_ends_after = None
    (outcome,) = harness.reconcile().outcomes
    assert outcome.unproved is None
    assert harness.differences() == []


def test_an_issue_without_an_id_is_counted_once_in_two_listings(harness: SyncHarness) -> None:
    known = min(harness.site.issues_truth())
    body = f'{{"issues":[{{"key":"X-1"}},{{"id":"{known}","key":"X-2"}}],"isLast":true}}'
    harness.site.faults.add(answer(200, body, path=SEARCH))

    assert "Jira lists 1 issue without an id" in (sync(harness).unproved or "")


def test_a_proof_that_failed_leaves_the_one_before(harness: SyncHarness) -> None:
    proved_at = sync(harness).proof
    harness.site.clock.advance(timedelta(days=1))
    harness.site.switches.count_is_off_by = 5

    (outcome,) = harness.reconcile().outcomes

    assert outcome.proof == proved_at
    assert outcome.unproved is not None
    assert "not proved: Jira counts" in " ".join(harness.reconcile().notices)


@pytest.mark.prove
def test_a_count_that_agrees_costs_no_second_listing(harness: SyncHarness) -> None:
    sync(harness)
    assert listings(harness) == 1


def test_a_count_that_is_smaller_is_no_doubt_and_costs_no_second_listing(harness: SyncHarness) -> None:
    harness.site.switches.count_is_off_by = -3
    assert sync(harness).unproved is None
    assert listings(harness) == 1


def test_without_a_count_a_second_listing_has_to_agree(harness: SyncHarness) -> None:
    harness.site.faults.add(server_error(500, path=COUNT))
    outcome = sync(harness)
    assert outcome.unproved is None
    assert outcome.proof is not None
    assert outcome.proof.counted is None
    assert listings(harness) == 2


def test_pages_that_call_themselves_the_last_are_read_on(harness: SyncHarness) -> None:
    harness.site.switches.short_pages = harness.site.switches.last_page_has_token = True
    outcome = sync(harness)
    assert outcome.unproved is None
    assert harness.differences() == []


@pytest.mark.parametrize(
    ("counted", "listed", "differing", "is_doubted"),
    [
        (None, 5, 0, False),
        (100, 100, 0, False),
        (100, 99, 0, False),
        (100, 98, 0, True),
        (3, 1, 0, True),
        (1, 0, 0, True),
        (90, 100, 0, False),
        (100, 100, 1, True),
        (None, 5, 1, True),
    ],
)
def test_the_count_may_be_one_percent_larger(
    counted: int | None, listed: int, differing: int, is_doubted: bool
) -> None:
    assert (CrossCheck(counted, listed, differing).doubt is not None) is is_doubted
