"""Choose which projects are tracked, and which field holds their story points."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.errors import InputError, JiraAssetsError
from jira_assets.web.app_state import AppState
from jira_assets.web.forms import Form, read_form
from jira_assets.web.queries.project_choices import ChoiceReader, Saved, save_choices
from jira_assets.web.queries.project_list import Listing
from jira_assets.web.templating import render


def show(request: Request) -> Response:
    """Show the page; a list that only Jira has is loaded by it afterwards, since that takes a while."""
    app_state: AppState = request.app.state.app_state
    said = {name: request.query_params.get(name, "") for name in ("new", "gone", "fields")}
    counts = {name: int(value) if value.isdecimal() and len(value) < 7 else 0 for name, value in said.items()}
    listing = app_state.projects.known(app_state.lake)
    if listing is None and request.query_params.get("load") == "now":  # requested without script
        listing = app_state.projects.fetch(app_state.settings, app_state.state)
    return render(request, "projects.html", counts=counts, **_list(request, listing))


def show_list(request: Request) -> Response:
    """Ask Jira for the projects and show them; what Jira refuses is reported in their place."""
    app_state: AppState = request.app.state.app_state
    try:
        listing = app_state.projects.fetch(app_state.settings, app_state.state)
    except JiraAssetsError as error:
        return render(request, "failed_part.html", reason=error.reason, instruction=error.instruction)
    return render(request, "projects_list.html", **_list(request, listing))


async def save(request: Request) -> Response:
    """Keep what was chosen."""
    form = await read_form(request)
    saved = await run_in_threadpool(_save, request.app.state.app_state, form)
    search, only_tracked = _search(request)
    told = {"new": saved.tracked, "gone": saved.untracked, "fields": saved.fields}
    kept = {"q": search, "only": "tracked" if only_tracked else ""}
    query = {name: value for name, value in (kept | told).items() if value}
    return RedirectResponse(f"/projects?{urlencode(query or {'fields': 0})}", 303)


def _save(app_state: AppState, form: Form) -> Saved:
    listing = app_state.projects.known(app_state.lake)
    if listing is None:
        raise InputError(
            "The projects of the site are not known yet.", "Reload the page, then select projects."
        )
    return save_choices(
        app_state, listing, set(form.all("shown")), set(form.all("track")), form.with_prefix("points:")
    )


def _list(request: Request, listing: Listing | None) -> dict[str, Any]:
    app_state: AppState = request.app.state.app_state
    search, only_tracked = _search(request)
    choices = ChoiceReader(app_state, listing).read(search, only_tracked=only_tracked) if listing else None
    query = urlencode({"q": search, "only": "tracked" if only_tracked else ""})
    return {"listing": listing, "choices": choices, "q": search, "only_tracked": only_tracked, "query": query}


def _search(request: Request) -> tuple[str, bool]:
    return request.query_params.get("q", "").strip(), request.query_params.get("only") == "tracked"
