"""Tell which version of an issue the lake has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb
import msgspec

from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.manifest import Manifest
from jira_assets.warehouse.statements import statement


class KnownVersion(msgspec.Struct, frozen=True):
    """The version of an issue that stands in the lake."""

    jira_id: str
    jira_key: str
    updated_at: datetime | None
    is_tombstone: bool


def known_versions(
    engine: duckdb.DuckDBPyConnection, lake: Lake, manifest: Manifest, ids: Sequence[str]
) -> dict[str, KnownVersion]:
    """Look up the versions of these issues; those the lake never saw are missing from the answer."""
    if not manifest.raw:
        return {}
    files = [lake.path(file.path) for file in manifest.raw]
    rows = engine.execute(statement("known_versions", files=files), {"ids": list(ids)}).fetchall()
    return {
        jira_id: KnownVersion(jira_id, jira_key, updated and updated.replace(tzinfo=UTC), is_tombstone)
        for jira_id, jira_key, updated, is_tombstone in rows
    }
