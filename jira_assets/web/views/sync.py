"""Home: who is connected to which site, and how every tracked project stands."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.auth.status import connected_as
from jira_assets.errors import PublishError
from jira_assets.web.app_state import Desk
from jira_assets.web.forms import read_form
from jira_assets.web.queries.sync import read_overview
from jira_assets.web.templating import render


def show(request: Request) -> Response:
    """Show the page."""
    desk: Desk = request.app.state.desk
    connection = connected_as(desk.settings, desk.state, desk.now())
    said = request.query_params.get("said")
    here = desk.syncs is not None
    return render(
        request, "sync.html", connection=connection, said=said, syncs_here=here, **_projects(request)
    )


def show_projects(request: Request) -> Response:
    """Show the projects alone: the page looks again while somebody reads it."""
    return render(request, "sync_projects.html", **_projects(request))


async def request_sync(request: Request) -> Response:
    """Ask for a sync of one project, or of all; it is started here at once, or by the sensor in Dagster."""
    desk: Desk = request.app.state.desk
    form = await read_form(request)
    await run_in_threadpool(_request, desk, form.get("project"))
    return RedirectResponse("/?said=requested", 303)


def _request(desk: Desk, key: str) -> None:
    project = desk.state.find_tracked([key])[0] if key else None
    desk.state.request_sync(project.project_id if project else None)
    if desk.syncs:
        desk.syncs.follow_requests()


def _projects(request: Request) -> dict[str, Any]:
    desk: Desk = request.app.state.desk
    search = request.query_params.get("q", "").strip()
    overview = read_overview(desk, search)
    return {"overview": overview, "q": search, "dagster_url": desk.dagster_url, **_published(desk)}


def _published(desk: Desk) -> dict[str, Any]:
    """Tell when the tables were published, or what is wrong with them: the syncs are shown all the same."""
    try:
        return {"published_at": desk.published.published_at(), "trouble": None}
    except PublishError as error:
        return {"published_at": None, "trouble": error}
