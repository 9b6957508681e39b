"""What a demo site knows besides its issues: projects, people, statuses, fields, boards, sprints."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol, TypeVar

from jira_assets.demo.data import DemoField, DemoProject, SiteData

POINTS_SCHEMA = "com.pyxis.greenhopper.jira:jsw-story-points"
POINTS_NAMES = ("story points", "story point estimate")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


NamedT = TypeVar("NamedT", bound=_Named)


class Catalog:
    """Find the things of a site by id, and by what people call them."""

    def __init__(self, data: SiteData) -> None:
        self.projects = {each.id: each for each in data.projects}
        self.users = {each.account_id: each for each in data.users}
        self.statuses = {each.id: each for each in data.statuses}
        self.issue_types = {each.id: each for each in data.issue_types}
        self.priorities = {each.id: each for each in data.priorities}
        self.resolutions = {each.id: each for each in data.resolutions}
        self.fields = {each.id: each for each in data.fields}
        self.boards = {each.id: each for each in data.boards}
        self.sprints = {each.id: each for each in data.sprints}

    @cached_property
    def sprint_fields(self) -> list[str]:
        """Return the ids of the fields that hold sprints."""
        return [each.id for each in self.fields.values() if each.is_sprint]

    def project(self, text: str) -> DemoProject | None:
        """Find a project by id, key, name or a key that it once had."""
        if text.isdigit() and int(text) in self.projects:
            return self.projects[int(text)]
        wanted = text.lower()
        for project in self.projects.values():
            if wanted in (project.key.lower(), project.name.lower()):
                return project
        for project in self.projects.values():
            if wanted in (key.lower() for key in project.old_keys):
                return project
        return None

    def points_field(self, project_id: int) -> str | None:
        """Return the field in which a project estimates, or None."""
        for board in self.boards.values():
            if board.project_id == project_id and board.estimation_field:
                return board.estimation_field
        candidates = [each for each in self.fields.values() if _holds_points(each)]
        own = [each for each in candidates if each.scope_project_id == project_id]
        shared = [each for each in candidates if each.scope_project_id is None]
        return next((each.id for each in own + shared), None)

    def version_or_component(self, kind: str, item_id: str) -> dict[str, Any] | None:
        """Find a version or a component (`kind`: "versions", "components") of any project."""
        for project in self.projects.values():
            for item in getattr(project, kind):
                if str(item["id"]) == item_id:
                    found: dict[str, Any] = item
                    return found
        return None

    def visible_projects(self, *, archived: bool = False) -> list[DemoProject]:
        """Return the projects whose issues a search may show."""
        return [
            each
            for each in self.projects.values()
            if not (each.trashed or each.invisible or each.forbidden or (each.archived and not archived))
        ]


def ids_called(things: dict[str, NamedT] | dict[int, NamedT], text: str) -> set[str]:
    """Return the ids of the things that have this id or this name (in any case)."""
    wanted = text.lower()
    return {str(key) for key, thing in things.items() if str(key) == text or thing.name.lower() == wanted}


def items_called(items: Iterable[dict[str, Any]], text: str) -> set[str]:
    """Return the ids of versions or components that have this id or name."""
    wanted = text.lower()
    return {str(item["id"]) for item in items if str(item["id"]) == text or item["name"].lower() == wanted}


def reference(value: Any) -> str | None:
    """Return the id that a field's value points to, be it an id or verbatim JSON."""
    if isinstance(value, dict):
        value = value.get("accountId", value.get("id"))
    return None if value is None else str(value)


def references(value: Any) -> list[str]:
    """Return the ids that a field's value points to, be it one, a list or nothing."""
    values = value if isinstance(value, list) else [value]
    return [found for each in values if (found := reference(each)) is not None]


def _holds_points(field: DemoField) -> bool:
    schema = field.schema or {}
    named = field.name.lower() in POINTS_NAMES and schema.get("type") == "number"
    return schema.get("custom") == POINTS_SCHEMA or named
