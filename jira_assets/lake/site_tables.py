"""The tables about the site as a whole: projects, people, sprints, boards, and lists that issues refer to.

The pull requests that belong to its issues are among them; they come from elsewhere.

They change without any issue's `updated` changing, so they are read on their own and joined when publishing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from jira_assets.lake.files import size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.rows import Columns, empty_table, encode_rows, write_rows
from jira_assets.lake.site_manifest import SiteManifest, SiteTable
from jira_assets.lake.sql_files import literal

SITE_TABLES: Mapping[str, Columns] = {
    "projects": {
        "project_id": "varchar",
        "project_key": "varchar",
        "name": "varchar",
        "project_type": "varchar",
        "style": "varchar",
        "is_archived": "boolean",
        "former_keys": "varchar[]",
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
        "is_listed": "boolean",
    },
    "fields": {
        "field_id": "varchar",
        "field_name": "varchar",
        "schema_type": "varchar",
        "schema_items": "varchar",
        "schema_custom": "varchar",
        "is_custom": "boolean",
        "project_id": "varchar",
    },
    "issue_types": {
        "issue_type_id": "varchar",
        "issue_type": "varchar",
        "description": "varchar",
        "hierarchy_level": "integer",
        "is_subtask": "boolean",
        "project_id": "varchar",
    },
    "priorities": {
        "priority_id": "varchar",
        "priority": "varchar",
        "description": "varchar",
        "position": "integer",
        "is_default": "boolean",
    },
    "resolutions": {
        "resolution_id": "varchar",
        "resolution": "varchar",
        "description": "varchar",
        "is_default": "boolean",
    },
    "versions": {
        "version_id": "varchar",
        "name": "varchar",
        "project_id": "varchar",
        "description": "varchar",
        "start_date": "varchar",
        "release_date": "varchar",
        "is_released": "boolean",
        "is_archived": "boolean",
        "seen_released_at": "timestamp",
    },
    "components": {
        "component_id": "varchar",
        "name": "varchar",
        "project_id": "varchar",
        "description": "varchar",
        "lead_account_id": "varchar",
        "assignee_type": "varchar",
    },
    "boards": {
        "board_id": "varchar",
        "board_name": "varchar",
        "board_type": "varchar",
        "project_id": "varchar",
        "project_ids": "varchar[]",
        "filter_id": "varchar",
        "sub_query": "varchar",
        "constraint_type": "varchar",
        "estimation_field": "varchar",
    },
    "board_columns": {
        "board_id": "varchar",
        "position": "integer",
        "column_name": "varchar",
        "status_ids": "varchar[]",
        "min_issues": "integer",
        "max_issues": "integer",
    },
    "worklogs": {
        "worklog_id": "varchar",
        "jira_id": "varchar",
        "is_head": "boolean",
        "author_account_id": "varchar",
        "update_author_account_id": "varchar",
        "started_at": "timestamp",
        "seconds": "bigint",
        "created_at": "timestamp",
        "updated_at": "timestamp",
        "comment_text": "varchar",
        "visibility_type": "varchar",
        "visibility_value": "varchar",
        "seen_at": "timestamp",
        "deleted_at": "timestamp",
        "moved_from_jira_id": "varchar",
    },
    "pull_requests": {
        "pull_request_id": "varchar",
        "repository": "varchar",
        "number": "varchar",
        "title": "varchar",
        "branch": "varchar",
        "url": "varchar",
        "author": "varchar",
        "state": "varchar",
        "created_at": "timestamp",
        "merged_at": "timestamp",
        "closed_at": "timestamp",
        "title_keys": "varchar[]",
        "branch_keys": "varchar[]",
        "body_keys": "varchar[]",
    },
}
"""The columns of each table and their DuckDB types; times are UTC."""


@cache
def columns_digest(*tables: str) -> str:
    """Return a digest of the columns of these tables."""
    return hashlib.sha256(repr([SITE_TABLES[name] for name in tables]).encode()).hexdigest()[:8]


def land_site_table(
    lake: Lake,
    name: str,
    rows: Sequence[Mapping[str, Any]],
    refreshed_at: datetime,
) -> SiteTable:
    """Write one table; the same content gives the same file, which is then not written again."""
    lines = sorted(encode_rows(rows, SITE_TABLES[name]))
    digest = hashlib.sha256(b"\n".join(lines)).hexdigest()[:24]
    relative = f"site/{name}-{digest}.parquet"
    known = lake.site_manifest().tables.get(name)
    if known is not None and known.path == relative and known.digest and lake.path(relative).exists():
        return msgspec.structs.replace(known, refreshed_at=refreshed_at, columns=columns_digest(name))
    if not lake.path(relative).exists():
        write_rows(lake.engine, lake.new_path(relative), lines, SITE_TABLES[name])
    kept = size_and_digest(lake.path(relative))
    return SiteTable(relative, len(lines), refreshed_at, *kept, columns_digest(name))


def read_site_table(lake: Lake, manifest: SiteManifest, name: str) -> list[dict[str, Any]]:
    """Read one table as rows with aware times; nothing when it was never landed."""
    table = manifest.tables.get(name)
    if table is None:
        return []
    columns = list(SITE_TABLES[name])
    rows = lake.engine.execute(
        f"select {', '.join(columns)} from ({empty_table(SITE_TABLES[name])} "
        f"union all by name select * from read_parquet({literal(lake.path(table.path))}))"
    ).fetchall()
    return [{key: _aware(value) for key, value in zip(columns, row, strict=True)} for row in rows]


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
