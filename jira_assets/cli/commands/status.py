"""`jira-assets status`: how fresh and complete each tracked project is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from jira_assets.alerts.outbox import unsent_notices
from jira_assets.auth.status import Connected, connected_as
from jira_assets.cli.context import SOME_PROJECTS_FAILED, Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.errors import AuthenticationError
from jira_assets.formatting import ago, counted
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings
from jira_assets.state.models import SyncRecord
from jira_assets.sync.notices import ActiveNotice, current_notices, in_lines
from jira_assets.sync.results import ProjectStatus, read_statuses


@click.command()
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="site_url, connection, paused_until, warehouse, projects, notices.",
)
@pass_invocation
def status(invocation: Invocation, as_json: bool) -> None:
    """Show the freshness and completeness of each tracked project.

    With --json, `connection` has site_url, kind, account, scopes, reconnect_by, trouble, remedy and
    can_sync. Each of `projects` has the columns of the table sync_status, and name, requests, seconds,
    last_instruction, held_by (the process that is working on it) and reading (how far the read of a
    large project is that the next sync continues). `notices` are findings that do not
    stop a sync: part, reason, instruction, since and the keys of the affected projects.

    Exits with 4 if this home is not connected, its consent ended or its credential cannot be decrypted,
    otherwise with 3 if the last sync of a project failed or issues are missing. Projects that were never
    synced, and notices, do not change the exit code.
    """
    settings = invocation.settings
    with open_state(settings) as state:
        connected = connected_as(settings, state)
        lake = Lake(settings.lake_dir)
        projects = read_statuses(state, lake)
        notices = current_notices(lake, state.projects.tracked())
        paused_until, reason = state.pauses.until(), state.pauses.reason()
        unsent = unsent_notices(state, settings.alert_urls)
    if paused_until and paused_until <= datetime.now(UTC):
        paused_until = None
    if as_json:
        write_json(_document(settings, projects, paused_until, connected, notices))
    else:
        _write(invocation, projects, paused_until, reason, connected)
        for line in [*in_lines(notices), *unsent]:
            invocation.say(f"! {line}")
    sys.exit(_exit_code(projects, connected))


def _exit_code(projects: Sequence[ProjectStatus], connected: Connected) -> int:
    """Say by one number whether syncs continue, and whether all projects are as they should be."""
    if not connected.can_sync:
        return AuthenticationError.exit_code
    return SOME_PROJECTS_FAILED if any(_has_failed(project.record) for project in projects) else 0


def _has_failed(record: SyncRecord) -> bool:
    return record.status == "error" or bool(record.missing_issues) or record.inactive_since is not None


def _write(
    invocation: Invocation,
    projects: Sequence[ProjectStatus],
    paused_until: datetime | None,
    reason: str | None,
    connected: Connected,
) -> None:
    if invocation.verbosity >= 0:
        columns = ["project", "status", "issues", "up to date", "proved complete", "note"]
        write_table(columns, map(_row, projects))
    else:
        for project in projects:
            if _has_failed(project.record):
                missing = f"{counted(project.record.missing_issues or 0, 'issue')} missing."
                click.echo(f"{project.record.project_key}: {_trouble(project.record) or missing}", err=True)
    if paused_until:
        invocation.say(f"Requests to Jira are paused until {paused_until:%H:%M:%S} UTC: {reason}.")
    if connected.trouble:
        click.echo(f"! {connected.trouble} {connected.remedy}", err=True)
    if not projects:
        invocation.say("No project is tracked yet. Track a project with `jira-assets projects track KEY`.")


def _row(project: ProjectStatus) -> tuple[object, ...]:
    record = project.record
    missing = f" ({record.missing_issues} missing)" if record.missing_issues else ""
    return (
        record.project_key,
        "incomplete" if record.status == "complete" and record.missing_issues else record.status,
        record.issues,
        ago(record.fresh_at),
        ago(record.proved_complete_at) + missing,
        project.held_by or project.reading or _trouble(record),
    )


def _trouble(record: SyncRecord) -> str:
    """Return what went wrong last, and that a project is left alone until Jira knows it again."""
    if record.inactive_since is None:
        return record.last_error or ""
    return f"inactive since {record.inactive_since:%Y-%m-%d}: {record.last_error} Its data is kept."


def _document(
    settings: Settings,
    projects: list[ProjectStatus],
    paused_until: datetime | None,
    connected: Connected,
    notices: list[ActiveNotice],
) -> dict[str, object]:
    warehouse = settings.warehouse_file
    return {
        "site_url": connected.site_url,
        "connection": asdict(connected) | {"can_sync": connected.can_sync},
        "paused_until": paused_until,
        "warehouse": str(warehouse) if warehouse.exists() else None,
        "projects": [
            asdict(p.record) | {"name": p.name, "held_by": p.held_by, "reading": p.reading or None}
            for p in projects
        ],
        "notices": [asdict(notice) for notice in notices],
    }
