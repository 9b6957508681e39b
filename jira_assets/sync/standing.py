"""Tell how a project stands on the site when Jira will not answer about it, or leaves issues out."""

from __future__ import annotations

from typing import Literal

from jira_assets.errors import NotFound
from jira_assets.jira.client import JiraClient

Standing = Literal["live", "archived", "trashed", "invisible"]

_REASONS = {
    "archived": "The project {key} is archived: Jira answers nothing about it any more.",
    "trashed": "The project {key} is in Jira's trash: Jira answers nothing about it any more.",
    "invisible": "This account can no longer see the project {key}: it was deleted, or a permission was.",
}
_PUT_AWAY = "`jira-assets reconcile {key}` takes its issues out of the tables; restore it, or untrack it."
_HIDDEN = "What was read of it stays. Give the account the permission to browse it again, or untrack it."


def standing_of(client: JiraClient, project_id: str) -> Standing:
    """Ask how a project stands; the lists are asked only for one that does not answer itself."""
    try:
        project = client.fetch_project(project_id)
    except NotFound:
        if any(project.id == project_id for project in client.fetch_projects("archived")):
            return "archived"
        if any(project.id == project_id for project in client.fetch_projects("deleted")):
            return "trashed"
        return "invisible"
    return "trashed" if project.deleted else "archived" if project.archived else "live"


def out_of_sight(project_key: str, standing: Standing) -> NotFound:
    """Say that a project cannot be read, and what that means."""
    return NotFound(
        _REASONS[standing].format(key=project_key),
        (_HIDDEN if standing == "invisible" else _PUT_AWAY).format(key=project_key),
        standing=standing,
    )
