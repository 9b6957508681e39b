"""The accounts that are not matched to the team yet, and what a person decides about them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.errors import InputError
from jira_assets.web.app_state import AppState
from jira_assets.web.forms import Form, read_form
from jira_assets.web.queries.people import DECISIONS, Decision, PeopleReader, decide_about
from jira_assets.web.templating import render

ACCOUNTS_A_PAGE = 50


@dataclass(frozen=True)
class Search:
    """What the address asks for."""

    q: str
    project: str | None
    page: int

    @classmethod
    def of(cls, request: Request) -> Search:
        """Read it; what makes no sense is as if it were not there."""
        given = request.query_params
        page = given.get("page", "1")
        number = int(page) if page.isdecimal() and len(page) < 7 else 1
        return cls(given.get("q", "").strip(), given.get("project") or None, max(number, 1))

    def address(self, **changes: object) -> str:
        """Return the address of this search with something changed."""
        values = {"q": self.q, "project": self.project, "page": self.page if self.page > 1 else None}
        query = urlencode({name: value for name, value in (values | changes).items() if value})
        return f"/people?{query}" if query else "/people"


@dataclass(frozen=True)
class Refused:
    """A decision that was not taken: about which account, what was typed, and what is wrong with it."""

    account_id: str
    member: str
    error: InputError


def show(request: Request) -> Response:
    """Show the page."""
    return _page(request)


async def decide(request: Request) -> Response:
    """Keep a decision about an account; what was refused stands on the page again, beside the reason."""
    form = await read_form(request)
    try:
        decision = await run_in_threadpool(_decide, request.app.state.app_state, form)
    except InputError as error:
        refused = Refused(form.get("account_id"), form.get("member"), error)
        return await run_in_threadpool(_page, request, refused)
    return RedirectResponse(Search.of(request).address(said=decision), 303)


def _page(request: Request, refused: Refused | None = None) -> Response:
    app_state: AppState = request.app.state.app_state
    search = Search.of(request)
    reader = PeopleReader(app_state)
    skipped = (search.page - 1) * ACCOUNTS_A_PAGE
    said = request.query_params.get("said")
    return render(
        request,
        "people.html",
        status_code=400 if refused else 200,
        search=search,
        said=said if said in (*DECISIONS, "imported") and not refused else None,
        refused=refused,
        people=reader.read(search.q, search.project, ACCOUNTS_A_PAGE, skipped),
        members=reader.members,
        teams=reader.teams,
        a_page=ACCOUNTS_A_PAGE,
    )


def _decide(app_state: AppState, form: Form) -> Decision:
    account_id, (decision, _, offered) = form.get("account_id"), form.get("decision").partition(":")
    if decision not in DECISIONS or not account_id:
        raise InputError("The form contains no decision.", "Use the buttons on the page.")
    decide_about(app_state, account_id, decision, offered or form.get("member"))
    return decision
