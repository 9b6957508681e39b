"""An issue that Jira lists and does not give is missing, is asked for again, and costs no other issue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.faults import Fault, answer, broken, server_error
from jira_assets.errors import JiraUnavailable
from jira_assets.lake.manifest import Manifest
from jira_assets.sync.results import Outcome
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sampling import sampled

BULK = "/rest/api/3/issue/bulkfetch"
CHANGELOGS = "/rest/api/3/changelog/bulkfetch"
SINGLE = "/rest/api/3/issue/"
NO_ISSUE = '{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}'


@contextmanager
def connected(home: Path) -> Iterator[SyncHarness]:
    """A small site of one project, tracked and not synced yet."""
    with open_harness(home, generate_site(5, projects=1, issues=24, now_ms=1_790_000_000_000)) as harness:
        harness.track()
        yield harness


@contextmanager
def synced_once(home: Path) -> Iterator[SyncHarness]:
    """The same site after its first sync."""
    with connected(home) as harness:
        sync(harness)
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    """A home that is connected to the site, before its first sync."""
    with templates.open(connected, tmp_path / "home") as harness:
        yield harness


@pytest.fixture
def synced(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    """A home that has synced the site."""
    with templates.open(synced_once, tmp_path / "home") as harness:
        yield harness


def sync(harness: SyncHarness, *, full: bool = False) -> Outcome:
    """Sync the one project."""
    harness.site.clock.advance(timedelta(minutes=10))
    (outcome,) = harness.sync(full=full).outcomes
    return outcome


def manifest_of(harness: SyncHarness) -> Manifest:
    """What the lake holds of the project."""
    manifest = harness.pipeline.lake.manifest(harness.tracked[0].project_id)
    assert manifest is not None
    return manifest


def some_issue(harness: SyncHarness) -> str:
    """The id of an issue in the middle of the project."""
    ids = sorted(harness.site.issues_truth(), key=int)
    return ids[len(ids) // 2]


def never_give(harness: SyncHarness, issue_id: str) -> None:
    """Deny an issue by every way of asking for it by id, while search goes on to list it."""
    harness.site.switches.left_out_of_bulk_reads.add(int(issue_id))
    harness.site.faults.add(answer(404, NO_ISSUE, path=f"{SINGLE}{issue_id}"))


@pytest.mark.prove
def test_one_bulk_read_that_answers_nothing_costs_no_issue(harness: SyncHarness) -> None:
    harness.site.switches.empty_bulk_reads = 1

    outcome = sync(harness)

    assert (outcome.issues, outcome.missing, outcome.unproved) == (len(harness.site.issues_truth()), 0, None)
    assert harness.differences() == []


def test_bulk_reads_that_go_on_answering_nothing_are_replaced_by_single_ones(harness: SyncHarness) -> None:
    harness.site.switches.empty_bulk_reads = 1000

    outcome = sync(harness)

    assert (outcome.missing, outcome.unproved) == (0, None)
    assert harness.differences() == []


@pytest.mark.prove
def test_an_issue_that_bulk_reads_leave_out_is_read_by_itself(harness: SyncHarness) -> None:
    harness.site.switches.left_out_of_bulk_reads.add(int(some_issue(harness)))

    assert sync(harness).unproved is None
    assert harness.differences() == []


@pytest.mark.parametrize("fields", sampled([',"fields":null', ',"fields":{}', ',"fields":[]', ""], 4))
def test_an_issue_that_comes_without_its_fields_is_read_by_itself(harness: SyncHarness, fields: str) -> None:
    bare = some_issue(harness)
    body = f'{{"issues":[{{"id":"{bare}","key":"{harness.site.truth(bare).key}"{fields}}}],"issueErrors":[]}}'
    harness.site.faults.add(answer(200, body, path=BULK))

    assert sync(harness).unproved is None
    assert harness.differences() == []


@pytest.mark.prove
def test_an_issue_that_lost_its_fields_keeps_the_version_that_was_read(synced: SyncHarness) -> None:
    bare = some_issue(synced)
    shown = f"select * from jira_issues where jira_id = '{bare}'"
    before, key = synced.ask(shown), synced.site.truth(bare).key
    synced.site.edit_issue(bare, summary="not seen yet")
    issue = f'{{"id":"{bare}","key":"{key}","fields":null}}'
    synced.site.faults.add(answer(200, f'{{"issues":[{issue}]}}', path=BULK, when=f'"{bare}"'))
    synced.site.faults.add(answer(200, issue, path=f"{SINGLE}{bare}"))

    outcome = sync(synced)

    assert (outcome.ok, outcome.result, outcome.missing) == (True, "incomplete", 1)
    assert "without any field" in manifest_of(synced).unread[0].reason
    assert synced.ask(shown) == before
    synced.site.faults.clear()
    assert sync(synced).unproved is None
    assert synced.differences() == []


@pytest.mark.parametrize(("status", "path"), sampled(product([403, 404, 410], [BULK, CHANGELOGS])))
def test_issues_are_read_one_by_one_where_bulk_reads_are_refused(
    harness: SyncHarness, path: str, status: int
) -> None:
    harness.site.faults.add(answer(status, '{"errorMessages":["Not allowed here."],"errors":{}}', path=path))

    assert sync(harness).unproved is None
    assert harness.differences() == []


def test_a_deleted_issue_is_gone_where_bulk_reads_are_refused(synced: SyncHarness) -> None:
    synced.site.delete_issue(some_issue(synced))
    synced.site.faults.add(answer(403, '{"errorMessages":["Not allowed here."],"errors":{}}', path=BULK))

    (outcome,) = synced.reconcile().outcomes

    assert (outcome.ok, outcome.deleted) == (True, 1)
    assert synced.differences() == []


def test_an_issue_is_not_gone_where_every_read_by_id_is_answered_with_404(synced: SyncHarness) -> None:
    synced.site.delete_issue(some_issue(synced))
    synced.site.faults.add(answer(404, NO_ISSUE, path=BULK))

    (outcome,) = synced.reconcile().outcomes

    assert (outcome.ok, outcome.deleted) == (False, 0)
    synced.site.faults.clear()
    (outcome,) = synced.reconcile().outcomes
    assert (outcome.ok, outcome.deleted) == (True, 1)


@pytest.mark.parametrize("path", sampled(["/rest/api/3/issue", SINGLE]))
def test_a_refusal_of_every_way_to_read_issues_is_said_and_deletes_nothing(
    synced: SyncHarness, path: str
) -> None:
    synced.site.edit_issue(some_issue(synced), summary="changed")
    synced.site.faults.add(answer(403, '{"errorMessages":["Not allowed here."],"errors":{}}', path=path))

    outcome = sync(synced)

    assert not outcome.ok
    assert "Not allowed here" in str(outcome.error)
    synced.site.faults.clear()
    assert sync(synced).ok
    assert synced.differences() == []


def test_an_issue_that_is_never_given_is_missing_and_asked_for_at_every_sync_until_it_comes(
    harness: SyncHarness,
) -> None:
    missing = some_issue(harness)
    never_give(harness, missing)

    outcome = sync(harness)

    assert outcome.ok
    assert (outcome.result, outcome.missing, outcome.proof) == ("incomplete", 1, None)
    assert harness.site.truth(missing).key in (outcome.unproved or "")
    assert harness.ask("select missing_issues, proved_complete_at from sync_status") == [(1, None)]
    assert harness.ask("select count(*) from jira_issues") == [(len(harness.site.issues_truth()) - 1,)]

    (unread,) = manifest_of(harness).unread
    sync(harness)
    assert manifest_of(harness).unread[0].since == unread.since
    harness.site.switches.left_out_of_bulk_reads.clear()
    harness.site.faults.clear()
    outcome = sync(harness)

    assert (outcome.mode, outcome.missing, outcome.created) == ("incremental", 0, 1)
    assert (outcome.result, outcome.unproved) == ("complete", None)
    assert harness.ask("select proved_complete_at is not null from sync_status") == [(True,)]
    assert harness.differences() == []


def test_what_is_listed_and_not_given_is_gone_when_search_no_longer_lists_it(harness: SyncHarness) -> None:
    missing = some_issue(harness)
    never_give(harness, missing)
    sync(harness)
    harness.site.delete_issue(missing)

    assert sync(harness).missing == 0
    assert manifest_of(harness).unread == []
    (outcome,) = harness.reconcile().outcomes
    assert outcome.unproved is None
    assert harness.differences() == []


def test_an_update_that_cannot_be_read_is_missing_and_the_version_before_stays(synced: SyncHarness) -> None:
    edited = some_issue(synced)
    before = synced.site.truth(edited).summary
    synced.site.edit_issue(edited, summary="nobody can read this")
    synced.site.faults.add(*unreadable(edited))

    assert sync(synced).missing == 1
    assert synced.ask(f"select summary from jira_issues where jira_id = '{edited}'") == [(before,)]
    assert synced.ask("select missing_issues from sync_status") == [(1,)]
    synced.site.faults.clear()
    assert sync(synced).missing == 0
    assert synced.differences() == []


def unreadable(issue_id: str) -> list[Fault]:
    """Let every request for an issue fail, be it one of many."""
    return [server_error(500, path=BULK, when=f'"{issue_id}"'), server_error(500, path=f"{SINGLE}{issue_id}")]


FAILURES = [
    server_error(500),
    server_error(503),
    answer(413, "<html><title>Request Entity Too Large</title></html>", content_type="text/html"),
    answer(400, '{"errorMessages":["Invalid request."],"errors":{}}'),
    answer(200, '{"issues":[{"id":"1","key":"PAY-1","fields":{"summary":"cut off he'),
    answer(200, '{"issues": 7}'),
    broken("truncated"),
    broken("reset_midbody"),
]


@pytest.mark.parametrize(("number", "path"), sampled(product(range(len(FAILURES)), [BULK, CHANGELOGS]), 16))
def test_a_batch_that_always_fails_is_divided_down_to_the_issue_to_blame(
    harness: SyncHarness, path: str, number: int
) -> None:
    bad, failure = some_issue(harness), FAILURES[number]
    harness.site.faults.add(
        Fault(failure.kind, status=failure.status, body=failure.body, path=path, when=f'"{bad}"'),
        server_error(500, path=f"{SINGLE}{bad}"),
    )

    outcome = sync(harness)

    assert outcome.ok, outcome.error
    assert (outcome.issues, outcome.missing) == (len(harness.site.issues_truth()) - 1, 1)
    assert harness.site.truth(bad).key in (outcome.unproved or "")
    harness.site.faults.clear()
    assert sync(harness).missing == 0
    assert harness.differences() == []


def test_an_outage_blames_no_issue(synced: SyncHarness) -> None:
    synced.site.edit_issue(some_issue(synced), summary="edited before the outage")
    synced.site.faults.add(server_error(503, path=BULK), server_error(503, path=SINGLE))

    outcome = sync(synced)
    assert outcome.missing == 1  # the only one that was asked for

    synced.site.faults.clear()
    for issue_id in list(synced.site.issues_truth())[:8]:
        synced.site.edit_issue(issue_id, summary="edited, too")
    synced.site.faults.add(server_error(503, path=BULK), server_error(503, path=SINGLE))
    outcome = sync(synced)
    assert isinstance(outcome.error, JiraUnavailable)
    synced.site.faults.clear()
    assert sync(synced).missing == 0
    assert synced.differences() == []


def test_changelogs_that_come_back_empty_are_not_believed(harness: SyncHarness) -> None:
    harness.site.switches.empty_bulk_changelogs = 1

    assert sync(harness).ok
    assert harness.differences() == []


@pytest.mark.prove
def test_half_an_emoji_costs_nothing_but_itself(harness: SyncHarness) -> None:
    harness.site.switches.half_emoji = True
    harness.site.edit_issue(some_issue(harness), summary="cut \ufffd")

    assert sync(harness).unproved is None
    assert harness.differences() == []
