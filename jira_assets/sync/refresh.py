"""Refresh the tables about the site as a whole, daily.

Renaming a project, a status, a version or a person changes no issue's `updated`: no incremental read would
ever notice. Each table is replaced as a whole, and written only when its content changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from jira_assets.errors import BadQuery, Forbidden, JiraAssetsError, NotFound, ScopeMissing
from jira_assets.jira.client import JiraClient
from jira_assets.sync.context import SyncContext, drain
from jira_assets.sync.details import fetch_details, put_details
from jira_assets.sync.fields import type_of
from jira_assets.sync.sprints import refresh_open_sprints
from jira_assets.warehouse.manifest import SiteManifest
from jira_assets.warehouse.site import land_site_table, read_site_table

UNREADABLE = (Forbidden, NotFound, ScopeMissing, BadQuery)
"""A table that this account may not read is left as it is, and said; it never stops a sync."""

Rows = list[dict[str, Any]]


@dataclass
class Refreshed:
    """What a refresh found: projects that cannot be read, and what is worth telling a person."""

    failed: dict[str, JiraAssetsError] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


def refresh_site(
    context: SyncContext, project_ids: Sequence[str], *, doubted: Collection[str] = (), force: bool = False
) -> Refreshed:
    """Bring the tables and project details that are older than a day, and the projects' open sprints.

    The `doubted` failed lately: a search that forbids them may just show nothing, their details say so.
    """
    refreshed = Refreshed()
    with context.lake.lock("site", "refresh of the site's tables"):
        manifest = context.lake.site_manifest()
        stale = [name for name in _TABLES if force or _is_stale(context, manifest.tables.get(name))]
        asked = {*project_ids} if force else {*doubted}
        due = [key for key in project_ids if key in asked or _is_stale(context, manifest.projects.get(key))]
        # Everything is asked at the same time: a first sync waits for all of it before its first issue.
        tables = [context.submit(partial(_rows_or_notice, context, name)) for name in stale]
        details = fetch_details(context, due)
        drain(tables)
        for name, table in zip(stale, tables, strict=True):
            refreshed.notices += _replace(context, manifest, name, table.result())
        refreshed.failed = put_details(context, manifest, due, details)
        refresh_open_sprints(context, manifest, [key for key in project_ids if key not in due])
        context.lake.commit_site(manifest)
        context.lake.sweep_site(manifest)
    for project_id in project_ids:
        if known := manifest.projects.get(project_id):
            refreshed.notices += known.notices
    return refreshed


def _is_stale(context: SyncContext, known: Any) -> bool:
    if known is None:
        return True
    refreshed_at: datetime = known.refreshed_at
    return context.clock() - refreshed_at >= context.options.refresh_every


def _rows_or_notice(context: SyncContext, name: str) -> Rows | str:
    try:
        return _TABLES[name](context.client)
    except UNREADABLE as error:
        return f"The {name} of the site cannot be read: {error.reason} {_CONSEQUENCE.get(name, '')}".rstrip()


def _replace(context: SyncContext, manifest: SiteManifest, name: str, answer: Rows | str) -> list[str]:
    if isinstance(answer, str):
        return [answer]
    rows = answer + _kept_rows(context, manifest, name, answer)
    manifest.tables[name] = land_site_table(context.engine, context.lake, name, rows, context.clock())
    return []


def _kept_rows(context: SyncContext, manifest: SiteManifest, name: str, answer: Rows) -> Rows:
    """Return the rows of the present table that stay although the answer does not have them."""
    if name not in _SCOPED:
        return []
    answered = {row[_SCOPED[name]] for row in answer}
    present = read_site_table(context.engine, context.lake, manifest, name)
    missing = [row for row in present if row[_SCOPED[name]] not in answered]
    if name == "statuses":
        # Jira lists the statuses of active workflows; histories go on naming the others.
        return [{**row, "is_listed": False} for row in missing]
    # Fields of projects that cannot be seen now: their issues are kept, too.
    seen = {row["project_id"] for row in read_site_table(context.engine, context.lake, manifest, "projects")}
    return [row for row in missing if row["project_id"] not in seen | {None}]


def _fetch_projects(client: JiraClient) -> Rows:
    return [
        {
            "project_id": project.id,
            "project_key": project.key,
            "name": project.name,
            "project_type": project.project_type,
            "style": project.style,
            "is_archived": project.archived,
            "former_keys": project.former_keys,
        }
        for project in client.fetch_projects()
    ]


def _fetch_statuses(client: JiraClient) -> Rows:
    return [
        {
            "status_id": status.id,
            "status": status.name,
            "status_category": status.category.key if status.category else None,
            "project_id": status.scope_project_id,
            "is_listed": True,
        }
        for status in client.fetch_statuses()
    ]


def _fetch_fields(client: JiraClient) -> Rows:
    return [
        {
            "field_id": item.id,
            "field_name": item.name,
            "schema_type": item.schema.type if item.schema else None,
            "schema_custom": type_of(item),
            "is_custom": item.custom,
            "project_id": item.scope_project_id,
        }
        for item in client.fetch_fields()
    ]


def _fetch_users(client: JiraClient) -> Rows:
    return [
        {
            "account_id": user.account_id,
            "display_name": user.display_name,
            "email": user.email or None,
            "account_type": user.account_type,
            "is_active": user.active,
            "time_zone": user.time_zone,
        }
        for user in client.fetch_users()
    ]


_TABLES: Mapping[str, Callable[[JiraClient], Rows]] = {
    "projects": _fetch_projects,
    "statuses": _fetch_statuses,
    "fields": _fetch_fields,
    "users": _fetch_users,
}

_SCOPED = {"statuses": "status_id", "fields": "field_id"}
"""The tables of which rows may belong to one project, and what names a row."""

_CONSEQUENCE = {
    "users": "People are taken from the issues instead; give the account the global permission "
    "“Browse users and groups” to match everyone.",
    "fields": "Story points and sprints cannot be found; set them by hand.",
}
