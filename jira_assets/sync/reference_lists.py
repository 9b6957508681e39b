"""The lists that a site is asked for as a whole, and the rows that they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import Project, User
from jira_assets.sync.field_discovery import type_of

Row = dict[str, Any]
Rows = list[Row]


@dataclass(frozen=True)
class SiteList:
    """One list: the part of the site it is called by, how it is read, and what its absence means."""

    part: str
    fetch: Callable[[JiraClient], Rows]
    consequence: str = ""
    row_id: str | None = None
    """What names a row that may belong to one project only."""


def project_row(project: Project) -> Row:
    """Shape a project as a row of the site's table."""
    return {
        "project_id": project.id,
        "project_key": project.key,
        "name": project.name,
        "project_type": project.project_type,
        "style": project.style,
        "is_archived": project.archived,
        "former_keys": project.former_keys,
    }


def _fetch_projects(client: JiraClient) -> Rows:
    return [project_row(project) for project in client.fetch_projects()]


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


def user_row(user: User) -> Row:
    """Shape an account as a row of the site's table; an address that is not shown is null."""
    return {
        "account_id": user.account_id,
        "display_name": user.display_name,
        "email": user.email or None,
        "account_type": user.account_type,
        "is_active": user.active,
        "time_zone": user.time_zone,
    }


def _fetch_users(client: JiraClient) -> Rows:
    return [user_row(user) for user in client.fetch_users()]


SITE_LISTS: Mapping[str, SiteList] = {
    "projects": SiteList("project list", _fetch_projects),
    "statuses": SiteList("statuses", _fetch_statuses, row_id="status_id"),
    "fields": SiteList(
        "fields",
        _fetch_fields,
        "Story-point and sprint fields that are not known yet cannot be discovered. Set them by hand.",
        row_id="field_id",
    ),
    "users": SiteList(
        "people",
        _fetch_users,
        "Unknown people are taken from the issues instead. To match all accounts, the connected "
        "account requires the global permission “Browse users and groups”.",
    ),
}
"""By the name of the site's table that they fill."""
