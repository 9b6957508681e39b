"""Import the team from the page, with the checks of `jira-assets team import`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.errors import InputError
from jira_assets.external.team import read_members
from jira_assets.web.app_state import AppState
from jira_assets.web.forms import read_form
from jira_assets.web.templating import render

NAME = "team.csv"


def show(request: Request) -> Response:
    """Show the form."""
    return _page(request)


async def import_team(request: Request) -> Response:
    """Make the members of the text the whole team; if anything in it is wrong, nothing is imported."""
    form = await read_form(request)
    text = form.get("csv")
    try:
        await run_in_threadpool(_import, request.app.state.app_state, text)
    except InputError as error:
        return await run_in_threadpool(_page, request, text, error)
    return RedirectResponse("/people?said=imported", 303)


def _import(app_state: AppState, text: str) -> None:
    if not text:
        raise InputError("No team member was given.", "Select a file, or paste its rows.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / NAME
        file.write_text(text, encoding="utf-8")
        try:
            members = read_members(str(file))
        except InputError as error:  # the person knows no such folder
            raise InputError(error.reason.replace(str(file), NAME), error.instruction) from None
    app_state.state.team.replace(members)


def _page(request: Request, text: str = "", error: InputError | None = None) -> Response:
    app_state: AppState = request.app.state.app_state
    return render(
        request,
        "team.html",
        status_code=400 if error else 200,
        text=text,
        error=error,
        members=len(app_state.state.team.members()),
        source=app_state.settings.team,
    )
