"""Syncs that people ask for, and the points that every process spends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from jira_assets.jira.quota import A_NOTE, PointsLedger
from jira_assets.state import State

NOON = datetime(2026, 11, 23, 12, 10, tzinfo=UTC)


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """A state at noon."""
    with State.open(state_url, clock=lambda: NOON) as opened:
        yield opened


def test_requests_stand_until_they_are_cleared(state: State) -> None:
    state.sync_requests.add("10001")
    state.sync_requests.add()
    first, second = state.sync_requests.all()

    state.sync_requests.clear([first.request_id])

    assert (first.project_id, second.project_id) == ("10001", None)
    assert state.sync_requests.all() == [second]
    assert second.requested_at == NOON


def test_what_processes_spend_adds_up_hour_by_hour(state: State) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: state.points.spend(5, NOON), range(40)))

    assert state.points.spent(NOON) == 200
    assert state.points.spent(NOON + timedelta(hours=1)) == 0
    assert state.points.spend(1, NOON + timedelta(hours=1)) == 1


def test_old_hours_are_forgotten(state: State) -> None:
    state.points.spend(7, NOON)
    state.points.spend(1, NOON + timedelta(days=8))

    assert state.points.spent(NOON) == 0


def test_a_spent_budget_pauses_everyone_until_the_next_hour(state: State) -> None:
    ledger = PointsLedger(state.points, state.pauses, 2 * A_NOTE, lambda: NOON)

    ledger.spend(A_NOTE)
    assert state.pauses.until() is None
    ledger.spend(A_NOTE)

    assert state.pauses.until() == NOON.replace(hour=13, minute=0)
    assert state.pauses.reason() == "the configured budget of 400 points an hour is spent"


def test_without_a_budget_points_are_counted_and_nobody_waits(state: State) -> None:
    ledger = PointsLedger(state.points, state.pauses, None, lambda: NOON)
    ledger.spend(70)
    ledger.spend(10 * A_NOTE)
    ledger.spend(3)
    ledger.close()

    assert state.points.spent(NOON) == 10 * A_NOTE + 73
    assert state.pauses.until() is None


def test_a_probe_is_noted_for_the_projects_it_was_about(state: State) -> None:
    for project_id in ("1", "2"):
        state.records.revise(project_id, f"P{project_id}", lambda before: before)

    state.records.note_probe(["2"], NOON)

    assert {r.project_id: r.probed_at for r in state.records.all()} == {"1": None, "2": NOON}
