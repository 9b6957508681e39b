"""The oldest proof first, as far as the budget goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jira_assets.state.models import SyncRecord, TrackedProject
from jira_assets.sync.scheduling import OVERHEAD, choose_for_proof

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)


def chosen(points: int, **hours_since_proof: float | None) -> list[str]:
    """Choose among projects of a hundred issues each."""
    projects = [TrackedProject(key, key, key, True, None, None, NOW, None) for key in hours_since_proof]
    records = {
        key: SyncRecord(
            key,
            key,
            "complete",
            issues=100,
            last_success_at=NOW,
            proved_complete_at=None if hours is None else NOW - timedelta(hours=hours),
        )
        for key, hours in hours_since_proof.items()
    }
    return [project.project_key for project in choose_for_proof(projects, records, NOW, points)]


def test_the_oldest_proof_comes_first_and_what_was_never_proved_before_that() -> None:
    assert chosen(10_000, A=30, B=None, C=50) == ["B", "C", "A"]


def test_what_was_proved_this_night_is_not_proved_again() -> None:
    assert chosen(10_000, A=2, B=24) == ["B"]


def test_the_budget_ends_the_list() -> None:
    assert chosen(2 * (100 + OVERHEAD), A=30, B=40, C=50) == ["C", "B"]
    assert chosen(0, A=30) == []


def test_a_project_that_alone_is_over_the_budget_is_proved_alone() -> None:
    assert chosen(5, A=30, B=40) == ["B"]


def test_a_project_that_was_never_read_or_that_jira_does_not_know_is_not_proved() -> None:
    project = TrackedProject("1", "PAY", "Pay", True, None, None, NOW, None)
    gone = SyncRecord("1", "PAY", "error", last_success_at=NOW, inactive_since=NOW)

    assert choose_for_proof([project], {}, NOW, 1000) == []
    assert choose_for_proof([project], {"1": gone}, NOW, 1000) == []
