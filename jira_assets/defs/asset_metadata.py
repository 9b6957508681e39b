"""What the catalog shows of a table: columns with types and meaning, owners, and where columns come from."""

from __future__ import annotations

from typing import Any

import dagster as dg

from jira_assets.warehouse.column_lineage import copied_columns
from jira_assets.warehouse.models import models

DATA_VERSION = "dagster/data_version"
OWNERS = ["team:data"]
RAW = dg.AssetKey("raw_jira_issues")

VERBATIM = ("jira_id", "jira_key", "project_key", "updated_at")
"""Columns of `jira_issues` that the raw table has too; the others come out of the payload."""

ADDED_LATER = {"assignee_id": ("jira_user_matches", "member_id"), "url": (RAW.to_user_string(), "jira_key")}
LOOKED_UP = {
    "sprint_id": ("jira_sprints", "sprint_id"),
    "sprint_name": ("jira_sprints", "sprint_name"),
}


def table_metadata(table: str) -> dict[str, Any]:
    """Describe a published table for the catalog."""
    described = models()[table]
    columns = [dg.TableColumn(c.name, c.type or "varchar", c.comment) for c in described.columns]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": f"jira.main.{table}",
        "dagster/storage_kind": "duckdb",
        **_lineage(table),
    }


def _lineage(table: str) -> dict[str, Any]:
    copied = {
        column: [dg.TableColumnDep(dg.AssetKey(origin.model), origin.column)]
        for column, origin in copied_columns()[table].items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(copied)} if copied else {}


def issue_lineage() -> dg.TableColumnLineage:
    """Say from which columns of the raw table each column of `jira_issues` is made."""
    columns = (column.name for column in models()["jira_issues"].columns)
    return dg.TableColumnLineage({name: _origins(name) for name in columns})


def _origins(column: str) -> list[dg.TableColumnDep]:
    if column in ADDED_LATER:
        asset, origin = ADDED_LATER[column]
        return [dg.TableColumnDep(dg.AssetKey(asset), origin)]
    if column in VERBATIM:
        return [dg.TableColumnDep(RAW, column)]
    if column == "synced_at":
        return [dg.TableColumnDep(RAW, "asked_at")]
    origins = [dg.TableColumnDep(RAW, "payload")]
    if column in LOOKED_UP:
        asset, origin = LOOKED_UP[column]
        origins.append(dg.TableColumnDep(dg.AssetKey(asset), origin))
    return origins
