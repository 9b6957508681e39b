"""Find the fields that hold a project's story points, sprints and teams, whatever the site calls them.

Several story-point candidates: the field a board estimates with, where it is readable; else the field of
team-managed projects in a team-managed project; else the candidate with most values in the project. They are
never summed. A choice made by hand comes before all of this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jira_assets.jira.models import Field, FieldSchema, Ref, Scope
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import FieldMapping, Manifest
from jira_assets.lake.site_manifest import ProjectDetails
from jira_assets.lake.site_tables import read_site_table
from jira_assets.lake.sql_files import statement
from jira_assets.state import TrackedProject

SPRINT_TYPE = "com.pyxis.greenhopper.jira:gh-sprint"
TEAM_MANAGED_POINTS_TYPE = "com.pyxis.greenhopper.jira:jsw-story-points"
TEAM_TYPES = (
    "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team",
    "com.atlassian.teams:rm-teams-custom-field-team",
    "com.atlassian.jpo:jpo-custom-field-team",
)
"""Atlassian's Team field, and those that Advanced Roadmaps and Portfolio left: a site may have several."""
NUMBER_TYPE = "com.atlassian.jira.plugin.system.customfieldtypes:float"
POINTS_NAMES = frozenset({"story points", "story point estimate"})


@dataclass(frozen=True)
class FieldChoice:
    """What a person set for a project; None leaves the choice to discovery."""

    story_points_field: str | None = None
    sprint_field: str | None = None
    team_field: str | None = None


@dataclass(frozen=True)
class SiteFacts:
    """What was read of the site as a whole: its fields, and the details of its projects."""

    fields: Sequence[Field] = ()
    projects: Mapping[str, ProjectDetails] = field(default_factory=dict)


def read_site_facts(lake: Lake) -> SiteFacts:
    """Read the facts back from the lake."""
    manifest = lake.site_manifest()
    return SiteFacts(fields_of(read_site_table(lake, manifest, "fields")), manifest.projects)


def fields_of(rows: Iterable[Mapping[str, Any]]) -> list[Field]:
    """Return the fields that rows of the table `fields` describe."""
    return [_field(row) for row in rows]


def map_fields(
    lake: Lake,
    manifest: Manifest,
    project: TrackedProject,
    facts: SiteFacts,
    by_hand: FieldChoice,
) -> FieldMapping:
    """Choose the fields of story points, sprints and teams; what cannot be known now stays as it was.

    What a person set for the project counts before what is set `by_hand` for the site.
    """
    if not facts.fields:
        return manifest.mapping
    details = facts.projects.get(project.project_id)
    return choose_fields(
        facts.fields,
        project.project_id,
        is_team_managed=bool(details and details.is_team_managed),
        estimated_with=details.estimated_with if details else (),
        values=lambda: count_numbers(lake, manifest),
        by_hand=FieldChoice(
            project.story_points_field or by_hand.story_points_field,
            project.sprint_field or by_hand.sprint_field,
            by_hand.team_field,
        ),
    )


def choose_fields(
    fields: Sequence[Field],
    project_id: str,
    *,
    is_team_managed: bool,
    estimated_with: Sequence[str],
    values: Callable[[], Mapping[str, int]],
    by_hand: FieldChoice,
) -> FieldMapping:
    """Choose by the fields there are, what boards estimate with, and how often each candidate is set.

    `values` counts that, and is asked only when the rest leaves several candidates.
    """
    visible = [field for field in fields if field.scope_project_id in (None, project_id)]
    candidates = story_point_candidates(visible, estimated_with)
    chosen, chosen_by = _choose(candidates, visible, is_team_managed, estimated_with, values)
    if by_hand.story_points_field:
        chosen, chosen_by = by_hand.story_points_field, "set by hand"
    sprints = sorted(
        (field for field in visible if type_of(field) == SPRINT_TYPE),
        key=lambda field: (field.scope_project_id is None, _number(field.id)),
    )
    sprint_field = by_hand.sprint_field or (sprints[0].id if sprints else None)
    team_fields = (by_hand.team_field,) if by_hand.team_field else team_fields_of(visible)
    return FieldMapping(chosen, sprint_field, chosen_by, tuple(candidates), team_fields)


def team_fields_of(visible: Sequence[Field]) -> tuple[str, ...]:
    """List the Team fields: those of the project before those of the site, and the newer type first."""
    found = [field for field in visible if type_of(field) in TEAM_TYPES]
    found.sort(
        key=lambda field: (
            field.scope_project_id is None,
            TEAM_TYPES.index(type_of(field) or ""),
            _number(field.id),
        )
    )
    return tuple(field.id for field in found)


def count_numbers(lake: Lake, manifest: Manifest) -> dict[str, int]:
    """Count the numbers each custom field holds in the issues derived last; none before the first time."""
    file = manifest.derived_file("jira_issue_fields")
    if file is None or not file.rows:
        return {}
    query = statement("sync/count_numbers", file=lake.path(file.path))
    return dict(lake.engine.execute(query).fetchall())


def story_point_candidates(visible: Sequence[Field], estimated_with: Sequence[str]) -> list[str]:
    """List the fields that may hold story points, in a stable order."""
    ids = {field.id for field in visible if _may_hold_points(field) or field.id in estimated_with}
    return sorted(ids, key=_number)


def type_of(field: Field) -> str | None:
    """Return the kind of a custom field, which is the same in every language."""
    return field.schema.custom if field.schema else None


def _choose(
    candidates: Sequence[str],
    visible: Sequence[Field],
    is_team_managed: bool,
    estimated_with: Sequence[str],
    values: Callable[[], Mapping[str, int]],
) -> tuple[str | None, str]:
    if not candidates:
        return None, "no candidate"
    on_boards = [field_id for field_id in estimated_with if field_id in candidates]
    if on_boards:
        # Boards of one project may disagree; then the field that holds more values decides among them.
        return _fullest(on_boards, values), "board estimation"
    if is_team_managed:
        own = [f.id for f in visible if f.id in candidates and type_of(f) == TEAM_MANAGED_POINTS_TYPE]
        if own:
            return _fullest(own, values), "team-managed project"
    if len(candidates) == 1:
        return candidates[0], "only candidate"
    return _fullest(candidates, values), "most values"


def _fullest(candidates: Sequence[str], values: Callable[[], Mapping[str, int]]) -> str:
    if len(candidates) == 1:
        return candidates[0]
    counts = values()
    return max(candidates, key=lambda field_id: (counts.get(field_id, 0), -_number(field_id)))


def _may_hold_points(field: Field) -> bool:
    if type_of(field) == TEAM_MANAGED_POINTS_TYPE:
        return True
    return type_of(field) == NUMBER_TYPE and " ".join(field.name.casefold().split()) in POINTS_NAMES


def _number(field_id: str) -> int:
    digits = field_id.rpartition("_")[2]
    return int(digits) if digits.isdigit() else 0


def _field(row: Mapping[str, Any]) -> Field:
    project_id = row["project_id"]
    return Field(
        id=row["field_id"] or "",
        name=row["field_name"] or "",
        custom=bool(row["is_custom"]),
        schema=FieldSchema(type=row["schema_type"], custom=row["schema_custom"]),
        scope=Scope(project=Ref(id=project_id)) if project_id else None,
    )
