"""A failure is recorded without forgetting what the last success brought."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jira_assets.errors import Forbidden, JiraAssetsError, NotFound, ProjectOutOfSight, UnknownProject
from jira_assets.state import SyncRecord
from jira_assets.sync.results import Outcome, revised

NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
EARLIER = datetime(2026, 9, 20, 12, tzinfo=UTC)


def test_a_success_clears_the_error_and_moves_the_watermark() -> None:
    before = SyncRecord("10", "PAY", status="error", errors=3, last_error="No.", last_instruction="Do.")

    after = revised(before, Outcome("10", "PAY", issues=7, created=2, watermark=NOW), NOW)

    assert (after.status, after.errors, after.last_error, after.last_instruction) == (
        "complete",
        0,
        None,
        None,
    )
    assert (after.issues, after.issues_created, after.watermark) == (7, 2, NOW)
    assert after.last_sync_at == after.last_success_at == NOW


def test_a_failure_counts_up_and_keeps_the_last_success() -> None:
    before = SyncRecord("10", "PAY", status="complete", last_success_at=EARLIER, watermark=EARLIER)

    after = revised(before, Outcome("10", "PAY", error=Forbidden("No.", "Ask an admin.")), NOW)

    assert (after.status, after.errors) == ("error", 1)
    assert (after.last_error, after.last_instruction) == ("No.", "Ask an admin.")
    assert (after.last_sync_at, after.last_success_at, after.watermark) == (NOW, EARLIER, EARLIER)


def test_proof_of_completeness_is_not_touched_by_a_sync() -> None:
    before = SyncRecord("10", "PAY", proved_complete_at=EARLIER, missing_issues=0)

    after = revised(before, Outcome("10", "PAY"), NOW)

    assert (after.proved_complete_at, after.missing_issues) == (EARLIER, 0)


@pytest.mark.parametrize(
    ("kind", "is_inactive"),
    [(ProjectOutOfSight, True), (NotFound, False), (UnknownProject, False), (Forbidden, False)],
)
def test_only_what_jira_says_of_the_project_itself_makes_it_inactive(
    kind: type[JiraAssetsError], is_inactive: bool
) -> None:
    after = revised(SyncRecord("10", "PAY"), Outcome("10", "PAY", error=kind("No.")), NOW)

    assert (after.inactive_since == NOW) == is_inactive
