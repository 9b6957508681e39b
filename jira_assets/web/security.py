"""What every request and every answer goes through before and after a page sees it."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jira_assets.web.dagster_ui import PREFIX, is_dagsters
from jira_assets.web.token_access import Access

PASS_COOKIE = "jira_assets_pass"  # noqa: S105  # the name of a cookie
ENTRANCE = "/enter"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class AnswerHeaders:
    """Make the browser trust nothing but this page, and keep nothing but its files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if is_dagsters(scope):
                    _spare_dagster(headers, scope)
                else:
                    headers["content-security-policy"] = _POLICY
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def _spare_dagster(headers: MutableHeaders, scope: Scope) -> None:
    """Keep the policy of Dagster's pages, which names their scripts; let the browser cache its files."""
    if not scope["path"].startswith(f"{PREFIX}/_next/"):
        headers.setdefault("cache-control", "no-store")
    headers.append("content-security-policy", "frame-ancestors 'none'; form-action 'self'; base-uri 'none'")


class SameOrigin:
    """Refuse what another site makes the browser send, unless a person follows a link to a page here.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin, which every browser sends
    when it opens a websocket; a request with neither comes from no browser, and so from no page that could
    have caused it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not _is_welcome(scope):
            await refuse("Refused: this request comes from another site.\n", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_welcome(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    if scope["type"] == "websocket":
        return _has_own_origin(headers)
    changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
    site = headers.get("sec-fetch-site")
    if site is None:
        return not changes or _has_own_origin(headers)
    return site in ("same-origin", "none") or (not changes and _follows_a_link(headers))


def _follows_a_link(headers: Headers) -> bool:
    """Return whether a page is opened in a tab: no picture, script, frame or fetch of another site."""
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _has_own_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == headers.get("host")
    except ValueError:  # no browser sends that
        return False


def refuse(words: str, status: int) -> ASGIApp:
    """Answer a request with these words; a websocket is closed before it is opened."""

    async def refusal(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": words.strip()})
        else:
            await PlainTextResponse(words, status)(scope, receive, send)

    return refusal


class TokenGate:
    """Admit only requests with the token; without a token, all."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not self._may_enter(HTTPConnection(scope)):
            await self._turn_away(scope)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_enter(self, request: HTTPConnection) -> bool:
        path = request.scope["path"]  # not `request.url.path`: a Host header may hold a path of its own
        if self._access.token is None or path == ENTRANCE:
            return True
        if path.startswith("/static/"):  # the entrance needs its style sheet
            return True
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._access.is_token(given)
        return self._access.is_pass(request.cookies.get(PASS_COOKIE, ""))

    def _turn_away(self, scope: Scope) -> ASGIApp:
        accepts = Headers(scope=scope).get("accept", "")
        if scope["type"] == "http" and scope["method"] == "GET" and "text/html" in accepts:
            query = scope["query_string"].decode("latin-1")
            after = scope["path"] + (f"?{query}" if query else "")
            return RedirectResponse(f"{ENTRANCE}?next={quote(after, safe='/')}", 303)
        return refuse(
            "Authentication required: send `Authorization: Bearer …`, or sign in with a browser.\n", 401
        )
