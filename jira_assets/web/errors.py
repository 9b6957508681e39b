"""What a person sees when something went wrong: what happened and what to do, and never a traceback."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from jira_assets.errors import InputError, JiraAssetsError, JiraError, PublishError, ResourceExhausted
from jira_assets.web.templating import render

_STATUS_CODES: tuple[tuple[type[JiraAssetsError], int], ...] = (
    (InputError, 400),
    (PublishError, 503),
    (JiraError, 502),
    (ResourceExhausted, 507),
)


def render_error(request: Request, error: Exception) -> Response:
    """Answer an error that was raised on purpose."""
    assert isinstance(error, JiraAssetsError)  # noqa: S101  # it is registered for nothing else
    code = next((code for kind, code in _STATUS_CODES if isinstance(error, kind)), 500)
    return _answer(request, code, error.reason, error.instruction)


def render_http_error(request: Request, error: Exception) -> Response:
    """Return what the address was wrong about."""
    assert isinstance(error, HTTPException)  # noqa: S101  # it is registered for nothing else
    if error.status_code == 404:
        return _answer(request, 404, "There is no such page.", "Select one of the pages above.")
    return _answer(request, error.status_code, error.detail, "Go back to the previous page.")


def tell_nobody(_: Request, __: Exception) -> Response:
    """Answer a request whose client is gone before all of it had arrived: that is no fault of the page."""
    return Response(status_code=400)


def render_bug(request: Request, _: Exception) -> Response:
    """Answer that it was not the person's fault; the server's log has the rest."""
    return _answer(
        request,
        500,
        "An unexpected error occurred.",
        "The log of `jira-assets web` has the details. No data is lost. Try again.",
    )


def _answer(request: Request, code: int, reason: str, instruction: str) -> Response:
    if request.scope["path"].endswith(".json"):
        return JSONResponse({"reason": reason, "instruction": instruction}, code)
    return render(request, "error.html", status_code=code, code=code, reason=reason, instruction=instruction)
