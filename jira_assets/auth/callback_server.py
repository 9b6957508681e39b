"""What a browser brings back from the consent page, and the small server that it brings it to."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from jira_assets.errors import AuthenticationError, InputError, JiraAssetsError

CALLBACK_PATH = "/callback"
_HOST = "127.0.0.1"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto">
<h1>{title}</h1><p>{words}</p></body></html>"""


def callback_url(port: int) -> str:
    """Return the address that the app has to register, character by character."""
    return f"http://{_HOST}:{port}{CALLBACK_PATH}"


class AnotherRequest(AuthenticationError):
    """The browser returned with the answer to another request."""


def read_code(redirected: str, state: str) -> str:
    """Take the code out of the address that the browser was sent to; raises when it holds none for us."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(redirected.strip()).query).items()}
    if not query.keys() & {"code", "error", "state"}:
        raise _nothing_there()
    if not secrets.compare_digest(query.get("state", "").encode(), state.encode()):
        raise AnotherRequest(
            "The browser returned the response to a different authorization request.",
            "Run `jira-assets connect` again and use the address that it prints.",
        )
    if "error" in query:
        raise _refusal(query["error"], query.get("error_description", ""))
    if not query.get("code"):
        raise _nothing_there()
    return query["code"]


def _nothing_there() -> InputError:
    return InputError(
        "The address contains no authorization code.",
        "Copy the complete address that the browser shows after you agree. It begins with "
        f"http://{_HOST} and contains `code=`.",
    )


def _refusal(error: str, description: str) -> JiraAssetsError:
    if error == "access_denied":
        return AuthenticationError(
            "The consent was declined in the browser. Nothing was changed.",
            "Run `jira-assets connect` again and accept, or use an API token: `jira-assets connect --token`.",
        )
    if error in ("invalid_scope", "unauthorized_client"):
        return AuthenticationError(
            f"The OAuth app is not allowed to request these scopes ({description or error}).",
            "Add them to the app at https://developer.atlassian.com/console/myapps (Permissions, Jira "
            "API), or set JIRA_OAUTH_SCOPES to the scopes that the app has.",
        )
    return AuthenticationError(
        f"Atlassian did not return an authorization code ({error}: {description or 'no explanation'}).",
        "Run `jira-assets connect` again.",
    )


class CallbackServer:
    """Listens on this machine only, for the one request that brings the code."""

    def __init__(self, port: int, state: str) -> None:
        self._state = state
        self._outcome: str | JiraAssetsError | None = None
        self._http = HTTPServer((_HOST, port), self._handler())
        self._http.timeout = 0.2

    def wait(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> str | None:
        """Wait for the code; None if no browser returned in time."""
        give_up = clock() + seconds
        while self._outcome is None and clock() < give_up:
            self._http.handle_request()
        if isinstance(self._outcome, JiraAssetsError):
            raise self._outcome
        return self._outcome

    def __enter__(self) -> Self:
        """Stop listening at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.server_close()

    def _answer(self, path: str) -> tuple[int, str, str]:
        if urlsplit(path).path != CALLBACK_PATH:
            return 404, "Nothing here", "jira-assets expects Atlassian's response at another address."
        try:
            self._outcome = read_code(path, self._state)
        except (AnotherRequest, InputError) as error:
            # An old tab, or any page that knows this port: the answer we wait for may still come.
            return 400, "Not connected", f"{error.reason} {error.instruction}"
        except JiraAssetsError as error:
            self._outcome = error
            return 400, "Not connected", f"{error.reason} {error.instruction}"
        return 200, "Consent received", "You can close this window. The next step is shown in the terminal."

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            # A browser opens spare connections; one that stays silent must not hold up the real one.
            timeout = 2

            def do_GET(self) -> None:
                status, title, words = server._answer(self.path)
                body = _PAGE.format(title=escape(title), words=escape(words)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the address holds the code."""

        return Handler
