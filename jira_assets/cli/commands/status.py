"""`jira-assets status`: how fresh and complete each tracked project is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from jira_assets.alerts.outbox import unsent_notices
from jira_assets.auth.status import Connected, connected_as, sites_in_use
from jira_assets.cli.context import SOME_PROJECTS_FAILED, Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.errors import AuthenticationError
from jira_assets.formatting import ago, counted
from jira_assets.lake.home_lake import open_lake
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings
from jira_assets.state.models import ConnectedSite, SyncRecord, TrackedProject
from jira_assets.sync.notices import ActiveNotice, current_notices, in_lines
from jira_assets.sync.results import ProjectStatus, read_statuses
from jira_assets.sync.targets import TargetStatus, target_statuses
from jira_assets.warehouse.entity_status import entity_status

if TYPE_CHECKING:
    from jira_assets.state import State


@click.command()
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="site_url, connection, paused_until, sites, warehouse, targets, projects, entities, notices.",
)
@pass_invocation
def status(invocation: Invocation, as_json: bool) -> None:
    """Show the freshness and completeness of each tracked project.

    With --json, `sites` has site (its short name), connection and paused_until of each site; those of the
    first one stand beside them. A `connection` has site_url, kind, account, scopes, reconnect_by, trouble,
    remedy and can_sync. Each of `projects` has the columns of the table sync_status, and name, requests,
    seconds,
    last_instruction, held_by (the process that is working on it) and reading (how far the read of a
    large project is that the next sync continues). Each of `targets` (JIRA_ASSETS_PUBLISH) has target, place,
    shows (the time of the publish that it shows), since, behind_seconds, changed_values, trouble and remedy.
    Each of `entities` has the columns of the table entity_status. `notices` are findings that do not
    stop a sync: part, reason, instruction, since and the keys of the affected projects.

    Exits with 4 if this home is not connected, its consent ended or its credential cannot be decrypted,
    otherwise with 3 if the last sync of a project failed or issues are missing. Projects that were never
    synced, and notices, do not change the exit code.
    """
    settings = invocation.settings
    with open_state(settings) as state:
        every_site = state.sites.all()
        lake = open_lake(settings, state, every_site)
        projects = read_statuses(state, lake)
        tracked = state.projects.tracked()
        sites = [_site_status(settings, state, site) for site in sites_in_use(every_site, tracked)]
        notices = current_notices(lake, tracked)
        entities = _entities(lake, tracked)
        targets = target_statuses(lake, settings)
        unsent = unsent_notices(state, settings.alert_urls)
    if as_json:
        write_json(_document(settings, projects, sites, entities, notices, targets))
    else:
        _write(invocation, projects, sites)
        for row in entities:
            invocation.say(_entity_line(row))
        for target in targets:
            invocation.say(f"{target.target}: {target.in_words(datetime.now(UTC))}.")
        for line in [*in_lines(notices), *unsent]:
            invocation.say(f"! {line}")
    sys.exit(_exit_code(projects, sites))


def _entities(lake: Lake, tracked: Sequence[TrackedProject]) -> list[dict[str, Any]]:
    """Return how far comments and the like are read, of the projects that want them."""
    found = lake.readable_manifests(project.project_id for project in tracked)
    sites = {prefix: lake.of(prefix).site_manifest() for prefix in ("", *lake.folders)}
    return list(entity_status(list(found.values()), sites))


def _entity_line(row: dict[str, Any]) -> str:
    name = row["entity"].replace("_", " ")
    behind = f", {counted(row['issues_behind'], 'issue')} still to be read" if row["issues_behind"] else ""
    if row["proved_at"] is None:
        return f"{row['project_key']}: {name} not proved yet{behind}."
    numbers = f"{row['in_jira']:,} {name} in Jira, {row['in_lake']:,} here, missing {row['missing']:,}"
    return f"{row['project_key']}: {numbers}; proved {ago(row['proved_at'])}{behind}."


@dataclass(frozen=True)
class SiteStatus:
    """How a site is connected, and until when no request is made to it."""

    site: ConnectedSite
    connected: Connected
    paused_until: datetime | None
    reason: str | None


def _site_status(settings: Settings, state: State, site: ConnectedSite) -> SiteStatus:
    view = state.of(site)
    until = view.pauses.until()
    if until and until <= datetime.now(UTC):
        until = None
    return SiteStatus(site, connected_as(settings, view), until, view.pauses.reason())


def _exit_code(projects: Sequence[ProjectStatus], sites: Sequence[SiteStatus]) -> int:
    """Say by one number whether syncs continue, and whether all projects are as they should be."""
    if not all(site.connected.can_sync for site in sites):
        return AuthenticationError.exit_code
    return SOME_PROJECTS_FAILED if any(_has_failed(project.record) for project in projects) else 0


def _has_failed(record: SyncRecord) -> bool:
    return record.status == "error" or bool(record.missing_issues) or record.inactive_since is not None


def _write(
    invocation: Invocation,
    projects: Sequence[ProjectStatus],
    sites: Sequence[SiteStatus],
) -> None:
    if invocation.verbosity >= 0:
        columns = ["project", "status", "issues", "up to date", "proved complete", "note"]
        write_table(columns, map(_row, projects))
    else:
        for project in projects:
            if _has_failed(project.record):
                missing = f"{counted(project.record.missing_issues or 0, 'issue')} missing."
                click.echo(f"{project.record.project_key}: {_trouble(project.record) or missing}", err=True)
    for each in sites:
        of_site = "" if each.site.is_first else f"{each.site.label}: "
        if each.paused_until:
            until = f"{each.paused_until:%H:%M:%S} UTC"
            invocation.say(f"{of_site}Requests to Jira are paused until {until}: {each.reason}.")
        if each.connected.trouble:
            click.echo(f"! {of_site}{each.connected.trouble} {each.connected.remedy}", err=True)
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
    sites: Sequence[SiteStatus],
    entities: list[dict[str, Any]],
    notices: list[ActiveNotice],
    targets: Sequence[TargetStatus],
) -> dict[str, object]:
    warehouse, first = settings.warehouse_file, sites[0]
    return {
        "site_url": first.connected.site_url,
        "connection": _connection(first.connected),
        "paused_until": first.paused_until,
        "sites": [
            {
                "site": each.site.short_name,
                "connection": _connection(each.connected),
                "paused_until": each.paused_until,
            }
            for each in sites
        ],
        "warehouse": str(warehouse) if warehouse.exists() else None,
        "targets": [asdict(target) for target in targets],
        "projects": [
            asdict(p.record) | {"name": p.name, "held_by": p.held_by, "reading": p.reading or None}
            for p in projects
        ],
        "entities": entities,
        "notices": [asdict(notice) for notice in notices],
    }


def _connection(connected: Connected) -> dict[str, object]:
    return asdict(connected) | {"can_sync": connected.can_sync}
