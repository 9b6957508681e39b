"""Change what issues point to: none of this changes the `updated` of an issue."""

from __future__ import annotations

from typing import Any, Literal

from jira_assets.demo.catalog import items_called
from jira_assets.demo.data import DemoSprint, DemoUser
from jira_assets.demo.simulate.base import SiteBase
from jira_assets.demo.things import FORMER_USER


class Administration(SiteBase):
    """Start and close sprints, rename statuses and versions, let people come and go."""

    def create_sprint(
        self,
        board_id: int,
        name: str,
        *,
        goal: str | None = None,
        state: Literal["future", "active"] = "future",
    ) -> DemoSprint:
        """Add a sprint to a board."""
        with self.lock:
            sprint_id = max(self.catalog.sprints, default=0) + 1
            sprint = DemoSprint(sprint_id, name, state, board_id, goal)
            self.catalog.sprints[sprint_id] = sprint
            return sprint

    def start_sprint(self, sprint: str | int, *, days: int = 14) -> DemoSprint:
        """Start a sprint that will last some days."""
        with self.lock:
            started = self.sprint(sprint)
            started.state, started.start = "active", self.clock.now_ms()
            started.end = started.start + days * 86_400_000
            self.render.touch("sprint", started.id)
            return started

    def close_sprint(self, sprint: str | int) -> DemoSprint:
        """Close a sprint; its issues stay as they are."""
        with self.lock:
            closed = self.sprint(sprint)
            closed.state, closed.complete = "closed", self.clock.now_ms()
            self.render.touch("sprint", closed.id)
            return closed

    def rename_sprint(self, sprint: str | int, name: str, *, goal: str | None = None) -> DemoSprint:
        """Rename a sprint, and change its goal if one is given."""
        with self.lock:
            renamed = self.sprint(sprint)
            renamed.name, renamed.goal = name, renamed.goal if goal is None else goal
            self.render.touch("sprint", renamed.id)
            return renamed

    def rename_status(self, status: str, name: str) -> None:
        """Rename a status."""
        with self.lock:
            renamed = self.catalog.statuses[self._id_of(self.catalog.statuses, status)]
            renamed.name = name
            self.render.touch("status", renamed.id)

    def recategorize_status(self, status: str, category: Literal["new", "indeterminate", "done"]) -> None:
        """Move a status to another category."""
        with self.lock:
            changed = self.catalog.statuses[self._id_of(self.catalog.statuses, status)]
            changed.category_key = category
            self.render.touch("status", changed.id)

    def retire_status(self, status: str) -> None:
        """Take a status out of every active workflow; histories still name it."""
        with self.lock:
            self.catalog.statuses[self._id_of(self.catalog.statuses, status)].in_use = False

    def rename_version(self, project: str, version: str, name: str) -> None:
        """Rename a version of a project."""
        with self.lock:
            versions = self.project(project).versions
            for item_id in items_called(versions, version):
                next(each for each in versions if str(each["id"]) == item_id)["name"] = name
                self.render.touch("version", item_id)

    def add_user(
        self, account_id: str, display_name: str, email: str | None = None, **others: Any
    ) -> DemoUser:
        """Add a person to the site."""
        with self.lock:
            user = DemoUser(account_id, display_name, email, **others)
            self.catalog.users[account_id] = user
            self.render.forget()
            return user

    def rename_user(self, account_id: str, display_name: str) -> None:
        """Rename a person."""
        self._change_user(account_id, display_name=display_name)

    def deactivate_user(self, account_id: str) -> None:
        """Take a person's access away; their name and mail stay."""
        self._change_user(account_id, active=False)

    def hide_email(self, account_id: str, *, hidden: bool = True) -> None:
        """Hide the e-mail of a person, or show it again."""
        self._change_user(account_id, email_visible=not hidden)

    def forget_user(self, account_id: str) -> None:
        """Close an account for good: only the account id is left of the person."""
        self._change_user(account_id, display_name=FORMER_USER, email=None, active=False)

    def _change_user(self, account_id: str, **attributes: Any) -> None:
        with self.lock:
            user = self.catalog.users[account_id]
            for name, value in attributes.items():
                setattr(user, name, value)
            user.extra = {}
            self.render.touch("user", account_id)
