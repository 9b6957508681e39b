"""What every step of the sync of one project works with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jira_assets.errors import JiraError
from jira_assets.jira.client import JiraClient
from jira_assets.lake.manifest import Manifest
from jira_assets.sync.context import SyncContext
from jira_assets.sync.project_state import ProjectState
from jira_assets.sync.session import SyncSession


@dataclass(frozen=True)
class ProjectSync:
    """One project while it is synced: its lock is held, and what happens is written to its manifest."""

    context: SyncContext
    manifest: Manifest
    session: SyncSession

    @property
    def client(self) -> JiraClient:
        """The client that asks Jira."""
        return self.context.client

    @property
    def at(self) -> datetime:
        """The time up to which the answers of this sync are complete."""
        return self.session.at

    @property
    def jql(self) -> str:
        """The search for all issues of the project; an id stays when a project gets another key."""
        return f"project = {self.manifest.project_id}"

    def commit(self) -> None:
        """Make what the manifest says so far exist."""
        self.context.lake.commit(self.manifest)

    def count(self) -> int:
        """Ask Jira how many issues the project has, approximately."""
        return self.client.approximate_count(self.jql)

    def state(self) -> ProjectState:
        """Ask Jira how the project stands."""
        return self.context.project_states.ask(self.manifest.project_id)

    def explain(self, refusal: JiraError) -> JiraError:
        """Return the error that says why search refuses the project."""
        states, manifest = self.context.project_states, self.manifest
        return states.explain(manifest.project_id, manifest.project_key, refusal)
