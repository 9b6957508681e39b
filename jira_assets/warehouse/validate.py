"""Check a warehouse that was built before anybody reads it."""

from __future__ import annotations

import duckdb

from jira_assets.errors import PublishError
from jira_assets.warehouse.published_tables import PUBLISHED_TABLES

INSTRUCTION = (
    "The warehouse before this one stays in use. Run `jira-assets publish` again; if this comes back, "
    "please report it with this message."
)


def check_warehouse(engine: duckdb.DuckDBPyConnection, expected: dict[str, int]) -> dict[str, int]:
    """Check the tables of the catalog `built`, and count their rows.

    `expected` names how many rows some tables have to have. Raises `PublishError`.
    """
    _check_columns(engine)
    rows = {table: _scan(engine, table) for table in PUBLISHED_TABLES if table != "raw_jira_issues"}
    _check_one_row_an_issue(engine)
    for table, count in expected.items():
        if rows[table] != count:
            raise PublishError(f"{table} has {rows[table]:,} rows, and the lake has {count:,}.", INSTRUCTION)
    return rows


def _check_columns(engine: duckdb.DuckDBPyConnection) -> None:
    found = engine.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where database_name = 'built' group by table_name"
    ).fetchall()
    present = {str(table): tuple(columns) for table, columns in found}
    for table, columns in PUBLISHED_TABLES.items():
        if present.get(table) != columns:
            raise PublishError(f"{table} has the columns {present.get(table)}, not {columns}.", INSTRUCTION)


def _scan(engine: duckdb.DuckDBPyConnection, table: str) -> int:
    """Read every value, so that a damaged block shows now."""
    found = engine.execute(f"select count(*), bit_xor(hash(t)) from built.{table} as t").fetchone()
    return 0 if found is None else int(found[0])


def _check_one_row_an_issue(engine: duckdb.DuckDBPyConnection) -> None:
    twice = engine.execute(
        "select jira_id from built.jira_issues group by jira_id having count(*) > 1 limit 1"
    ).fetchone()
    if twice is not None:
        raise PublishError(f"Issue {twice[0]} has more than one row in jira_issues.", INSTRUCTION)
