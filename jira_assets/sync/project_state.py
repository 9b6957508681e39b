"""Ask Jira in which state a project is when it will not answer about it, or leaves issues out.

Only the project itself is believed. What a search says of a project it does not know differs by operand and
by language, and a page that stands for the whole site says nothing about any project.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

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
from jira_assets.lake.lake import Lake

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


@dataclass(frozen=True)
class ProjectStates:
    """Asks Jira for the states of projects; the lake says which others it should know."""

    client: JiraClient
    lake: Lake

    def ask(self, project_id: str) -> ProjectState:
        """Return the state of a project; the lists are asked only for one that does not answer itself.

        Raises Forbidden when Jira shows this account no project at all, which says nothing about this one.
        """
        try:
            project = self.client.fetch_project(project_id)
        except NotFound as refusal:
            return self.of_unknown(project_id, refusal, self._listed())
        return "trashed" if project.deleted else "archived" if project.archived else "live"

    def of_unknown(self, project_id: str, refusal: NotFound, listed: Collection[str] | None) -> ProjectState:
        """Return the state of a project that Jira answered with a 404, which `refusal` holds.

        `listed` are the ids of the projects that Jira lists; None when the list cannot be read. Raises
        IncompleteRead when the list has the project, Forbidden when Jira shows this account no other project
        either: a 404 then says nothing about this one.
        """
        if listed is not None and project_id in listed:
            raise IncompleteRead(
                f"Jira lists the project, but does not return it: {refusal.reason}",
                "Nothing was changed. The next sync tries again.",
            )
        if self._is_listed(project_id, "archived"):
            return "archived"
        if self._is_listed(project_id, "deleted"):
            return "trashed"
        if not listed and not self._another_answers(project_id):
            raise Forbidden(
                "Jira returns no project at all to this account, so the state of the projects is unknown.",
                "Nothing was changed. Check in a browser that the account still has access to Jira "
                "and its projects, and that the site is not suspended. Then sync again.",
            )
        return "invisible"

    def explain(self, project_id: str, project_key: str, refusal: JiraError) -> JiraError:
        """Return the error for a search that refuses a project: its state, else what search said."""
        if isinstance(refusal, SearchTokenExpired):
            return refusal
        try:
            state = self.ask(project_id)
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

    def key_of(self, project_id: str) -> str:
        """Return the key under which the lake has a project; its id when the lake does not have it."""
        manifest = self.lake.readable_manifest(project_id)
        return manifest.project_key if manifest else project_id

    def _listed(self) -> set[str] | None:
        try:
            return {project.id for project in self.client.fetch_projects()}
        except JiraError:  # the list may be closed to this account
            return None

    def _is_listed(self, project_id: str, status: Literal["archived", "deleted"]) -> bool:
        try:
            return any(project.id == project_id for project in self.client.fetch_projects(status))
        except JiraError:  # only some accounts may ask for these lists
            return False

    def _another_answers(self, project_id: str) -> bool:
        """Check that Jira shows some other project: only then does a 404 speak of this one."""
        known = (manifest.project_id for manifest in self.lake.manifests())
        others = [other for other in known if other != project_id][:MOST_OTHERS_ASKED]
        return any(map(self._answers, others))

    def _answers(self, project_id: str) -> bool:
        try:
            self.client.fetch_project(project_id)
        except JiraError:
            return False
        return True


def out_of_sight(project_key: str, state: ProjectState) -> ProjectOutOfSight:
    """Describe a project that cannot be read, and what that means."""
    return ProjectOutOfSight(
        _REASONS[state].format(key=project_key),
        (_HIDDEN if state == "invisible" else _PUT_AWAY).format(key=project_key),
        state=state,
    )
