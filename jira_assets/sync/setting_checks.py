"""Say which settings have no effect, such as names that match nothing on the site."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from typing import Any

from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice
from jira_assets.lake.site_tables import read_site_table
from jira_assets.lake.sql_files import statement
from jira_assets.qualified import qualify_field, split
from jira_assets.settings.load import Settings
from jira_assets.settings.per_project import UNDELIVERED_RESOLUTIONS, ByProject
from jira_assets.settings.table import SETTINGS
from jira_assets.state import TrackedProject

PART = "setting "
_ENV = {setting.name: setting.env for setting in SETTINGS}
_NOT_LISTED = ("comment", "worklog", "attachment")
"""Fields that a site may leave out of its list, and has all the same."""
_NO_STATUS = "no status has that id or name, currently or in any history"
BY_PROJECT = (
    "hierarchy_levels",
    "undelivered_resolutions",
    "active_statuses",
    "blocked_statuses",
    "status_categories",
    "entities",
    "entity_bodies",
)


@dataclass
class KnownNames:
    """What the sites and the issues of the tracked projects know, read when it is first needed.

    `lake` and `tracked` are those of the home; ids and keys are qualified.
    """

    lake: Lake
    tracked: Sequence[TrackedProject]
    _tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def table(self, name: str) -> list[dict[str, Any]]:
        """Read a table of all sites, once."""
        if name not in self._tables:
            rows = []
            for prefix in ("", *self.lake.folders):
                lake = self.lake.of(prefix)
                rows += [_qualified(row, prefix) for row in read_site_table(lake, lake.site_manifest(), name)]
            self._tables[name] = rows
        return self._tables[name]

    @cached_property
    def in_issues(self) -> Mapping[str, set[str]]:
        """The statuses, resolutions and levels that issues have or had, by kind."""
        found: dict[str, set[str]] = {"status": set(), "resolution": set(), "level": set()}
        files = [self._files(project.project_id) for project in self.tracked]
        issues = [pair[0] for pair in files if pair]
        changes = [pair[1] for pair in files if pair]
        if issues:
            query = statement("sync/values_in_use", issues=issues, changes=changes)
            for kind, value in self.lake.engine.execute(query).fetchall():
                found[kind].add(value)
        return found

    def _files(self, project_id: str) -> tuple[Any, Any] | None:
        manifest = self.lake.readable_manifest(project_id)
        tables = [
            manifest.derived_file(name) if manifest else None
            for name in ("jira_issues", "jira_issue_changes")
        ]
        issues, changes = (self.lake.path(table.path) if table else None for table in tables)
        return (issues, changes) if issues and changes else None


def _qualified(row: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return a row with the ids and keys that settings name, as people write them."""
    changed: dict[str, Any] = {
        name: prefix + row[name] for name in ("project_key", "status_id") if row.get(name) is not None
    }
    if row.get("former_keys"):
        changed["former_keys"] = [prefix + key for key in row["former_keys"]]
    if row.get("field_id"):
        changed["field_id"] = qualify_field(prefix, row["field_id"])
    return {**row, **changed} if prefix else row


def unmatched_settings(known: KnownNames, settings: Settings, now: datetime) -> Iterator[Notice]:
    """Go through all settings that name something of the site."""
    yield from _fields(known, settings, now)
    yield from _chosen_fields(known, now)
    yield from _project_keys(known, settings, now)
    yield from _values(known, settings, now)
    yield from _alerts(settings, now)


def _fields(known: KnownNames, settings: Settings, now: datetime) -> Iterator[Notice]:
    ids = {str(row["field_id"]): str(row["field_name"]) for row in known.table("fields")}
    if not ids:  # the list was never readable: nothing can be said
        return
    of_first = {field_id for field_id in ids if not split(field_id)[0]}
    wanted = {
        "extra_fields": (settings.extra_fields, {*ids, *ids.values(), *_NOT_LISTED}),
        "excluded_fields": (settings.excluded_fields, {*ids, *_NOT_LISTED}),
        "story_points_field": ([settings.story_points_field or ""], of_first),
        "sprint_field": ([settings.sprint_field or ""], of_first),
        "team_field": ([settings.team_field or ""], of_first),
    }
    by_name = {name.casefold(): field_id for field_id, name in ids.items()}
    for setting, (names, allowed) in wanted.items():
        unknown = _unknown(filter(None, names), allowed)
        hints = [
            f"{name} is the name of {by_name[name.casefold()]}."
            for name in unknown
            if name.casefold() in by_name
        ]
        if unknown:
            yield _notice(
                setting, "no field of the site has that id or name", unknown, allowed, now, " ".join(hints)
            )


def _chosen_fields(known: KnownNames, now: datetime) -> Iterator[Notice]:
    """Find the fields that were chosen by hand for a project and are gone since."""
    ids = {row["field_id"] for row in known.table("fields")}
    for project in known.tracked if ids else ():
        gone = [
            each
            for each in (project.story_points_field, project.sprint_field)
            if each and qualify_field(split(project.project_id)[0], each) not in ids
        ]
        if gone:
            reason = (
                f"{' and '.join(gone)}, set by hand for {project.project_key}, is not a field of the site."
            )
            instruction = f"Set it again: `jira-assets projects fields {project.project_key}`."
            yield Notice(f"{PART}fields", reason, instruction, now, project.project_id)


def _project_keys(known: KnownNames, settings: Settings, now: datetime) -> Iterator[Notice]:
    rows = known.table("projects")
    keys = {*(str(row["project_key"]) for row in rows), *(each.project_key for each in known.tracked)}
    renamed = {old: row["project_key"] for row in rows for old in row["former_keys"] or ()}
    for setting in BY_PROJECT:
        values: ByProject[Any] = getattr(settings, setting)
        unknown = _unknown(values.projects, keys)
        hints = [f"{key} was renamed to {renamed[key]}." for key in unknown if key in renamed]
        if unknown and rows:
            yield _notice(setting, "no project of the site has that key", unknown, keys, now, " ".join(hints))


def _values(known: KnownNames, settings: Settings, now: datetime) -> Iterator[Notice]:
    wanted: dict[str, tuple[str, str, Callable[[Any], str]]] = {
        "active_statuses": ("status", _NO_STATUS, str),
        "blocked_statuses": ("status", _NO_STATUS, str),
        "status_categories": ("status", _NO_STATUS, lambda pair: str(pair[0])),
        "undelivered_resolutions": ("resolution", "no issue has or had that resolution", str),
        "hierarchy_levels": ("level", "no issue has that level", str),
    }
    for setting, (kind, missing, name_of) in wanted.items():
        if settings.source(setting) == "default":
            continue
        values: ByProject[Any] = getattr(settings, setting)
        names = [name_of(value) for part in (values.site, *values.projects.values()) for value in part]
        names = [name for name in names if name not in UNDELIVERED_RESOLUTIONS]  # usual, in use or not
        site = {str(row[column]) for row in known.table("statuses") for column in ("status", "status_id")}
        allowed = site if kind == "status" else set()
        unknown = _unknown(names, allowed) if allowed else list(dict.fromkeys(names))
        if unknown and known.in_issues["status"]:  # else no issue was read yet
            allowed = allowed | known.in_issues[kind]
            unknown = _unknown(unknown, allowed)
            if unknown:
                yield _notice(setting, missing, unknown, allowed, now)


def _alerts(settings: Settings, now: datetime) -> Iterator[Notice]:
    if settings.alert_urls and find_spec("apprise") is None:
        yield Notice(
            f"{PART}{_ENV['alert_urls']}",
            "The package apprise is not installed: no alert is sent.",
            "Install it where jira-assets runs: `python -m pip install apprise`.",
            now,
        )


def _unknown(names: Iterable[str], known: Collection[str]) -> list[str]:
    folded = {name.casefold() for name in known}
    return [name for name in dict.fromkeys(names) if name.casefold() not in folded]


def _notice(
    setting: str, missing: str, unknown: Sequence[str], known: Collection[str], now: datetime, hint: str = ""
) -> Notice:
    env = _ENV[setting]
    named = ", ".join(f"“{name}”" for name in unknown)
    close = {match for name in unknown for match in difflib.get_close_matches(name, known, 1, 0.7)}
    guess = f"Did you mean {' or '.join(sorted(close))}?" if close and not hint else hint
    repair = f"{guess} The entry has no effect. Correct or remove it (`jira-assets config`).".strip()
    return Notice(f"{PART}{env}", f"{named} matches nothing: {missing}.", repair, now)
