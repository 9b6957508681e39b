"""Read the lists that a site is asked for as a whole, and keep them as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from jira_assets.errors import Forbidden, IncompleteRead, JiraAssetsError
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import Project
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.accounts import PEOPLE, doubt_outage, fetch_users, put_unlisted_users, put_users
from jira_assets.sync.field_discovery import type_of
from jira_assets.sync.site_sync import Part, Read, Row, Rows, SiteSync


@dataclass(frozen=True)
class SiteList:
    """One list: the part of the site it is called by, how it is read, and what its absence means."""

    part: str
    fetch: Callable[[JiraClient], Rows]
    consequence: str = ""
    row_id: str | None = None
    """What names a row that may belong to one project only."""


def read_list(site: SiteSync, name: str, *, is_filled: bool = False) -> Part[Rows]:
    """Read a list; an empty one is an error when it was not empty before, or `is_filled` for sure."""
    part = site.read(partial(SITE_LISTS[name].fetch, site.client))
    known = site.manifest.tables.get(name)
    if isinstance(part, Read) and not part.content and (is_filled or (known and known.rows)):
        return IncompleteRead(
            f"Jira returned no {_words(name)}, although the site has some.",
            "Check in a browser what this account sees. If it sees them, Jira is out of order.",
        )
    return part


def put_list(site: SiteSync, name: str, part: Part[Rows]) -> list[Notice]:
    """Replace the table of a list, which stays as it is when the list cannot be read or believed."""
    if name == "users":
        part = doubt_outage(site, part)
    if not isinstance(part, Read):
        notice = _unread(site, name, part)
        if (
            name == "users"
            and isinstance(part, Forbidden)
            and site.is_stale(site.manifest.tables.get(name), name)
        ):
            put_unlisted_users(site)
        return [notice]
    if name == "users":
        put_users(site, part.content)
    else:
        site.put(name, part.content + _kept_rows(site, name, part.content), part.asked_at)
    return site.odd_records(SITE_LISTS[name].part, None, part)


def put_projects(site: SiteSync, projects: Iterable[Project]) -> None:
    """Take keys and names from the projects' own details while the list of projects cannot be read."""
    known = site.manifest.tables.get("projects")
    rows = {row["project_id"]: row for row in site.rows("projects")}
    for project in projects:
        row = rows.get(project.id, _project_row(project))
        rows[project.id] = {**row, "project_key": project.key, "name": project.name}
    # As old as before: the list is asked for again by the next sync.
    refreshed_at = known.refreshed_at if known else site.now() - site.context.options.refresh_every
    site.put("projects", list(rows.values()), refreshed_at)


def _unread(site: SiteSync, name: str, error: JiraAssetsError) -> Notice:
    listed, known = SITE_LISTS[name], site.manifest.tables.get(name)
    notice = site.failure(listed.part, None, f"The {_words(name)} of the site", error)
    stays = f" Their table is from {known.refreshed_at:%Y-%m-%d %H:%M} UTC." if known else ""
    instruction = f"{listed.consequence} {notice.instruction}".strip()
    return msgspec.structs.replace(notice, reason=notice.reason + stays, instruction=instruction)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _kept_rows(site: SiteSync, name: str, listed: Rows) -> Rows:
    """Return the rows that stay although the list does not have them."""
    row_id = SITE_LISTS[name].row_id
    if row_id is None:
        return []
    answered = {row[row_id] for row in listed}
    missing = [row for row in site.rows(name) if row[row_id] not in answered]
    if name == "statuses":
        # Jira lists the statuses of active workflows; histories go on naming the others.
        return [{**row, "is_listed": False} for row in missing]
    # Fields and issue types of projects that cannot be seen now: their issues are kept, too.
    seen = {row["project_id"] for row in site.rows("projects")}
    return [row for row in missing if row["project_id"] not in seen | {None}]


def _fetch_projects(client: JiraClient) -> Rows:
    return [_project_row(project) for project in client.fetch_projects()]


def _project_row(project: Project) -> Row:
    return {
        "project_id": project.id,
        "project_key": project.key,
        "name": project.name,
        "project_type": project.project_type,
        "style": project.style,
        "is_archived": project.archived,
        "former_keys": project.former_keys,
    }


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
            "schema_items": item.schema.items if item.schema else None,
            "schema_custom": type_of(item),
            "is_custom": item.custom,
            "project_id": item.scope_project_id,
        }
        for item in client.fetch_fields()
    ]


def _fetch_issue_types(client: JiraClient) -> Rows:
    return [
        {
            "issue_type_id": kind.id,
            "issue_type": kind.name,
            "description": kind.description or None,
            "hierarchy_level": kind.hierarchy_level,
            "is_subtask": kind.subtask,
            "project_id": kind.scope_project_id,
        }
        for kind in client.fetch_issue_types()
    ]


def _fetch_priorities(client: JiraClient) -> Rows:
    return [
        {
            "priority_id": priority.id,
            "priority": priority.name,
            "description": priority.description or None,
            "position": position,
            "is_default": priority.is_default,
        }
        for position, priority in enumerate(client.fetch_priorities(), 1)
    ]


def _fetch_resolutions(client: JiraClient) -> Rows:
    return [
        {
            "resolution_id": resolution.id,
            "resolution": resolution.name,
            "description": resolution.description or None,
            "is_default": resolution.default if resolution.is_default is None else resolution.is_default,
        }
        for resolution in client.fetch_resolutions()
    ]


SITE_LISTS: Mapping[str, SiteList] = {
    "projects": SiteList("project list", _fetch_projects),
    "statuses": SiteList("statuses", _fetch_statuses, row_id="status_id"),
    "fields": SiteList(
        "fields",
        _fetch_fields,
        "Story-point and sprint fields that are not known yet cannot be discovered. Set them by hand.",
        row_id="field_id",
    ),
    "issue_types": SiteList("issue types", _fetch_issue_types, row_id="issue_type_id"),
    "priorities": SiteList("priorities", _fetch_priorities),
    "resolutions": SiteList("resolutions", _fetch_resolutions),
    "users": SiteList(
        PEOPLE,
        fetch_users,
        "Unknown people are taken from the issues instead. To match all accounts, the connected "
        "account requires the global permission “Browse users and groups”.",
    ),
}
"""By the name of the site's table that they fill."""
