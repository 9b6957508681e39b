"""The consent of a person to an OAuth app: wait for its code, redeem it, check what was granted."""

from __future__ import annotations

import errno
from collections.abc import Callable

from jira_assets.auth.callback_server import CallbackServer, callback_url
from jira_assets.auth.oauth import OAuthApp, Tokens
from jira_assets.errors import AuthenticationError, ReconnectNeeded, ScopeMissing, SettingsError
from jira_assets.port_owner import port_owner

SECONDS_TO_CONSENT = 300
NEEDED = ("read:jira-work", "read:jira-user")
OFFLINE = "offline_access"
CONSOLE = "https://developer.atlassian.com/console/myapps"


def wait_for_code(port: int, url: str, state: str, send: Callable[[str], None]) -> str:
    """Send a person to the consent page at `url`, and return the code that the browser brings to the port.

    Raises `AuthenticationError` if it brings none in time, and `SettingsError` if the port is in use.
    """
    with _listen(port, state) as server:
        send(url)
        code = server.wait(SECONDS_TO_CONSENT)
    if code is None:
        raise AuthenticationError(
            f"The browser did not return within {SECONDS_TO_CONSENT // 60} minutes.",
            f"If it showed an error about redirect_uri: the app must register {callback_url(port)} "
            "exactly, including the port and 127.0.0.1 (--port selects another port). If the "
            "browser runs on another machine: --no-browser.",
        )
    return code


def redeem_code(app: OAuthApp, code: str, redirect_uri: str) -> Tokens:
    """Exchange a code for tokens; raises `AuthenticationError` if Atlassian does not accept it."""
    try:
        return app.redeem(code, redirect_uri)
    except ReconnectNeeded as error:
        raise AuthenticationError(
            f"Atlassian did not accept the code: {error.reason}",
            "A code is valid once, for ten minutes, and for the callback it was issued for "
            f"({redirect_uri}). Run `jira-assets connect` again.",
        ) from None


def check_scopes(tokens: Tokens) -> None:
    """Raise `ScopeMissing` unless the tokens have the scopes without which no sync works."""
    granted = set(tokens.scopes)
    missing = [scope for scope in NEEDED if granted and scope not in granted]
    if missing:
        raise ScopeMissing(
            f"The consent lacks the scope {' and '.join(missing)}.",
            f"Add it to the app at {CONSOLE} (Permissions, Jira API), keep it in JIRA_OAUTH_SCOPES, "
            "and connect again.",
        )
    if tokens.refresh_token is None:
        raise ScopeMissing(
            f"The consent lacks the scope {OFFLINE}: it would expire within an hour.",
            f"Keep {OFFLINE} in JIRA_OAUTH_SCOPES and connect again.",
        )


def _listen(port: int, state: str) -> CallbackServer:
    try:
        return CallbackServer(port, state)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise SettingsError(
            f"Port {port} is in use by {port_owner(port)}.",
            "Stop it, or select another port with --port (or JIRA_OAUTH_CALLBACK_PORT), and "
            f"register {callback_url(port).replace(str(port), 'PORT')} in the app.",
        ) from None
