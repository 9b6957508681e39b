"""The team's flow: panels, and what the data behind them are like."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.web.app_state import AppState
from jira_assets.web.csv_export import csv_answer
from jira_assets.web.queries.flow import PanelAnswer, answer_panel, read_options
from jira_assets.web.queries.flow_filter import WINDOWS
from jira_assets.web.queries.panels import PANELS, chart
from jira_assets.web.static_files import has_charts
from jira_assets.web.templating import render

_JSON = msgspec.json.Encoder(decimal_format="number")


def show(request: Request) -> Response:
    """Show the page; each panel is loaded when it comes into view."""
    app_state: AppState = request.app.state.app_state
    options = read_options(app_state.published, request.query_params) if app_state.published.exists else None
    if options and options.projects and not request.query_params:
        return RedirectResponse(f"/flow?{options.filter.query()}")  # the address says what it shows
    return render(
        request,
        "flow.html",
        options=options if options and options.projects else None,
        panels=PANELS.values(),
        windows=WINDOWS,
        has_charts=has_charts(),
    )


def panel_data(request: Request) -> Response:
    """Return the rows of a panel, how to draw them, and the SQL that found them."""
    found = _answer(request)
    document = {
        "name": found.panel.name,
        "spec": chart(found.panel.name),
        "columns": found.rows.columns,
        "rows": found.rows.rows,  # half as long as objects, each of which would name every column
        "is_enough": found.is_enough,
        "needs": found.needs,
        "headline": found.headline,
        "not_followed": found.not_followed,
        "whole": found.whole,
        "as_of": found.rows.as_of,
        "sql": found.sql,
    }
    return Response(_JSON.encode(document), media_type="application/json")


def panel_csv(request: Request) -> Response:
    """Return the rows of a panel as CSV."""
    found = _answer(request)
    rows = found.rows
    return csv_answer(rows.columns, rows.rows, rows.as_of, f"{found.panel.name}.csv")


def _answer(request: Request) -> PanelAnswer:
    name = request.path_params["panel"]
    if name not in PANELS:
        raise HTTPException(404)
    app_state: AppState = request.app.state.app_state
    return answer_panel(app_state.published, name, request.query_params)
