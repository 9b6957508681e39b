"""Check a warehouse that was built before anybody reads it."""

from __future__ import annotations

import duckdb

from jira_assets.errors import PublishError
from jira_assets.warehouse.published_tables import PUBLISHED_TABLES, VIEWS
from jira_assets.warehouse.statements import statement

INSTRUCTION = (
    "The warehouse before this one stays in use. Run `jira-assets publish` again; if this comes back, "
    "please report it with this message."
)


def check_warehouse(engine: duckdb.DuckDBPyConnection, expected: dict[str, int]) -> dict[str, int]:
    """Check the tables of the catalog `built`, and count their rows.

    `expected` names how many rows some tables have to have. Raises `PublishError`.
    """
    _check_columns(engine)
    rows = {table: _scan(engine, table) for table in PUBLISHED_TABLES if table not in VIEWS}
    _check_one_row_an_issue(engine)
    _check_replayed_series(engine)
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


def _check_replayed_series(engine: duckdb.DuckDBPyConnection) -> None:
    """Today's value of every series that is replayed from changes has to be what the issues are today."""
    wrong = engine.execute(statement("check/replayed_series")).fetchall()
    if wrong:
        series, replayed, present = wrong[0]
        others = f"; {len(wrong) - 1} other series are wrong, too" if len(wrong) > 1 else ""
        raise PublishError(
            f"The {series} ends with {replayed:g}, and the issues add up to {present:g}{others}.", INSTRUCTION
        )
