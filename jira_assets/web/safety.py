"""What every request and every answer goes through before and after a page sees it."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jira_assets.web.access import Access

PASS_COOKIE = "jira_assets_pass"  # noqa: S105  # the name of a cookie
ENTRANCE = "/enter"

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class AnswerHeaders:
    """Tell the browser to trust nothing but this page, and to keep nothing but its files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class SameOrigin:
    """Refuse a request that changes something when another site made the browser send it.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin; a request with neither
    comes from no browser, and so from nobody who could have been tricked.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            headers = Headers(scope=scope)
            if not _is_own(headers):
                refusal = PlainTextResponse("Refused: this request comes from another site.\n", 403)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_own(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # no browser sends that
        return False


class TokenGate:
    """Let only those in who have shown the token; where there is none, everyone."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._may_enter(Request(scope)):
            await self._turn_away(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_enter(self, request: Request) -> bool:
        path = request.scope["path"]  # not `request.url.path`: a Host header may hold a path of its own
        if self._access.token is None or path == ENTRANCE:
            return True
        if path.startswith("/static/"):  # the entrance needs its style sheet
            return True
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._access.is_token(given)
        return self._access.is_pass(request.cookies.get(PASS_COOKIE, ""))

    def _turn_away(self, request: Request) -> PlainTextResponse | RedirectResponse:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            query = request.scope["query_string"].decode("latin-1")
            after = request.scope["path"] + (f"?{query}" if query else "")
            return RedirectResponse(f"{ENTRANCE}?next={quote(after, safe='/')}", 303)
        return PlainTextResponse("Show the token: `Authorization: Bearer …`, or enter by a browser.\n", 401)
