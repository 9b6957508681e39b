"""How each tracked project stands: what its newest sync brought, and whether somebody is at work on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jira_assets.phrases import counted
from jira_assets.state.records import SyncRecord, TrackedProject
from jira_assets.warehouse.lake import Lake

if TYPE_CHECKING:
    from jira_assets.state import State


@dataclass(frozen=True)
class ProjectStatus:
    """A tracked project, the outcome of its newest sync, and who works on it now."""

    record: SyncRecord
    name: str
    held_by: str | None
    reading: str = ""
    """How far a read is that stopped after its time and that a later sync continues."""


def read_statuses(state: State, lake: Lake) -> list[ProjectStatus]:
    """Tell how every tracked project stands, by key."""
    records = {record.project_id: record for record in state.records()}
    return [_status(lake, tracked, records) for tracked in state.tracked_projects()]


def _status(lake: Lake, tracked: TrackedProject, records: dict[str, SyncRecord]) -> ProjectStatus:
    key = tracked.project_key
    record = records.get(tracked.project_id, SyncRecord(tracked.project_id, key))
    record = replace(record, project_key=key)
    holder = lake.holder(tracked.project_id)
    if holder:
        record = replace(record, status="syncing")
    elif record.status == "syncing":
        # Only a held lock means that somebody is at work; whoever wrote this died over it.
        error = record.last_error or "The last sync did not finish."
        record = replace(record, status="error", last_error=error)
    return ProjectStatus(record, tracked.name, str(holder) if holder else None, _reading(lake, record))


def _reading(lake: Lake, record: SyncRecord) -> str:
    manifest = lake.readable_manifest(record.project_id) if record.status == "pending" else None
    if manifest is None or manifest.paused is None:
        return ""
    read, expected = manifest.paused.read, manifest.paused.expected
    return f"reading: {read:,} of {expected:,} issues" if expected else f"reading: {counted(read, 'issue')}"
