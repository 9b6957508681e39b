"""Tell which of the versions that Jira names are not in the lake."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import msgspec

from jira_assets.jira.answers import IssueHead
from jira_assets.sync.damage import SIGNS
from jira_assets.warehouse.comparison import Comparison
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.manifest import Manifest, RawFile

_found: dict[tuple[str, str], tuple[Sequence[RawFile], set[IssueHead]]] = {}
"""Versions that were found in a project's raw files: while the files are the same, so is the answer. The
sensor asks about the same few again and again."""


def lacking_versions(
    engine: duckdb.DuckDBPyConnection, lake: Lake, project_id: str, heads: Sequence[IssueHead]
) -> list[IssueHead]:
    """Look the versions up in those raw files only that can hold them: this is asked at every tick."""
    manifest = lake.readable_manifest(project_id) or Manifest(project_id, "")
    place = (str(lake.root), project_id)
    files, present = _found.get(place, ([], set()))
    if files != manifest.raw:
        present = set()
    asked = [head for head in heads if head not in present]
    lacking = _compare(engine, lake, manifest, asked) if asked else []
    _found[place] = (manifest.raw, present.union(asked).difference(lacking))
    return lacking


def _compare(
    engine: duckdb.DuckDBPyConnection, lake: Lake, manifest: Manifest, heads: Sequence[IssueHead]
) -> list[IssueHead]:
    recent = msgspec.structs.replace(manifest, raw=[file for file in manifest.raw if _may_hold(file, heads)])
    try:
        lacking = {issue.jira_id for issue in Comparison(engine, lake, recent).add(heads)}
    except SIGNS:
        return list(heads)  # a file is damaged: the sync that this makes due reports it
    return [head for head in heads if head.id in lacking]


def _may_hold(file: RawFile, heads: Sequence[IssueHead]) -> bool:
    times = [head.updated for head in heads if head.updated is not None]
    return file.newest is None or not times or file.newest >= min(times)
