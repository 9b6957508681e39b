"""Find what separates the last warehouse from one of today, by what it says of itself."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jira_assets.lake.derived_state import GROUP, added_since
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, RawFile
from jira_assets.lake.sql_files import literal, literals, statement
from jira_assets.qualified import split

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

MOST = 0.5
"""Above this share of the issues, building everything is as quick."""

LEAST_ISSUES = 2_000
"""All rows of a smaller project are made as quickly, whatever its issues have in common."""

MOST_ISSUES = 250_000
"""Where projects of more issues changed, building everything needs less memory: it is done in parts."""


@dataclass(frozen=True)
class Changes:
    """The projects that the last warehouse shows otherwise."""

    added: Mapping[str, Sequence[RawFile] | None]
    """Their new raw files; None where any row of the project may be another one."""
    issues: Mapping[str, int]
    """How many issues each project has, changed or not."""
    contexts: Mapping[str, str]
    """What `contexts` returned when the last warehouse was made."""

    @property
    def projects(self) -> list[str]:
        """The projects that changed."""
        return list(self.added)

    @property
    def whole(self) -> set[str]:
        """Those of them of which any row may be another one."""
        return {project for project, files in self.added.items() if files is None}

    def with_whole(self, projects: Collection[str]) -> Changes:
        """Return the same changes, with any row of these projects."""
        return replace(self, added={**self.added, **dict.fromkeys(projects)})

    def unless_most(self) -> Changes | None:
        """Return the same changes; None where so many issues are touched that everything is built."""
        touched = sum(
            self.issues[project] if files is None else sum(file.rows for file in files)
            for project, files in self.added.items()
        )
        return self if touched <= MOST * max(sum(self.issues.values()), 1) else None

    def observed(self, lake: Lake) -> str:
        """Return in SQL the ids of the issues that the new raw files have observations of."""
        by_site: dict[str, list[str]] = defaultdict(list)
        for project, files in self.added.items():
            by_site[split(project)[0]] += [file.path for file in files or ()]
        parts = [
            f"select {literal(prefix)} || jira_id as jira_id from read_parquet([{listed}], "
            "hive_partitioning = false)"
            for prefix, files in by_site.items()
            if (listed := ", ".join(map(literal, lake.paths(files))))
        ]
        return " union ".join(parts) or "select null::varchar as jira_id where false"


def derived_versions(manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return by project from what the tables of its issues were derived, condensed."""
    return {
        manifest.project_id: group.fingerprint
        for manifest in manifests
        if (group := manifest.derived.get(GROUP)) is not None
    }


def find_changes(
    lake: Lake,
    manifests: Sequence[Manifest],
    extra_fields: Sequence[str],
    now: Mapping[str, str],
    issues: Mapping[str, int],
    before: Mapping[str, str],
) -> Changes | None:
    """Return what changed since the warehouse that says `before` of itself; None when that is too much.

    `now` has the digests of the projects of these manifests, and `issues` how many each of them has.
    """
    known = json.loads(before["projects"])
    if not known or known.keys() != now.keys():
        return None
    changed = [manifest for manifest in manifests if known[manifest.project_id] != now[manifest.project_id]]
    if sum(issues[manifest.project_id] for manifest in changed) > MOST_ISSUES:
        return None
    derived = json.loads(before["derived"])
    added = {
        manifest.project_id: (
            _added(lake, manifest, extra_fields, derived.get(manifest.project_id))
            if issues[manifest.project_id] >= LEAST_ISSUES
            else None
        )
        for manifest in changed
    }
    return Changes(added, issues, json.loads(before["contexts"])).unless_most()


def _added(
    lake: Lake, manifest: Manifest, extra_fields: Sequence[str], known: str | None
) -> Sequence[RawFile] | None:
    """Return the new raw files of a project; None when something else changed, too."""
    prefix, own_id = split(manifest.project_id)
    own = lake.of(prefix).readable_manifest(own_id) if prefix else manifest  # its ids are not qualified
    if known is None or own is None or len(own.raw) != len(manifest.raw):
        return None
    added = added_since(own, extra_fields, known)
    if added is None:
        return None
    files = manifest.raw[len(manifest.raw) - len(added) :]
    return None if damage_in(lake, files, "content") else files


def contexts(
    engine: duckdb.DuckDBPyConnection, projects: Collection[str], *, of_untouched: bool = False
) -> dict[str, str]:
    """Return by project a digest of what its issues have in common, or what those do that are not touched."""
    heard = statement("warehouse/incremental/heard_of_untouched") if of_untouched else "from heard_fields"
    text = statement("warehouse/incremental/contexts", projects=literals(projects), heard=f"({heard})")
    return dict(engine.execute(text).fetchall())
