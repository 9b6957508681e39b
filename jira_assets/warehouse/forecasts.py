"""Forecasts: macros that hold what they are computed from, and two tables with their usual answers."""

from __future__ import annotations

import duckdb

from jira_assets.warehouse.metric_tables import FORECASTS
from jira_assets.warehouse.statements import literal, statement

BEFORE = ("forecast_inputs", *FORECASTS)
"""Tables of the last warehouse from which forecasts are taken over, each renamed to `…_before`."""

_ENOUGH = "delivered >= 5"
"""Fewer deliveries are not enough data."""


def inputs_literal(engine: duckdb.DuckDBPyConnection) -> str:
    """Write the rows of forecast_inputs that are enough data as a quoted JSON array."""
    found = engine.execute(
        "select coalesce(to_json(list(inputs)), '[]') from (select project_key, as_of, daily, open_issues "
        f"from warehouse.forecast_inputs where {_ENOUGH} order by project_key) as inputs"
    ).fetchone()
    return literal(found[0] if found else "[]")


def fill_forecast(engine: duckdb.DuckDBPyConnection, table: str, *, has_before: bool) -> None:
    """Fill a table with the answers of its macro for each project, and for all together.

    Where the last warehouse is at hand, projects with the same inputs keep their rows: a forecast takes
    hundredths of a second, and there may be a thousand projects.
    """
    unknown = "from warehouse.forecast_inputs"
    if has_before:
        engine.execute(statement("replace/same_forecasts", table=table))
        unknown += " except from warehouse.forecast_inputs_before"
    projects = engine.execute(
        f"select project_id, project_key, as_of from ({unknown}) where {_ENOUGH} order by all"
    ).fetchall()
    for project_id, project_key, as_of in projects:
        engine.execute(
            f"insert into warehouse.{table} by name select $project_id as project_id, "
            "$project_key as project_key, $as_of as as_of, forecast.* "
            f"from warehouse.{FORECASTS[table]}($project_key) as forecast order by percent",
            {"project_id": project_id, "project_key": project_key, "as_of": as_of},
        )
