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

    projects: Sequence[str]
    whole: frozenset[str]
    """Those of them of which the rows of any issue may be others."""
    added: Mapping[str, Sequence[str]]
    """New raw files of the other ones, by the prefix of their site."""
    contexts: Mapping[str, str]
    """What `contexts` returned when the last warehouse was made."""

    def with_whole(self, projects: Collection[str], issues: Mapping[str, int]) -> Changes | None:
        """Return the same changes, with any row of these projects; None when that is too much."""
        whole = self.whole.union(projects)
        if sum(issues[project] for project in whole) > MOST * sum(issues.values()):
            return None
        return replace(self, whole=whole)

    def observed(self, lake: Lake) -> str:
        """Return in SQL the ids of the issues that the new raw files have observations of."""
        parts = [
            f"select {literal(prefix)} || jira_id as jira_id from read_parquet([{listed}], "
            "hive_partitioning = false)"
            for prefix, files in self.added.items()
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
    before: Mapping[str, str],
) -> Changes | None:
    """Return what changed since the warehouse that says `before` of itself; None when that is too much.

    `now` has the digests of the projects of these manifests.
    """
    known = json.loads(before["projects"])
    if not known or known.keys() != now.keys():
        return None
    changed = [manifest for manifest in manifests if known[manifest.project_id] != now[manifest.project_id]]
    if sum(map(issues_in, changed)) > MOST_ISSUES:
        return None
    derived = json.loads(before["derived"])
    added = {
        manifest.project_id: _added(lake, manifest, extra_fields, derived.get(manifest.project_id))
        for manifest in changed
    }
    touched = sum(
        issues_in(manifest)
        if (files := added[manifest.project_id]) is None
        else sum(file.rows for file in files)
        for manifest in changed
    )
    if touched > MOST * max(sum(map(issues_in, manifests)), 1):
        return None
    by_site: dict[str, list[str]] = defaultdict(list)
    for project, files in added.items():
        by_site[split(project)[0]] += [file.path for file in files or ()]
    return Changes(
        list(added),
        frozenset(project for project, files in added.items() if files is None),
        by_site,
        json.loads(before["contexts"]),
    )


def issues_in(manifest: Manifest) -> int:
    """Return how many issues a project has."""
    file = manifest.derived_file("jira_issues")
    return file.rows if file else 0


def _added(
    lake: Lake, manifest: Manifest, extra_fields: Sequence[str], known: str | None
) -> Sequence[RawFile] | None:
    """Return the new raw files of a project; None when something else changed, too, or it is small."""
    if issues_in(manifest) < LEAST_ISSUES:
        return None
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
