"""Tell which of the versions that Jira names are not in the lake."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import msgspec

from jira_assets.jira.answers import IssueHead
from jira_assets.warehouse.comparison import Comparison
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.manifest import Manifest, RawFile


def lacking_versions(
    engine: duckdb.DuckDBPyConnection, lake: Lake, project_id: str, heads: Sequence[IssueHead]
) -> list[IssueHead]:
    """Look the versions up in those raw files only that can hold them: this is asked at every tick."""
    manifest = lake.manifest(project_id) or Manifest(project_id, "")
    recent = msgspec.structs.replace(manifest, raw=[file for file in manifest.raw if _may_hold(file, heads)])
    lacking = {issue.jira_id for issue in Comparison(engine, lake, recent).add(heads)}
    return [head for head in heads if head.id in lacking]


def _may_hold(file: RawFile, heads: Sequence[IssueHead]) -> bool:
    times = [head.updated for head in heads if head.updated is not None]
    return file.newest is None or not times or file.newest >= min(times)
