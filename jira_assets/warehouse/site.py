"""The tables about the site as a whole: projects, people, sprints, statuses, fields, versions, components.

They change without any issue's `updated` changing, so they are read on their own and joined when publishing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb
import msgspec

from jira_assets.warehouse.files import new_file
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.manifest import SiteTable
from jira_assets.warehouse.statements import literal

SITE_TABLES: Mapping[str, Mapping[str, str]] = {
    "projects": {
        "project_id": "varchar",
        "project_key": "varchar",
        "name": "varchar",
        "project_type": "varchar",
        "style": "varchar",
        "is_archived": "boolean",
    },
    "users": {
        "account_id": "varchar",
        "display_name": "varchar",
        "email": "varchar",
        "account_type": "varchar",
        "is_active": "boolean",
        "time_zone": "varchar",
    },
    "sprints": {
        "sprint_id": "varchar",
        "sprint_name": "varchar",
        "state": "varchar",
        "board_id": "varchar",
        "goal": "varchar",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "completed_at": "timestamp",
        "as_of": "timestamp",
    },
    "statuses": {
        "status_id": "varchar",
        "status": "varchar",
        "status_category": "varchar",
        "project_id": "varchar",
    },
    "fields": {
        "field_id": "varchar",
        "field_name": "varchar",
        "schema_type": "varchar",
        "schema_custom": "varchar",
        "is_custom": "boolean",
        "project_id": "varchar",
    },
    "versions": {"version_id": "varchar", "name": "varchar", "project_id": "varchar"},
    "components": {"component_id": "varchar", "name": "varchar", "project_id": "varchar"},
}
"""The columns of each table and their DuckDB types; times are UTC."""


def land_site_table(
    engine: duckdb.DuckDBPyConnection,
    lake: Lake,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    refreshed_at: datetime,
) -> SiteTable:
    """Write one table; the same content gives the same file, which is then not written again."""
    lines = sorted(msgspec.json.encode(_plain(row, SITE_TABLES[name])) for row in rows)
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()[:24]
    relative = f"site/{name}-{digest}.parquet"
    if not lake.path(relative).exists():
        _write(engine, lake, name, lines, relative)
    return SiteTable(relative, len(lines), refreshed_at)


def _plain(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    return {column: _value(row.get(column)) for column in columns}


def _value(value: Any) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value


def _write(
    engine: duckdb.DuckDBPyConnection, lake: Lake, name: str, lines: list[bytes], relative: str
) -> None:
    columns = ", ".join(f"{column}: '{kind}'" for column, kind in SITE_TABLES[name].items())
    with new_file(lake.path(relative)) as parquet:
        staging = parquet.with_name(f"{parquet.name}.ndjson")
        staging.write_bytes(b"\n".join(lines))
        try:
            engine.execute(
                f"copy (select {', '.join(SITE_TABLES[name])} "
                f"from read_ndjson({literal(staging)}, columns = {{{columns}}})) "
                f"to {literal(parquet)} (format parquet, compression zstd)"
            )
        finally:
            staging.unlink(missing_ok=True)
