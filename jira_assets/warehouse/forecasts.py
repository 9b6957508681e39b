"""Forecasts: macros that hold what they are computed from, and two tables with their usual answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jira_assets.lake.sql_files import literal, statement
from jira_assets.warehouse.models import FIRST_COMMENT, Model, models

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

Row = dict[str, Any]

_ROWS = "select forecast.* from (select unnest($rows) as forecast)"

_ENOUGH = "delivered >= 5"
"""Fewer deliveries are not enough data."""


def inputs_literal(engine: duckdb.DuckDBPyConnection) -> str:
    """Write the rows of forecast_inputs that are enough data as a quoted JSON array."""
    found = engine.execute(
        "select coalesce(to_json(list(inputs)), '[]') from (select project_key, as_of, daily, open_issues "
        f"from warehouse.forecast_inputs where {_ENOUGH} order by project_key) as inputs"
    ).fetchone()
    return literal(found[0] if found else "[]")


def remember_forecasts(engine: duckdb.DuckDBPyConnection) -> bool:
    """Copy the forecasts of the catalog `base`, and what they were made from, to tables named `…_before`.

    Returns False when they cannot be read: then all are computed again.
    """
    import duckdb

    try:
        for table in ("forecast_inputs", *(name for name, model in models().items() if model.macro)):
            engine.execute(f"create temp table {table}_before as from base.{table}")
    except duckdb.Error:  # a damaged block, of which the publish is the remedy
        return False
    return True


class Forecasts:
    """Computes forecasts on another core while tables are made that do not need them, as a context manager.

    A forecast takes hundredths of a second and one core, and there may be a thousand projects.
    """

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine
        self._other_core = ThreadPoolExecutor(1, "forecasts")
        self._begun: dict[str, Future[list[Row]]] = {}

    def begin(self, model: Model, macro: str, *, has_before: bool) -> None:
        """Compute the answers of the macro of a table for each project, and for all together.

        `macro` is the statement that creates it. With `has_before`, projects with the same inputs keep the
        rows that were remembered.
        """
        unknown = "from warehouse.forecast_inputs"
        if has_before:
            self._engine.execute(statement("warehouse/incremental/same_forecasts", table=model.name))
            unknown += " except from forecast_inputs_before"
        projects = self._engine.execute(
            f"select project_id, project_key, as_of from ({unknown}) where {_ENOUGH} order by all"
        ).fetchall()
        # Another connection sees neither the macro nor the tables before they are committed.
        own = macro.partition(FIRST_COMMENT)[0].replace("macro warehouse.", "temp macro ")
        cursor = self._engine.cursor()
        work = partial(_compute, cursor, own, str(model.macro), projects)
        self._begun[model.name] = self._other_core.submit(work)

    def finish(self, tables: Collection[str]) -> None:
        """Insert the rows of these tables, once they are computed."""
        for table in self._begun.keys() & set(tables):
            if rows := self._begun.pop(table).result():
                self._engine.execute(f"insert into warehouse.{table} by name {_ROWS}", {"rows": rows})

    def __enter__(self) -> Forecasts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.finish(tuple(self._begun))
        finally:
            self._other_core.shutdown(cancel_futures=True)


def _compute(
    cursor: duckdb.DuckDBPyConnection, macro: str, name: str, projects: Sequence[tuple[Any, ...]]
) -> list[Row]:
    cursor.execute(macro)
    rows: list[Row] = []
    for project_id, project_key, as_of in projects:
        found = cursor.execute(f"from {name}($project_key) order by percent", {"project_key": project_key})
        columns = [column[0] for column in found.description or ()]
        of_project = {"project_id": project_id, "project_key": project_key, "as_of": as_of}
        rows += [of_project | dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    cursor.close()
    return rows
