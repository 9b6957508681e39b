"""Which projects are tracked."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, select, update

from jira_assets.errors import InputError
from jira_assets.state.database import ROWS_AT_ONCE, StatePart
from jira_assets.state.models import ProjectRef, TrackedProject
from jira_assets.state.tables import sync_records, tracked_projects

_COLUMNS = tracked_projects.c
_NAMES = [field.name for field in fields(TrackedProject)]


class Projects(StatePart):
    """Track and untrack projects; ids say which project is meant, keys are what people type."""

    def tracked(self, *, include_inactive: bool = False) -> list[TrackedProject]:
        """List the tracked projects by key; the untracked ones that are still remembered on request."""
        with self._database.reading() as connection:
            return self._select(connection, include_inactive=include_inactive)

    def tracked_now(self, project: TrackedProject) -> TrackedProject:
        """Read a project again; one that is no longer remembered stays as it was."""
        with self._database.reading() as connection:
            found = self._select(connection, include_inactive=True, project_id=project.project_id)
        return found[0] if found else project

    def track(self, projects: Iterable[ProjectRef]) -> list[TrackedProject]:
        """Track these projects and return the newly tracked; all of them or, on error, none."""
        refs = list(projects)
        with self._database.writing() as connection:
            before = {each.project_id: each for each in self._select(connection, include_inactive=True)}
            known_keys = {p.project_key: p.project_id for p in before.values() if p.is_active}
            for ref in refs:
                _refuse_reused_key(ref, known_keys)
                self._database.upsert(
                    connection, tracked_projects, self._row(ref, before.get(ref.project_id))
                )
            after = self._select(connection)
        asked = {ref.project_id for ref in refs}
        were_active = {p.project_id for p in before.values() if p.is_active}
        return [p for p in after if p.project_id in asked - were_active]

    def untrack(self, keys: Sequence[str]) -> list[TrackedProject]:
        """Stop tracking the projects of these keys; an unknown key is an error and changes nothing."""
        with self._database.writing() as connection:
            found = _find(self._select(connection), keys)
            ids = [self._database.scope.stored(project.project_id) for project in found]
            connection.execute(
                update(tracked_projects)
                .where(_COLUMNS.project_id.in_(ids))
                .values(is_active=False, untracked_at=self._database.clock())
            )
        return found

    def find(self, keys: Sequence[str]) -> list[TrackedProject]:
        """Find the tracked projects of these keys, in their order; an unknown key is an error."""
        return _find(self.tracked(), keys)

    def rename_key(self, project_id: str, new_key: str) -> None:
        """Follow Jira, where the project of this id has a new key."""
        stored = self._database.scope.stored(project_id)
        with self._database.writing() as connection:
            for table in (tracked_projects, sync_records):
                connection.execute(
                    update(table).where(table.c.project_id == stored).values(project_key=new_key)
                )

    def choose_fields(self, project_id: str, *, story_points: str | None, sprint: str | None) -> None:
        """Set by hand the fields of story points and sprints of a project; None discovers them."""
        with self._database.writing() as connection:
            connection.execute(
                update(tracked_projects)
                .where(_COLUMNS.project_id == self._database.scope.stored(project_id))
                .values(story_points_field=story_points, sprint_field=sprint)
            )

    def _row(self, ref: ProjectRef, before: TrackedProject | None) -> dict[str, Any]:
        # A project that is tracked again keeps the fields chosen for it, since they are left out here.
        return {
            "project_id": self._database.scope.stored(ref.project_id),
            "project_key": ref.project_key,
            "name": ref.name or (before.name if before else ""),
            "is_active": True,
            "tracked_at": before.tracked_at if before and before.is_active else self._database.clock(),
            "untracked_at": None,
        }

    def _select(
        self, connection: Connection, *, include_inactive: bool = False, project_id: str | None = None
    ) -> list[TrackedProject]:
        scope = self._database.scope
        first, *others = (_COLUMNS[name] for name in _NAMES)
        query = select(scope.shown(first), *others)
        query = query.where(scope.includes(_COLUMNS.project_id))
        if not include_inactive:
            query = query.where(_COLUMNS.is_active)
        if project_id is not None:
            query = query.where(_COLUMNS.project_id == scope.stored(project_id))
        rows = connection.execute(query.order_by(_COLUMNS.project_key, _COLUMNS.project_id))
        return [TrackedProject(*row) for part in rows.partitions(ROWS_AT_ONCE) for row in part]


def _refuse_reused_key(ref: ProjectRef, known_keys: dict[str, str]) -> None:
    known = known_keys.setdefault(ref.project_key, ref.project_id)
    if known != ref.project_id:
        raise InputError(
            f"{ref.project_key} is already tracked as the project with id {known}. In Jira the key "
            f"now belongs to another project, with id {ref.project_id}.",
            f"If the old project was deleted, run `jira-assets projects untrack {ref.project_key}` "
            "and track it again.",
        )


def _find(tracked: list[TrackedProject], keys: Sequence[str]) -> list[TrackedProject]:
    by_key = {project.project_key.upper(): project for project in tracked}
    wanted = list(dict.fromkeys(key.strip().upper() for key in keys))
    unknown = [key for key in wanted if key not in by_key]
    if unknown:
        raise InputError(_not_tracked(unknown), _suggestion(unknown, sorted(by_key)), unknown=unknown)
    return [by_key[key] for key in wanted]


def _not_tracked(unknown: list[str]) -> str:
    return f"{', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} not tracked."


def _suggestion(unknown: list[str], known: list[str]) -> str:
    close = dict.fromkeys(match for key in unknown for match in difflib.get_close_matches(key, known))
    if close:
        return f"Did you mean {' or '.join(close)}? `jira-assets projects list` lists all projects."
    tracked = f"Tracked: {', '.join(known[:10])}{', …' if len(known) > 10 else ''}. " if known else ""
    return (
        f"{tracked}`jira-assets projects list` lists all projects. "
        "Track one with `jira-assets projects track KEY`."
    )
