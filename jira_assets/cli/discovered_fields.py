"""Which fields of a project hold story points, sprints and teams, and why: by hand, or as last found."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import FieldMapping, Manifest
from jira_assets.qualified import split
from jira_assets.settings.load import Settings
from jira_assets.state import TrackedProject
from jira_assets.sync.field_discovery import count_numbers, read_site_facts

NOT_READ = "the project has not been read yet"
REASONS = {
    "board estimation": "a board of the project uses it for estimation",
    "team-managed project": "the estimate field of team-managed projects",
    "only candidate": "the only candidate",
    "most values": "the candidate with the most values",
    "no candidate": "no number field is named Story Points or Story point estimate, and no board uses one",
    "set by hand": "set by hand",
    "": NOT_READ,
}
"""What the manifest says of the choice, in words."""


@dataclass(frozen=True)
class FieldInUse:
    """What a field is used for; `field_id` is None where there is none."""

    use: str
    field_id: str | None
    name: str | None
    why: str


@dataclass(frozen=True)
class Candidate:
    """A field that may hold story points, and how many issues have a number in it."""

    field_id: str
    name: str | None
    issues: int


@dataclass(frozen=True)
class Discovered:
    """The fields of a project; `is_current` unless a choice by hand is not in the tables yet."""

    fields: tuple[FieldInUse, ...]
    candidates: tuple[Candidate, ...]
    was_read: bool
    is_current: bool


def read_discovered(settings: Settings, home: Lake, project: TrackedProject) -> Discovered:
    """Read from the lake what was chosen, and from the state what a person set; Jira is not asked."""
    prefix, own_id = split(project.project_id)
    lake = home.of(prefix)
    manifest = lake.manifest(own_id)
    names: Mapping[str, str] = {}
    counts: Mapping[str, int] = {}
    if manifest is not None:
        with closing(home):
            names = {field.id: field.name for field in read_site_facts(lake).fields}
            counts = count_numbers(lake, manifest)
    was_read = manifest is not None and manifest.watermark is not None
    mapping = (manifest or Manifest(project.project_id, project.project_key)).mapping
    points = _points(settings, project, mapping, was_read=was_read)
    sprint = _sprint(settings, project, mapping, was_read=was_read)
    return Discovered(
        tuple(
            _named(field, names) for field in (points, sprint, *_teams(settings, mapping, was_read=was_read))
        ),
        tuple(Candidate(each, names.get(each), counts.get(each, 0)) for each in mapping.candidates),
        was_read,
        not was_read
        or (
            (points.field_id, sprint.field_id) == (mapping.story_points_field, mapping.sprint_field)
            and settings.team_field in (None, *mapping.team_fields)
        ),
    )


def _points(
    settings: Settings, project: TrackedProject, mapping: FieldMapping, *, was_read: bool
) -> FieldInUse:
    by_hand = _by_hand(
        project.story_points_field, settings.story_points_field, "JIRA_ASSETS_STORY_POINTS_FIELD"
    )
    if by_hand is not None:
        return FieldInUse("story points", *by_hand)
    why = REASONS.get(mapping.chosen_by, mapping.chosen_by) if was_read else NOT_READ
    return FieldInUse("story points", mapping.story_points_field, None, why)


def _sprint(
    settings: Settings, project: TrackedProject, mapping: FieldMapping, *, was_read: bool
) -> FieldInUse:
    by_hand = _by_hand(project.sprint_field, settings.sprint_field, "JIRA_ASSETS_SPRINT_FIELD")
    if by_hand is not None:
        return FieldInUse("sprint", *by_hand)
    found = "a sprint field of Jira Software" if mapping.sprint_field else "the site has no sprint field"
    return FieldInUse("sprint", mapping.sprint_field, None, found if was_read else NOT_READ)


def _teams(settings: Settings, mapping: FieldMapping, *, was_read: bool) -> list[FieldInUse]:
    by_hand = _by_hand(None, settings.team_field, "JIRA_ASSETS_TEAM_FIELD")
    if by_hand is not None:
        return [FieldInUse("team", *by_hand)]
    if not mapping.team_fields:
        return [FieldInUse("team", None, None, "the site has no Team field" if was_read else NOT_READ)]
    return [
        FieldInUse("team", field_id, None, "a Team field of Atlassian") for field_id in mapping.team_fields
    ]


def _by_hand(own: str | None, of_site: str | None, setting: str) -> tuple[str, None, str] | None:
    if own:
        return own, None, "set by hand for this project"
    return (of_site, None, f"set for the site by {setting}") if of_site else None


def _named(field: FieldInUse, names: Mapping[str, str]) -> FieldInUse:
    return replace(field, name=names.get(field.field_id or ""))
