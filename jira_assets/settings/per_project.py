"""Settings that may differ from project to project: `Won't Do, Duplicate; PAY: Rejected, Won't Do`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, TypeVar

Value = TypeVar("Value")
Other = TypeVar("Other")

UNDELIVERED_RESOLUTIONS = (
    "Won't Do",
    "Won't Fix",
    "Duplicate",
    "Cannot Reproduce",
    "Obsolete",
    "Declined",
    "Invalid",
    "Incomplete",
    "Rejected",
    "Abandoned",
)
"""What closes an issue without its being delivered, unless someone says otherwise."""

ENTITIES = ("comments", "worklogs", "attachments", "remote_links")
"""What belongs to issues, has ids of its own, and is read only when someone asks for it."""
WITH_BODIES = ("comments", "worklogs")

_PROJECT = re.compile(r"\s*((?:[a-z][a-z0-9-]*:)?[A-Za-z][A-Za-z0-9_]+)\s*:(.*)", re.DOTALL)
"""The key of a project, with the short name of its site if that is a further one, and what holds for it."""
_CATEGORIES = {
    "new": "new",
    "to do": "new",
    "indeterminate": "indeterminate",
    "in progress": "indeterminate",
    "done": "done",
}


@dataclass(frozen=True)
class ByProject(Generic[Value]):
    """Values for the whole site, and for the projects that have their own, by key."""

    site: tuple[Value, ...] = ()
    projects: Mapping[str, tuple[Value, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, project_key: str) -> tuple[Value, ...]:
        """Return what holds for a project."""
        return self.projects.get(project_key.upper(), self.site)

    def is_named(self, project_key: str) -> bool:
        """Return whether a project has values of its own, be it none."""
        return project_key.upper() in self.projects

    def __bool__(self) -> bool:
        """Return whether there is any value, of the site or of a project."""
        return bool(self.site) or any(self.projects.values())

    def map(self, read: Callable[[Value], Other]) -> ByProject[Other]:
        """Turn every value into another."""
        projects = {key: tuple(map(read, values)) for key, values in self.projects.items()}
        return ByProject(tuple(map(read, self.site)), MappingProxyType(projects))

    def __str__(self) -> str:
        """Write it the way it is set."""
        own = [f"{key}: {_listed(values)}" for key, values in self.projects.items()]
        return "; ".join([_listed(self.site), *own] if self.site else own)


def read_names_by_project(text: str) -> ByProject[str]:
    """Read names separated by commas; after a semicolon, those of a project with a key and a colon before."""
    site: tuple[str, ...] = ()
    projects: dict[str, tuple[str, ...]] = {}
    for place, part in enumerate(text.split(";")):
        project = _PROJECT.fullmatch(part)
        if project:
            projects[project[1].upper()] = _names(project[2])
        elif place == 0:
            site = _names(part)
        elif part.strip():
            raise ValueError("contains no project key after a semicolon; the format is: A, B; PAY: C, D")
    return ByProject(site, MappingProxyType(projects))


def read_levels_by_project(text: str) -> ByProject[int]:
    """Read hierarchy levels; a project may have its own."""
    names = read_names_by_project(text)
    if not all(re.fullmatch(r"-?[0-9]{1,3}", name) for values in _all(names) for name in values):
        raise ValueError("is not a list of hierarchy levels such as 0 or 0, 1; PAY: 0, -1")
    return names.map(int)


def read_entities_by_project(text: str) -> ByProject[str]:
    """Read what belongs to issues and is to be read; a project may have its own list, be it none."""
    return _read_some_of(ENTITIES, text)


def read_bodies_by_project(text: str) -> ByProject[str]:
    """Read of what the text is to be kept."""
    return _read_some_of(WITH_BODIES, text)


def _read_some_of(known: tuple[str, ...], text: str) -> ByProject[str]:
    names = read_names_by_project(text).map(_entity_name)
    if not all(name in known for values in _all(names) for name in values):
        raise ValueError(
            f"is not a list of {', '.join(known)}, such as {known[0]}; PAY: {', '.join(known[:2])}"
        )
    return names


def _entity_name(text: str) -> str:
    return "_".join(text.lower().replace("-", " ").split())


def read_categories_by_project(text: str) -> ByProject[tuple[str, str]]:
    """Read statuses and the category each of them is put into; a project may have its own."""
    return read_names_by_project(text).map(_category)


def _category(text: str) -> tuple[str, str]:
    status, _, category = (part.strip() for part in text.rpartition("="))
    if not status or category.lower() not in _CATEGORIES:
        raise ValueError(
            "does not have the format In Review = done; the category is to do, in progress or done"
        )
    return status, _CATEGORIES[category.lower()]


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _all(names: ByProject[str]) -> list[tuple[str, ...]]:
    return [names.site, *names.projects.values()]


def _listed(values: tuple[object, ...]) -> str:
    return ",".join(" = ".join(value) if isinstance(value, tuple) else str(value) for value in values)
