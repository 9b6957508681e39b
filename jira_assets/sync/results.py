"""What a sync did to a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from jira_assets.errors import JiraAssetsError, ProjectOutOfSight
from jira_assets.formatting import counted
from jira_assets.lake.lake import Lake
from jira_assets.lake.locks import Holder
from jira_assets.lake.manifest import Paused, Proof
from jira_assets.state.models import SyncRecord, TrackedProject

if TYPE_CHECKING:  # `status` reads results without loading SQLAlchemy
    from jira_assets.state import State

Mode = Literal["incremental", "full", "reconcile"]
"""Read what changed; read everything again; or name everything, and read what the lake lacks of it."""


@dataclass(frozen=True)
class Outcome:
    """The result for one project; a failed one carries the error and leaves the lake as it was.

    `fingerprints` and `rows` describe the tables derived now, by table; `changed` is whether they differ
    from those before. `proof` is the newest there is; it may be older than this sync, and `unproved` says why
    the last full listing gave none. `missing` issues are listed by Jira and could not be read. `paused` is
    set when the time was up before the project was read to its end, which is no error: what was read is kept.
    """

    project_id: str
    project_key: str
    mode: Mode = "incremental"
    error: JiraAssetsError | None = None
    changed: bool = False
    issues: int = 0
    fetched: int = 0
    created: int = 0
    updated: int = 0
    deleted: int = 0
    requests: int = 0
    seconds: float = 0.0
    watermark: datetime | None = None
    fingerprints: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    nulled: dict[str, int] = field(default_factory=dict)
    proof: Proof | None = None
    unproved: str | None = None
    missing: int = 0
    paused: Paused | None = None

    @property
    def result(self) -> Literal["complete", "incomplete", "unproved", "paused", "error"]:
        """Return how much of the project the lake has now, as far as that is known."""
        if self.error is not None:
            return "error"
        if self.paused is not None:
            return "paused"
        if self.missing:
            return "incomplete"
        return "unproved" if self.unproved else "complete"

    @property
    def ok(self) -> bool:
        """Whether the project was read to the end."""
        return self.error is None and self.paused is None


def record_outcome(state: State, outcome: Outcome, now: datetime) -> SyncRecord:
    """Write what happened in place of what happened before."""
    return state.records.revise(
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


@dataclass(frozen=True)
class Portfolio:
    """The tracked projects and the newest outcomes by id, read once for all that is made of them."""

    projects: Sequence[TrackedProject]
    records: Mapping[str, SyncRecord]

    def record_of(self, project: TrackedProject) -> SyncRecord:
        """Return the outcome of the newest sync; a blank one where there was none."""
        return record_of(project, self.records)


def record_of(project: TrackedProject, records: Mapping[str, SyncRecord]) -> SyncRecord:
    """Return the newest outcome of a project; a blank one where it was never synced."""
    return records.get(project.project_id) or SyncRecord(project.project_id, project.project_key)


NOTHING_TRACKED = Portfolio((), {})


def read_portfolio(state: State) -> Portfolio:
    """Read the tracked projects and the outcomes."""
    return Portfolio(state.projects.tracked(), read_records(state))


def read_records(state: State) -> dict[str, SyncRecord]:
    """Read the newest outcomes by id."""
    return {record.project_id: record for record in state.records.all()}


@dataclass(frozen=True)
class ProjectStatus:
    """A tracked project, the outcome of its newest sync, and who works on it now."""

    record: SyncRecord
    name: str
    held_by: str | None
    reading: str = ""
    """How far a read is that stopped after its time and that a later sync continues."""


def read_statuses(state: State, lake: Lake, portfolio: Portfolio | None = None) -> list[ProjectStatus]:
    """Return the status of every tracked project, by key; `portfolio` is what was just read of the state."""
    portfolio = portfolio or read_portfolio(state)
    holders = lake.holders(project.project_id for project in portfolio.projects)
    return [
        _status(lake, tracked, portfolio.record_of(tracked), holders.get(tracked.project_id))
        for tracked in portfolio.projects
    ]


def _status(lake: Lake, tracked: TrackedProject, record: SyncRecord, holder: Holder | None) -> ProjectStatus:
    if record.project_key != tracked.project_key:
        record = replace(record, project_key=tracked.project_key)
    if holder:
        record = replace(record, status="syncing")
    elif record.status == "syncing":
        # Only a held lock means that a process is at work; the one that wrote this has died.
        error = record.last_error or "The last sync did not finish."
        record = replace(record, status="error", last_error=error)
    return ProjectStatus(record, tracked.name, str(holder) if holder else None, _reading(lake, record))


def _reading(lake: Lake, record: SyncRecord) -> str:
    manifest = lake.readable_manifest(record.project_id) if record.status == "pending" else None
    if manifest is None or manifest.paused is None:
        return ""
    read, expected = manifest.paused.read, manifest.paused.expected
    return f"reading: {read:,} of {expected:,} issues" if expected else f"reading: {counted(read, 'issue')}"
