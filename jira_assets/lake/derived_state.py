"""What the derived tables of a project were made from, and what of them holds after new observations came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jira_assets.lake.duckdb_engine import DATE_READERS
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import DerivedFile, Manifest, RawFile, fingerprint
from jira_assets.lake.sql_files import statements_version

GROUP = "issues"
"""The name under which a manifest keeps what is derived from its issues."""

OF_ISSUES = (
    "jira_issue_changes",
    "jira_issues",
    "jira_issue_links",
    "jira_issue_texts",
    "jira_issue_sprints",
    "jira_issue_fields",
    "jira_deleted_issues",
)
"""Derived tables of which each row depends on one issue alone."""

STATUSES = "statuses_seen"
"""A derived table to which observations add, and from which they take nothing away."""

LEAST_ISSUES = 200
"""A smaller project is derived as quickly from all of its observations."""

MOST = 0.2
"""Above this share of new observations, so is a larger one."""

_SHAPES_VERSION = 2


@dataclass(frozen=True)
class Base:
    """Derived tables that hold, but for the issues that the `added` raw files have observations of."""

    files: Mapping[str, DerivedFile]
    added: Sequence[RawFile]


def is_derived(manifest: Manifest, extra_fields: Sequence[str] = ()) -> bool:
    """Check whether the derived tables of a project are up to date."""
    present = manifest.derived.get(GROUP)
    return present is not None and present.fingerprint == derive_fingerprint(manifest, extra_fields)


def derive_fingerprint(
    manifest: Manifest, extra_fields: Sequence[str] = (), raw: Sequence[RawFile] | None = None
) -> str:
    """Condense everything that the derived tables of a project depend on; `raw` in place of its raw files."""
    return fingerprint(
        [
            [file.path for file in (manifest.raw if raw is None else raw)],
            manifest.mapping.story_points_field,
            manifest.mapping.sprint_field,
            manifest.mapping.team_fields,
            sorted(extra_fields),
            statements_version("lake/derive"),
            DATE_READERS,
            _SHAPES_VERSION,
        ]
    )


def find_base(lake: Lake, manifest: Manifest, extra_fields: Sequence[str]) -> Base | None:
    """Return the present tables of a project, if only some new raw files separate them from those to derive.

    They are read to their end, and not used when they are not as they were written.
    """
    present = manifest.derived.get(GROUP)
    issues = present.files.get("jira_issues") if present else None
    if present is None or issues is None or issues.rows < LEAST_ISSUES:
        return None
    files = {name: file for name in (*OF_ISSUES, STATUSES) if (file := present.files.get(name))}
    added = added_since(manifest, extra_fields, present.fingerprint)
    if not added or len(files) <= len(OF_ISSUES) or sum(file.rows for file in added) > MOST * issues.rows:
        return None
    last = max(file.asked_at for file in manifest.raw[: -len(added)])
    if any(file.asked_at < last for file in added):
        return None  # our clock was set back: the newest name of a status is found by that time
    return None if damage_in(lake, files.values(), "content") else Base(files, added)


def added_since(manifest: Manifest, extra_fields: Sequence[str], known: str) -> Sequence[RawFile] | None:
    """Return the raw files that came after those of a fingerprint; None when other things changed, too."""
    for count in range(len(manifest.raw), 0, -1):
        if derive_fingerprint(manifest, extra_fields, manifest.raw[:count]) == known:
            return manifest.raw[count:]
    return None
