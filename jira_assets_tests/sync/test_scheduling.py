"""Which projects are due, as a table of cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.state.models import SyncRecord, SyncRequest, TrackedProject
from jira_assets.sync.scheduling import Asked, ProjectSignals, Rules, due_projects, pause_after, severity_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PAY = TrackedProject("1", "PAY", "Pay", True, None, None, NOW, None)
GOOD = SyncRecord(
    "1",
    "PAY",
    "complete",
    last_sync_at=NOW - timedelta(minutes=5),
    last_success_at=NOW - timedelta(minutes=5),
)
RULES = Rules()


def ago(**how_long: float) -> datetime:
    """A time before now."""
    return NOW - timedelta(**how_long)


def failed(kind: str, errors: int, **how_long: float) -> SyncRecord:
    """A project that failed so many times, the last of them some time ago."""
    return replace(GOOD, status="error", error_kind=kind, errors=errors, last_sync_at=ago(**how_long))


CASES: dict[str, tuple[SyncRecord | None, ProjectSignals, str | None]] = {
    "a project nobody ever synced": (None, ProjectSignals(), "never synced"),
    "one that was only noted": (SyncRecord("1", "PAY"), ProjectSignals(), "never synced"),
    "one that was read in part": (SyncRecord("1", "PAY", last_sync_at=NOW), ProjectSignals(), "partly read"),
    "a fresh one": (GOOD, ProjectSignals(), None),
    "one that changed": (GOOD, ProjectSignals({"1": "a"}), "changed"),
    "one whose sync is yet to come": (
        GOOD,
        ProjectSignals({"1": "a"}, {"1": Asked("a", ago(minutes=1))}),
        "changed",
    ),
    "one whose sync came": (GOOD, ProjectSignals({"1": "a"}, {"1": Asked("a", ago(minutes=9))}), None),
    "one that changed again": (
        GOOD,
        ProjectSignals({"1": "b"}, {"1": Asked("a", ago(minutes=9))}),
        "changed",
    ),
    "one that changed elsewhere": (GOOD, ProjectSignals({"2": "a"}), None),
    "an old success": (
        replace(GOOD, last_success_at=ago(hours=1), last_sync_at=ago(hours=1)),
        ProjectSignals(),
        "overdue",
    ),
    "an old success, probed since": (
        replace(GOOD, last_success_at=ago(days=2), probed_at=ago(minutes=1)),
        ProjectSignals(),
        None,
    ),
    "a failure that may pass, at once": (failed("JiraUnavailable", 1, seconds=30), ProjectSignals(), None),
    "the same after a minute": (failed("JiraUnavailable", 1, seconds=79), ProjectSignals(), "failed before"),
    "its second after a minute": (failed("JiraUnavailable", 2, seconds=79), ProjectSignals(), None),
    "its second after two": (failed("JiraUnavailable", 2, seconds=157), ProjectSignals(), "failed before"),
    "its third after two": (failed("RateLimited", 3, seconds=157), ProjectSignals(), None),
    "its third after four": (failed("RateLimited", 3, seconds=313), ProjectSignals(), "failed before"),
    "its fourth after half an hour": (failed("JiraUnavailable", 4, minutes=30), ProjectSignals(), None),
    "its fourth after an hour": (failed("JiraUnavailable", 4, hours=1), ProjectSignals(), "failed before"),
    "a forbidden one, soon": (failed("Forbidden", 1, minutes=10), ProjectSignals(), None),
    "a forbidden one, late": (failed("Forbidden", 1, hours=1), ProjectSignals(), "failed before"),
    "a forbidden one that somebody wants": (
        failed("Forbidden", 1, minutes=10),
        ProjectSignals(requests=[SyncRequest(1, "1", NOW)]),
        "requested",
    ),
    "one that somebody wanted before it was synced": (
        GOOD,
        ProjectSignals(requests=[SyncRequest(1, "1", ago(minutes=6))]),
        None,
    ),
    "one of all that somebody wants": (
        GOOD,
        ProjectSignals(requests=[SyncRequest(1, None, NOW)]),
        "requested",
    ),
    "another that somebody wants": (GOOD, ProjectSignals(requests=[SyncRequest(1, "2", NOW)]), None),
    "one that Jira does not know": (
        replace(failed("NotFound", 1, days=3), inactive_since=ago(days=3)),
        ProjectSignals({"1": "a"}),
        None,
    ),
    "an inactive one that somebody wants": (
        replace(failed("NotFound", 1, days=3), inactive_since=ago(days=3)),
        ProjectSignals(requests=[SyncRequest(1, "1", NOW)]),
        "requested",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_due_and_why(case: str) -> None:
    record, sighting, why = CASES[case]
    records = {} if record is None else {"1": record}

    due = due_projects([PAY], records, sighting, NOW, RULES)

    assert [entry.why for entry in due] == ([] if why is None else [why])


def test_what_is_to_be_read_to_its_end_comes_after_what_changed() -> None:
    large = replace(PAY, project_id="2", project_key="BIG")
    records = {"1": GOOD, "2": SyncRecord("2", "BIG", last_sync_at=NOW)}

    due = due_projects([large, PAY], records, ProjectSignals({"1": "a"}), NOW, RULES)

    assert [entry.project.project_key for entry in due] == ["PAY", "BIG"]


def test_the_longest_age_can_be_set() -> None:
    old = replace(GOOD, last_success_at=ago(minutes=20), last_sync_at=ago(minutes=20))

    assert due_projects([PAY], {"1": old}, ProjectSignals(), NOW, Rules(longest_age=timedelta(minutes=20)))
    assert not due_projects(
        [PAY], {"1": old}, ProjectSignals(), NOW, Rules(longest_age=timedelta(minutes=21))
    )


@given(errors=st.integers(1, 3), project_id=st.text(min_size=1), seconds=st.integers(0, 10**6))
def test_a_pause_doubles_with_jitter_and_is_the_same_whenever_it_is_asked_for(
    errors: int, project_id: str, seconds: int
) -> None:
    record = replace(failed("JiraUnavailable", errors, seconds=seconds), project_id=project_id)

    pause = pause_after(record, RULES)

    assert 0.7 <= pause / (timedelta(seconds=60) * 2 ** (errors - 1)) <= 1.3
    assert pause == pause_after(record, RULES)


def test_projects_that_failed_together_come_back_apart() -> None:
    pauses = {pause_after(replace(failed("JiraUnavailable", 1), project_id=str(n)), RULES) for n in range(50)}

    assert len(pauses) == 50


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("RateLimited", "retriable"),
        ("Forbidden", "skippable"),
        ("NoSuchError", "fatal"),
        (None, "fatal"),
        ("Any", "fatal"),
    ],
)
def test_a_failure_is_judged_by_the_class_of_its_error(kind: Any, severity: str) -> None:
    assert severity_of(kind) == severity
