"""Check a warehouse that was built before anyone reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.errors import PublishError
from jira_assets.lake.sql_files import literal, literals, statement
from jira_assets.warehouse.models import column_names, models, tables

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

INSTRUCTION = (
    "The previous warehouse stays in use. Run `jira-assets publish` again. If the error persists, "
    "please report it with this message."
)


def check_warehouse(
    engine: duckdb.DuckDBPyConnection,
    expected: dict[str, int],
    extra_columns: Sequence[str] = (),
    replaced: Sequence[str] | None = None,
) -> dict[str, int]:
    """Check the tables of the catalog `built`, and count their rows.

    `expected` names how many rows some tables have to have, `extra_columns` what people added to jira_issues.
    Where only some projects were `replaced`, all other rows were checked when they were made, and so were
    those of issues that are not touched. Raises `PublishError`.
    """
    columns = {name: column_names(name) for name in models()}
    _check_columns(engine, {**columns, "jira_issues": (*columns["jira_issues"], *extra_columns)})
    _scan(engine, replaced)
    rows = _count(engine)
    _check_one_row_an_issue(engine, replaced)
    _check_replayed_series(engine, replaced)
    for table, count in expected.items():
        if rows[table] != count:
            raise PublishError(f"{table} has {rows[table]:,} rows, but the lake has {count:,}.", INSTRUCTION)
    return rows


def is_whole(file: Path) -> bool:
    """Read every value of a published file of this version; return whether that works."""
    import duckdb

    try:
        with closing(duckdb.connect(":memory:")) as engine:
            engine.execute(f"attach {literal(file)} as built (read_only)")
            _scan(engine, None)
    except duckdb.Error:
        return False
    return True


def _check_columns(engine: duckdb.DuckDBPyConnection, expected: Mapping[str, tuple[str, ...]]) -> None:
    found = engine.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where database_name = 'built' group by table_name"
    ).fetchall()
    present = {str(table): tuple(columns) for table, columns in found}
    for table, columns in expected.items():
        if present.get(table) != columns:
            raise PublishError(f"{table} has the columns {present.get(table)}, not {columns}.", INSTRUCTION)


def _scan(engine: duckdb.DuckDBPyConnection, replaced: Sequence[str] | None) -> None:
    """Read every value, so that a damaged block shows now."""
    reads = (f"select bit_xor(hash(t)) from built.{table} as t{_rows(table, replaced)}" for table in tables())
    engine.execute(" union all ".join(reads)).fetchall()


def _rows(table: str, replaced: Sequence[str] | None) -> str:
    model = models()[table]
    if replaced is None or model.key is None:
        return ""
    if model.is_of_issues:
        return " where jira_id in (from touched_issues)"
    return f" where {model.of_projects('built', literals(replaced))}"


def _count(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    # One query for each table in a single row takes four times as long to plan.
    counts = (f"select {literal(table)}, count(*) from built.{table}" for table in tables())
    return dict(engine.execute(" union all ".join(counts)).fetchall())


def _check_one_row_an_issue(engine: duckdb.DuckDBPyConnection, replaced: Sequence[str] | None) -> None:
    twice = engine.execute(
        f"select jira_id from built.jira_issues{_rows('jira_issues', replaced)} "
        "group by jira_id having count(*) > 1 limit 1"
    ).fetchone()
    if twice is not None:
        raise PublishError(f"Issue {twice[0]} has more than one row in jira_issues.", INSTRUCTION)


def _check_replayed_series(engine: duckdb.DuckDBPyConnection, replaced: Sequence[str] | None) -> None:
    """Today's value of every series that is replayed from changes has to be what the issues are today."""
    of_projects = "true" if replaced is None else f"project_id in ({literals(replaced)})"
    wrong = engine.execute(statement("warehouse/audits/replayed_series", of_projects=of_projects)).fetchall()
    if wrong:
        series, replayed, present = wrong[0]
        others = f"; {len(wrong) - 1} other series are wrong as well" if len(wrong) > 1 else ""
        raise PublishError(
            f"The series {series} ends with {replayed:g}, but the issues add up to {present:g}{others}.",
            INSTRUCTION,
        )
