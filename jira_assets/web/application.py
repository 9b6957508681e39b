"""The page as an ASGI application: which address leads where, and what guards them."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from jira_assets.errors import JiraAssetsError
from jira_assets.settings.load import Settings
from jira_assets.web import csv_export as downloads
from jira_assets.web.app_state import AppState
from jira_assets.web.dagster_ui import BesideDagster
from jira_assets.web.errors import render_bug, render_error, render_http_error, tell_nobody
from jira_assets.web.login import enter
from jira_assets.web.security import ENTRANCE, AnswerHeaders, SameOrigin, TokenGate
from jira_assets.web.static_files import STATIC, KeptFiles
from jira_assets.web.token_access import Access
from jira_assets.web.views import connect as connect_page
from jira_assets.web.views import flow as flow_page
from jira_assets.web.views import people as people_page
from jira_assets.web.views import projects as projects_page
from jira_assets.web.views import sync as sync_page
from jira_assets.web.views import team as team_page

ROUTES = [
    Route("/", sync_page.show),
    Route("/sync", sync_page.request_sync, methods=["POST"]),
    Route("/sync/projects", sync_page.show_projects),
    Route("/projects", projects_page.show),
    Route("/projects", projects_page.save, methods=["POST"]),
    Route("/projects/list", projects_page.show_list),
    Route("/people", people_page.show),
    Route("/people", people_page.decide, methods=["POST"]),
    Route("/people/team", team_page.show),
    Route("/people/team", team_page.import_team, methods=["POST"]),
    Route("/connect", connect_page.show),
    Route("/connect", connect_page.connect, methods=["POST"]),
    Route("/people.csv", downloads.unmatched),
    Route("/flow", flow_page.show),
    Route("/flow/{panel}.json", flow_page.panel_data),
    Route("/flow/{panel}.csv", flow_page.panel_csv),
    Route(ENTRANCE, enter, methods=["GET", "POST"]),
    Mount("/static", KeptFiles(directory=STATIC)),
]


def create_app(
    load: Callable[[], Settings],
    access: Access | None = None,
    dagster: ASGIApp | None = None,
    *,
    syncs_here: bool = False,
) -> ASGIApp:
    """Make the application.

    `load` reads the settings of the moment, `dagster` is served beside the page. With `syncs_here`, a sync
    that is requested starts at once in a process of its own; without, it waits for the sensor of Dagster.
    """
    access = access or Access()
    beside = [Middleware(BesideDagster, dagster=dagster)] if dagster else []
    app = Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(access.hosts), www_redirect=False),
            Middleware(TokenGate, access=access),
            Middleware(SameOrigin),
            *beside,
        ],
        exception_handlers={
            JiraAssetsError: render_error,
            HTTPException: render_http_error,
            ClientDisconnect: tell_nobody,
            Exception: render_bug,
        },
    )
    app.state.app_state = AppState(load, has_dagster=dagster is not None, syncs_here=syncs_here)
    app.state.access = access
    return AnswerHeaders(app)  # outermost: a page about a bug needs the headers, too
