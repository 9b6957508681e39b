"""Forecasts: macros that hold what they are computed from, and two tables with their usual answers.

Chances are computed, not tried: `sql/forecasts/` has a query for each macro, which the table runs for all
projects at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jira_assets.lake.sql_files import literal, statement
from jira_assets.warehouse.models import MACROS, models

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

_QUERIES = {"forecast_days": "warehouse/forecasts/days", "forecast_items": "warehouse/forecasts/items"}
_ENOUGH = "delivered >= 5"
"""Fewer deliveries are not enough data."""

_USUAL_DAYS = 28
_KEY_COLUMNS = "inputs.project_id as project_id, inputs.project_key as project_key, inputs.as_of as as_of,"
_SHAPE = '[{"project_key": "VARCHAR", "as_of": "DATE", "daily": ["INTEGER"], "open_issues": "BIGINT"}]'


def macro_parts(engine: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """Return what the statement of a macro is filled with; nothing for a macro that is no forecast.

    The macro holds the rows of forecast_inputs that are enough data.
    """
    macro = name.removeprefix(MACROS)
    if macro not in _QUERIES:
        return {}
    rows = f"(select unnest(from_json({inputs_literal(engine)}, {literal(_SHAPE)}), max_depth := 2))"
    of_project = f"(from {rows} where project_key is not distinct from project)"
    forecast = _query(macro, of_project, key_columns="", goal="coalesce(items, open_issues)", within="days")
    return {"forecast": forecast, "usual_days": str(_USUAL_DAYS)}


def days_to_goal() -> str:
    """Return the query for the days on which goals are reached, with the chances that forecasts give.

    It reads `goals` (subject, goal) and `daily` (subject, issues, times) of the query around it.
    """
    return statement("warehouse/forecasts/days_to_goal", chances=_chances())


def _chances() -> str:
    return statement("warehouse/forecasts/chances")


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
            engine.execute(f"create table {table}_before as from base.{table}")
    except duckdb.Error:  # a damaged block, of which the publish is the remedy
        return False
    return True


def fill_forecast(engine: duckdb.DuckDBPyConnection, table: str, macro: str, *, has_before: bool) -> None:
    """Fill a table with the answers of its macro for each project, and for all together.

    With `has_before`, projects with the same inputs keep the rows that were remembered: there may be a
    thousand projects, of which one has changed.
    """
    unknown = "from warehouse.forecast_inputs"
    if has_before:
        engine.execute(statement("warehouse/incremental/same_forecasts", table=table))
        unknown += " except from forecast_inputs_before"
    inputs = f"(from ({unknown}) where {_ENOUGH})"
    query = _query(macro, inputs, key_columns=_KEY_COLUMNS, goal="open_issues", within=str(_USUAL_DAYS))
    engine.execute(f"insert into warehouse.{table} by name {query}")


def _query(macro: str, inputs: str, *, key_columns: str, goal: str, within: str) -> str:
    return statement(
        _QUERIES[macro],
        inputs=inputs,
        key_columns=key_columns,
        goal=goal,
        within=within,
        chances=_chances(),
        days_to_goal=days_to_goal(),
    )
