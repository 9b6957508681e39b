"""Ask Jira in which state a project is when it will not answer about it, or leaves issues out.

Only the project itself is believed. What a search says of a project it does not know differs by operand and
by language, and a page that stands for the whole site says nothing about any project.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from jira_assets.errors import (
    BadQuery,
    Forbidden,
    IncompleteRead,
    JiraError,
    NotFound,
    ProjectOutOfSight,
    SearchTokenExpired,
)
from jira_assets.jira.client import JiraClient

if TYPE_CHECKING:  # the context holds what asks for states
    from jira_assets.sync.context import SyncContext

ProjectState = Literal["live", "archived", "trashed", "invisible"]

MOST_OTHERS_ASKED = 3

_REASONS = {
    "archived": "The project {key} is archived: Jira returns no data of it.",
    "trashed": "The project {key} is in Jira's trash: Jira returns no data of it.",
    "invisible": (
        "This account can no longer see the project {key}: the project was deleted, or a permission was "
        "removed."
    ),
}
_PUT_AWAY = (
    "`jira-assets reconcile {key}` removes its issues from the tables. Alternatively restore the "
    "project, or untrack it."
)
_HIDDEN = "Its synced data is kept. Give the account the permission to browse it again, or untrack it."


def project_state(context: SyncContext, project_id: str) -> ProjectState:
    """Return the state of a project; the lists are asked only for one that does not answer itself.

    Raises Forbidden when Jira shows this account no project at all, which says nothing about this one.
    """
    client = context.client
    try:
        project = client.fetch_project(project_id)
    except NotFound:
        if _is_listed(client, project_id, "archived"):
            return "archived"
        if _is_listed(client, project_id, "deleted"):
            return "trashed"
        if not _another_answers(context, project_id):
            raise Forbidden(
                "Jira returns no project at all to this account, so the state of the projects is unknown.",
                "Nothing was changed. Check in a browser that the account still has access to Jira "
                "and its projects, and that the site is not suspended. Then sync again.",
            ) from None
        return "invisible"
    return "trashed" if project.deleted else "archived" if project.archived else "live"


def out_of_sight(project_key: str, state: ProjectState) -> ProjectOutOfSight:
    """Describe a project that cannot be read, and what that means."""
    return ProjectOutOfSight(
        _REASONS[state].format(key=project_key),
        (_HIDDEN if state == "invisible" else _PUT_AWAY).format(key=project_key),
        state=state,
    )


def explain_refusal(context: SyncContext, project_id: str, project_key: str, refusal: JiraError) -> JiraError:
    """Return the error for a search that refuses a project: how the project stands, else what search said."""
    if isinstance(refusal, SearchTokenExpired):
        return refusal
    try:
        state = project_state(context, project_id)
    except JiraError as error:
        return error
    if state != "live":
        return out_of_sight(project_key, state)
    if not isinstance(refusal, BadQuery):
        return refusal
    return IncompleteRead(
        f"Jira's search does not find the project {project_key}, although it exists: {refusal.reason}",
        "Nothing was changed. Search indexes a new project after some time. The next sync tries again.",
    )


def _is_listed(client: JiraClient, project_id: str, status: Literal["archived", "deleted"]) -> bool:
    try:
        return any(project.id == project_id for project in client.fetch_projects(status))
    except JiraError:  # only some accounts may ask for these lists
        return False


def _another_answers(context: SyncContext, project_id: str) -> bool:
    """Check that Jira shows some other project: only then does a 404 speak of this one."""
    try:
        if any(project.id != project_id for project in context.client.fetch_projects()):
            return True
    except JiraError:  # the list may be closed to this account
        pass
    known = (manifest.project_id for manifest in context.lake.manifests())
    others = [other for other in known if other != project_id][:MOST_OTHERS_ASKED]
    return any(_answers(context.client, other) for other in others)


def _answers(client: JiraClient, project_id: str) -> bool:
    try:
        client.fetch_project(project_id)
    except JiraError:
        return False
    return True
