"""Record outcomes in the state, where `status` and the published `sync_status` find them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from jira_assets.errors import ProjectOutOfSight
from jira_assets.state import State, SyncRecord
from jira_assets.sync.outcome import Outcome


def record_outcome(state: State, outcome: Outcome, now: datetime) -> SyncRecord:
    """Write what happened in place of what happened before."""
    return state.revise_record(
        outcome.project_id, outcome.project_key, lambda before: revised(before, outcome, now)
    )


def revised(before: SyncRecord, outcome: Outcome, now: datetime) -> SyncRecord:
    """Make the new record; a failure leaves what the last success said of the data."""
    attempt = replace(
        before,
        project_key=outcome.project_key,
        last_sync_at=now,
        requests=outcome.requests,
        seconds=round(outcome.seconds, 3),
        issues=outcome.issues,
        issues_synced=outcome.fetched,
        issues_created=outcome.created,
        issues_updated=outcome.updated,
        issues_deleted=outcome.deleted,
    )
    if outcome.error is not None:
        return replace(
            attempt,
            status="error",
            errors=before.errors + 1,
            last_error=outcome.error.reason,
            last_instruction=outcome.error.instruction,
            error_kind=type(outcome.error).__name__,
            # Left alone until it is seen again; a 404 of anything else says nothing about the project.
            inactive_since=(before.inactive_since or now)
            if isinstance(outcome.error, ProjectOutOfSight)
            else None,
        )
    attempt = replace(
        attempt, errors=0, last_error=None, last_instruction=None, error_kind=None, inactive_since=None
    )
    if outcome.paused is not None:
        return replace(attempt, status="pending")
    return replace(
        attempt,
        status="complete",
        last_success_at=now,
        watermark=outcome.watermark,
        proved_complete_at=outcome.proof.at if outcome.proof else before.proved_complete_at,
        missing_issues=outcome.missing,
    )
