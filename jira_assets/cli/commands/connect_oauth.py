"""Connect by OAuth: app, consent, tokens, site; each proven before the next."""

from __future__ import annotations

import errno
import os
import secrets
import sys
import webbrowser
from collections.abc import Callable
from functools import partial

import click

from jira_assets.auth.callback_server import CallbackServer, callback_url, read_code
from jira_assets.auth.oauth import OAuthApp, Tokens
from jira_assets.auth.sites import AccessibleSite, fetch_accessible_sites, insist_on_cloud, pick_site
from jira_assets.cli.commands.connect import ask, ask_secret
from jira_assets.cli.commands.connect_finish import keep_oauth, verify_connection
from jira_assets.cli.context import Invocation
from jira_assets.cli.port_owner import port_owner
from jira_assets.errors import AuthenticationError, InputError, ReconnectNeeded, ScopeMissing, SettingsError
from jira_assets.jira.connection import Bearer, Connection
from jira_assets.settings.load import Settings

SECONDS_TO_CONSENT = 300
NEEDED = ("read:jira-work", "read:jira-user")
CONSOLE = "https://developer.atlassian.com/console/myapps"


Send = Callable[[str], None]


def connect_by_oauth(
    invocation: Invocation, settings: Settings, *, browser: bool = True, send: Send | None = None
) -> None:
    """Walk a person through it; `send` takes the person to the consent, in place of a browser opened here."""
    if settings.jira_site_url:
        insist_on_cloud(settings.jira_site_url)
    app = _app(invocation, settings)
    redirect_uri = callback_url(settings.callback_port)
    send = send or partial(_send_to_browser, invocation)
    code = _consent(invocation, settings, app, redirect_uri, send if browser else None)
    tokens = _redeem(app, code, redirect_uri)
    _check_scopes(invocation, settings, tokens)
    site = _choose_site(fetch_accessible_sites(settings.jira_api_url, tokens.access_token), settings)
    connection = Connection(site.url, Bearer(lambda: tokens.access_token), site.id, settings.jira_api_url)
    proof = verify_connection(connection, site.name, settings)
    keep_oauth(invocation, settings, proof, app, tokens)


def _app(invocation: Invocation, settings: Settings) -> OAuthApp:
    if not (settings.jira_client_id and settings.jira_client_secret):
        scopes = [scope for scope in settings.oauth_scopes if scope != "offline_access"]
        invocation.say(
            f"1  Open {CONSOLE} and select or create an OAuth 2.0 integration.\n"
            f"   Authorization: register exactly this callback URL:  {callback_url(settings.callback_port)}\n"
            f"   Permissions, Jira API: {', '.join(scopes)}\n"
            "   (For a single user, an API token is quicker: `jira-assets connect --token`.)\n"
            "2  Copy the client id and secret from the settings of the app:"
        )
    client_id = ask("   Client ID", settings.jira_client_id, "--client-id")
    secret = ask_secret("   Client secret", settings.jira_client_secret)
    return OAuthApp(client_id, secret, settings.jira_auth_url)


def _consent(
    invocation: Invocation, settings: Settings, app: OAuthApp, redirect_uri: str, send: Send | None
) -> str:
    state = secrets.token_urlsafe(32)
    url = app.consent_url(redirect_uri, state, settings.oauth_scopes)
    if send is None:
        invocation.say(f"3  Open this address in any browser and agree:\n\n{url}\n")
        invocation.say(
            "   The browser is then redirected to an address that it cannot open. Copy that address "
            "completely."
        )
        # Hidden: it holds the code, which no one should find in a scrolled-back terminal.
        return read_code(ask_secret("   That address", None), state)
    with _listen(settings.callback_port, state) as server:
        send(url)
        code = server.wait(SECONDS_TO_CONSENT)
    if code is None:
        raise AuthenticationError(
            f"The browser did not return within {SECONDS_TO_CONSENT // 60} minutes.",
            f"If it showed an error about redirect_uri: the app must register {redirect_uri} "
            "exactly, including the port and 127.0.0.1 (--port selects another port). If the "
            "browser runs on another machine: --no-browser.",
        )
    return code


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


def _send_to_browser(invocation: Invocation, url: str) -> None:
    if sys.stdin.isatty():
        click.prompt(
            "3  Press Enter to open your browser", default="", show_default=False, prompt_suffix=" ", err=True
        )
    # Without a display, `webbrowser` starts a text browser in this very terminal.
    seen = sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    )
    opened = seen and webbrowser.open(url)
    invocation.say(
        "   Waiting for your consent in the browser. If no browser opened, open this address:"
        if opened
        else "3  Open this address in a browser on this machine and agree:"
    )
    invocation.say(f"\n{url}\n")


def _redeem(app: OAuthApp, code: str, redirect_uri: str) -> Tokens:
    try:
        return app.redeem(code, redirect_uri)
    except ReconnectNeeded as error:
        raise AuthenticationError(
            f"Atlassian did not accept the code: {error.reason}",
            "A code is valid once, for ten minutes, and for the callback it was issued for "
            f"({redirect_uri}). Run `jira-assets connect` again.",
        ) from None


def _check_scopes(invocation: Invocation, settings: Settings, tokens: Tokens) -> None:
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
            "The consent lacks the scope offline_access: it would expire within an hour.",
            "Keep offline_access in JIRA_OAUTH_SCOPES and connect again.",
        )
    optional = [scope for scope in settings.oauth_scopes if granted and scope not in granted]
    if optional:
        invocation.say(
            f"! Without {', '.join(optional)}, sprints are read from the issues. Names and states "
            "may be out of date."
        )


def _choose_site(sites: list[AccessibleSite], settings: Settings) -> AccessibleSite:
    picked = pick_site(sites, settings.jira_site_url)
    if picked is not None:
        return picked
    listed = "\n".join(
        f"   {number}  {site.url}  ({site.name})" for number, site in enumerate(sites, start=1)
    )
    if not sys.stdin.isatty():
        raise InputError(
            f"The consent covers {len(sites)} sites: {', '.join(site.url for site in sites)}.",
            "Select one with --site.",
        )
    click.echo(f"4  The consent covers several sites:\n{listed}", err=True)
    number = click.prompt("   Which one", type=click.IntRange(1, len(sites)), default=1, err=True)
    return sites[number - 1]
