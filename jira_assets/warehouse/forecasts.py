"""Forecasts: macros that hold what they are computed from, and two tables with their usual answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jira_assets.lake.sql_files import literal, statement
from jira_assets.warehouse.models import models

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

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


def fill_forecast(engine: duckdb.DuckDBPyConnection, table: str, *, has_before: bool) -> None:
    """Fill a table with the answers of its macro for each project, and for all together.

    With `has_before`, projects with the same inputs keep the rows that were remembered: a forecast takes
    hundredths of a second, and there may be a thousand projects.
    """
    unknown = "from warehouse.forecast_inputs"
    if has_before:
        engine.execute(statement("warehouse/incremental/same_forecasts", table=table))
        unknown += " except from forecast_inputs_before"
    projects = engine.execute(
        f"select project_id, project_key, as_of from ({unknown}) where {_ENOUGH} order by all"
    ).fetchall()
    for project_id, project_key, as_of in projects:
        engine.execute(
            f"insert into warehouse.{table} by name select $project_id as project_id, "
            "$project_key as project_key, $as_of as as_of, forecast.* "
            f"from warehouse.{models()[table].macro}($project_key) as forecast order by percent",
            {"project_id": project_id, "project_key": project_key, "as_of": as_of},
        )
