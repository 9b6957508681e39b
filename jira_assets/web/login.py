"""The door of a page that is open to a network: the token is shown once, the browser keeps a pass."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jira_assets.web.forms import read_form
from jira_assets.web.security import PASS_COOKIE
from jira_assets.web.templating import render
from jira_assets.web.token_access import Access

A_MONTH = 30 * 24 * 3600


async def enter(request: Request) -> Response:
    """Ask for the token, or take it."""
    access: Access = request.app.state.access
    after = _own_path(request.query_params.get("next", "/"))
    if access.token is None:
        return RedirectResponse("/", 303)
    if request.method == "GET":
        return render(request, "enter.html", after=after, site_url=None)
    form = await read_form(request)
    if not access.is_token(form.get("token", "")):
        return render(request, "enter.html", after=after, site_url=None, refused=True, status_code=403)
    answer = RedirectResponse(after, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(
        PASS_COOKIE, access.pass_for_cookie(), A_MONTH, httponly=True, samesite="strict", secure=secure
    )
    return answer


def _own_path(path: str) -> str:
    """Keep the way back on this page: `//evil.example` and `/\\evil.example` are other sites."""
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if own and path.isprintable() else "/"
