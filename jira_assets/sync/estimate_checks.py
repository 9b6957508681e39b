"""Say of a project that its estimates are not found, or are no numbers: velocity would else be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from jira_assets.formatting import counted
from jira_assets.jira.models import Field
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import Notice
from jira_assets.lake.sql_files import statement
from jira_assets.sync.field_discovery import NUMBER_TYPE, count_numbers, type_of

PART = "story points"
MOST_CANDIDATES = 3
_WORDS = (
    "point",
    "punkt",
    "punto",
    "ponto",
    "estim",
    "schätz",
    "effort",
    "aufwand",
    "size",
    "ポイント",
    "点",
)
_SET = (
    "Select the right field: `jira-assets projects fields KEY --story-points FIELD`, or "
    "JIRA_ASSETS_STORY_POINTS_FIELD for the whole site."
)


def estimate_notices(
    lake: Lake,
    manifest: Manifest,
    fields: Sequence[Field],
    now: datetime,
) -> Iterator[Notice]:
    """Find out what is wrong with the estimates of one project, as it is derived now."""
    issues = manifest.derived_file("jira_issues")
    if issues is None or not issues.rows or not fields:
        return
    field_id, names = manifest.mapping.story_points_field, {field.id: field.name for field in fields}
    wrong = sum(group.nulled.get("story_points", 0) for group in manifest.derived.values())
    if field_id is not None and wrong:
        name = names.get(field_id) or field_id
        reason = f"{name} ({field_id}) contains values that are not numbers in {counted(wrong, 'issue')}."
        yield Notice(PART, reason, _SET, now, manifest.project_id)
    elif field_id is None or not _estimated(lake, issues.path):
        likely = _likely(fields, manifest.project_id, count_numbers(lake, manifest), field_id)
        if not_found := _not_found(manifest, names, likely):
            yield Notice(PART, not_found, _SET, now, manifest.project_id)


def _not_found(manifest: Manifest, names: Mapping[str, str], likely: Sequence[str]) -> str | None:
    """Word it; a project without sprints that estimates nothing is as it should be."""
    sprints = manifest.derived_file("jira_issue_sprints")
    chosen = manifest.mapping.story_points_field
    has_sprints = sprints is not None and sprints.rows > 0
    if not likely and (chosen is not None or not has_sprints):
        return None
    if chosen is None:
        found = "No story-point or estimate field was found."
    else:
        name = names.get(chosen) or chosen
        found = f"Story points are read from {name} ({chosen}), which is empty."
    candidates = f" Likely candidates: {', '.join(likely)}." if likely else ""
    return found + candidates


def _likely(
    fields: Sequence[Field], project_id: str, numbers: Mapping[str, int], chosen: str | None
) -> list[str]:
    """List the fields whose name speaks of estimates and that hold numbers, the fullest first."""
    found = [
        field
        for field in fields
        if field.scope_project_id in (None, project_id)
        and field.id != chosen
        and type_of(field) == NUMBER_TYPE
        and numbers.get(field.id)
        and any(word in field.name.casefold() for word in _WORDS)
    ]
    found.sort(key=lambda field: (-numbers[field.id], field.id))
    return [f"{field.name} ({field.id})" for field in found[:MOST_CANDIDATES]]


def _estimated(lake: Lake, path: str) -> bool:
    query = statement("sync/count_estimates", file=lake.path(path))
    [(count,)] = lake.engine.execute(query).fetchall()
    return bool(count)
