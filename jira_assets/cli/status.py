"""`jira-assets status`: how fresh and complete each tracked project is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import click

from jira_assets.cli.invocation import Invocation, pass_invocation
from jira_assets.cli.output import ago, write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.settings import Settings
from jira_assets.state.records import SyncRecord, TrackedProject
from jira_assets.warehouse.lake import Lake


@dataclass(frozen=True)
class ProjectStatus:
    """A tracked project, the outcome of its newest sync, and who works on it now."""

    record: SyncRecord
    name: str
    held_by: str | None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="site_url, paused_until, warehouse, projects.")
@pass_invocation
def status(invocation: Invocation, as_json: bool) -> None:
    """Show how fresh and complete each tracked project is.

    With --json, each of `projects` has the columns of the table sync_status, and name, requests, seconds,
    last_instruction and held_by (the process that works on it now).
    """
    settings = invocation.settings
    with open_state(settings) as state:
        records = {record.project_id: record for record in state.records()}
        projects = [_status(settings, tracked, records) for tracked in state.tracked_projects()]
        paused_until, reason = state.paused_until(), state.pause_reason()
    if paused_until and paused_until <= datetime.now(UTC):
        paused_until = None
    if as_json:
        write_json(_document(settings, projects, paused_until))
        return
    write_table(
        ["project", "status", "issues", "last success", "proved complete", "note"], map(_row, projects)
    )
    if paused_until:
        invocation.say(f"Jira asks everyone to wait until {paused_until:%H:%M:%S} UTC: {reason}.")
    if not projects:
        invocation.say("No project is tracked yet. Track one with `jira-assets projects track KEY`.")


def _status(settings: Settings, tracked: TrackedProject, records: dict[str, SyncRecord]) -> ProjectStatus:
    key = tracked.project_key
    record = records.get(tracked.project_id, SyncRecord(tracked.project_id, key))
    holder = Lake(settings.lake_dir).holder(tracked.project_id)
    values = asdict(record) | {"project_key": key}
    if holder:
        values["status"] = "syncing"
    elif record.status == "syncing":
        # Only a held lock means that somebody is at work; whoever wrote this died over it.
        values |= {"status": "error", "last_error": record.last_error or "The last sync did not finish."}
    return ProjectStatus(SyncRecord(**values), tracked.name, str(holder) if holder else None)


def _row(project: ProjectStatus) -> tuple[object, ...]:
    record = project.record
    missing = f" ({record.missing_issues} missing)" if record.missing_issues else ""
    return (
        record.project_key,
        record.status,
        record.issues,
        ago(record.last_success_at),
        ago(record.proved_complete_at) + missing,
        project.held_by or record.last_error or "",
    )


def _document(
    settings: Settings, projects: list[ProjectStatus], paused_until: datetime | None
) -> dict[str, object]:
    warehouse = settings.warehouse_file
    return {
        "site_url": settings.jira_site_url,
        "paused_until": paused_until,
        "warehouse": str(warehouse) if warehouse.exists() else None,
        "projects": [asdict(p.record) | {"name": p.name, "held_by": p.held_by} for p in projects],
    }
