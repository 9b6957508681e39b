"""Choose which projects are tracked, and which field holds their story points."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.errors import InputError, JiraAssetsError
from jira_assets.web.app_state import Desk
from jira_assets.web.forms import Form, read_form
from jira_assets.web.queries.project_choices import ChoiceReader, Saved, save_choices
from jira_assets.web.queries.project_list import Listing
from jira_assets.web.templating import render


def show(request: Request) -> Response:
    """Show the page; a list that only Jira has is loaded by it afterwards, since that takes a while."""
    desk: Desk = request.app.state.desk
    said = {name: request.query_params.get(name, "") for name in ("new", "gone", "fields")}
    counts = {name: int(value) if value.isdecimal() and len(value) < 7 else 0 for name, value in said.items()}
    listing = desk.projects.known(desk.lake)
    if listing is None and request.query_params.get("load") == "now":  # asked for without script
        listing = desk.projects.fetch(desk.settings, desk.state)
    return render(request, "projects.html", counts=counts, **_list(request, listing))


def show_list(request: Request) -> Response:
    """Ask Jira for the projects and show them; what Jira refuses is told in their place."""
    desk: Desk = request.app.state.desk
    try:
        listing = desk.projects.fetch(desk.settings, desk.state)
    except JiraAssetsError as error:
        return render(request, "failed_part.html", reason=error.reason, instruction=error.instruction)
    return render(request, "projects_list.html", **_list(request, listing))


async def save(request: Request) -> Response:
    """Keep what was chosen."""
    form = await read_form(request)
    saved = await run_in_threadpool(_save, request.app.state.desk, form)
    search, only_tracked = _search(request)
    told = {"new": saved.tracked, "gone": saved.untracked, "fields": saved.fields}
    kept = {"q": search, "only": "tracked" if only_tracked else ""}
    query = {name: value for name, value in (kept | told).items() if value}
    return RedirectResponse(f"/projects?{urlencode(query or {'fields': 0})}", 303)


def _save(desk: Desk, form: Form) -> Saved:
    listing = desk.projects.known(desk.lake)
    if listing is None:
        raise InputError(
            "The projects of the site are not known yet.", "Reload the page, then select projects."
        )
    return save_choices(
        desk, listing, set(form.all("shown")), set(form.all("track")), form.with_prefix("points:")
    )


def _list(request: Request, listing: Listing | None) -> dict[str, Any]:
    desk: Desk = request.app.state.desk
    search, only_tracked = _search(request)
    choices = ChoiceReader(desk, listing).read(search, only_tracked=only_tracked) if listing else None
    query = urlencode({"q": search, "only": "tracked" if only_tracked else ""})
    return {"listing": listing, "choices": choices, "q": search, "only_tracked": only_tracked, "query": query}


def _search(request: Request) -> tuple[str, bool]:
    return request.query_params.get("q", "").strip(), request.query_params.get("only") == "tracked"
