"""Decide for a project which of its fields become columns, from what the lake knows without asking Jira."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jira_assets.jira.models import Field, FieldSchema, Ref, Scope
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import FieldMapping, Manifest
from jira_assets.lake.site_manifest import ProjectDetails
from jira_assets.lake.site_tables import read_site_table
from jira_assets.lake.sql_files import statement
from jira_assets.state import TrackedProject
from jira_assets.sync.context import SyncOptions
from jira_assets.sync.field_discovery import FieldChoice, choose_fields


@dataclass(frozen=True)
class SiteFacts:
    """What was read of the site as a whole: its fields, and the details of its projects."""

    fields: Sequence[Field] = ()
    projects: Mapping[str, ProjectDetails] = field(default_factory=dict)


def read_site_facts(lake: Lake) -> SiteFacts:
    """Read the facts back from the lake."""
    manifest = lake.site_manifest()
    rows = read_site_table(lake, manifest, "fields")
    return SiteFacts([_field(row) for row in rows], manifest.projects)


def map_fields(
    lake: Lake,
    manifest: Manifest,
    project: TrackedProject,
    facts: SiteFacts,
    options: SyncOptions,
) -> FieldMapping:
    """Choose the fields of story points and sprints; what cannot be known now stays as it was."""
    if not facts.fields:
        return manifest.mapping
    details = facts.projects.get(project.project_id)
    return choose_fields(
        facts.fields,
        project.project_id,
        is_team_managed=bool(details and details.is_team_managed),
        estimated_with=details.estimated_with if details else (),
        values=lambda: count_numbers(lake, manifest),
        by_hand=_by_hand(project, options),
    )


def _by_hand(project: TrackedProject, options: SyncOptions) -> FieldChoice:
    """Take what is set for the project, else what is set for the site."""
    return FieldChoice(
        project.story_points_field or options.by_hand.story_points_field,
        project.sprint_field or options.by_hand.sprint_field,
    )


def count_numbers(lake: Lake, manifest: Manifest) -> dict[str, int]:
    """Count the numbers each custom field holds in the issues derived last; none before the first time."""
    file = manifest.derived_file("jira_issue_fields")
    if file is None or not file.rows:
        return {}
    query = statement("sync/count_numbers", file=lake.path(file.path))
    return dict(lake.engine.execute(query).fetchall())


def _field(row: dict[str, str | None]) -> Field:
    project_id = row["project_id"]
    return Field(
        id=row["field_id"] or "",
        name=row["field_name"] or "",
        custom=bool(row["is_custom"]),
        schema=FieldSchema(type=row["schema_type"], custom=row["schema_custom"]),
        scope=Scope(project=Ref(id=project_id)) if project_id else None,
    )
