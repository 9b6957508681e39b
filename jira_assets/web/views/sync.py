"""Home: who is connected to which site, and how every tracked project stands."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.auth.status import Connected, connected_as, sites_in_use
from jira_assets.errors import PublishError
from jira_assets.state import ConnectedSite
from jira_assets.web.app_state import AppState
from jira_assets.web.forms import read_form
from jira_assets.web.queries.sync import read_overview
from jira_assets.web.templating import render


def show(request: Request) -> Response:
    """Show the page."""
    app_state: AppState = request.app.state.app_state
    said = request.query_params.get("said")
    here = app_state.syncs is not None
    return render(
        request,
        "sync.html",
        connections=_connections(app_state),
        said=said,
        syncs_here=here,
        **_projects(request),
    )


def _connections(app_state: AppState) -> list[tuple[ConnectedSite, Connected]]:
    """Return how each site is connected that has tracked projects."""
    state, settings = app_state.state, app_state.settings
    sites = sites_in_use(state.sites.all(), state.projects.tracked())
    return [(site, connected_as(settings, state.of(site), app_state.now())) for site in sites]


def show_projects(request: Request) -> Response:
    """Show the projects alone: the page looks again while someone reads it."""
    return render(request, "sync_projects.html", **_projects(request))


async def request_sync(request: Request) -> Response:
    """Ask for a sync of one project, or of all; it is started here at once, or by the sensor in Dagster."""
    app_state: AppState = request.app.state.app_state
    form = await read_form(request)
    await run_in_threadpool(_request, app_state, form.get("project"))
    return RedirectResponse("/?said=requested", 303)


def _request(app_state: AppState, key: str) -> None:
    project = app_state.state.projects.find([key])[0] if key else None
    app_state.state.sync_requests.add(project.project_id if project else None)
    if app_state.syncs:
        app_state.syncs.follow_requests()


def _projects(request: Request) -> dict[str, Any]:
    app_state: AppState = request.app.state.app_state
    search = request.query_params.get("q", "").strip()
    overview = read_overview(app_state, search)
    return {"overview": overview, "q": search, "dagster_url": app_state.dagster_url, **_published(app_state)}


def _published(app_state: AppState) -> dict[str, Any]:
    """Return when the tables were published, or what is wrong with them: the syncs are shown all the same."""
    try:
        return {"published_at": app_state.published.published_at(), "trouble": None}
    except PublishError as error:
        return {"published_at": None, "trouble": error}
