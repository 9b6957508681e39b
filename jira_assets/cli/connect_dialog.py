"""Ask at the terminal for what connecting needs, and show who is connected to what."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Sequence

import click

from jira_assets.auth.callback_server import callback_url, read_code
from jira_assets.auth.connect import NewConnection
from jira_assets.auth.consent import CONSOLE, OFFLINE, wait_for_code
from jira_assets.auth.oauth import OAuthApp
from jira_assets.auth.remedies import SERVICE_ACCOUNTS
from jira_assets.auth.sites import AccessibleSite
from jira_assets.auth.status import KINDS
from jira_assets.auth.verify import HOW_TO_SEE_PROJECTS, NO_PROJECT, TOKENS, ApiToken
from jira_assets.cli.context import Invocation
from jira_assets.errors import InputError
from jira_assets.formatting import counted
from jira_assets.jira.connection import BasicToken, BearerToken
from jira_assets.settings.load import Settings
from jira_assets.settings.values import read_email, read_site
from jira_assets.state import Credential


class TerminalDialog:
    """Asks for what no setting has; what is piped in is a secret, and no answer to any other question."""

    def __init__(
        self, invocation: Invocation, settings: Settings, *, browser: bool, service_account: bool = False
    ) -> None:
        self._settings, self._browser, self._service_account = settings, browser, service_account
        self._covers = "The service account has access to" if service_account else "The consent covers"
        self.say = invocation.say

    def site_url(self) -> str:
        """Ask until the answer is an address."""
        while True:
            try:
                return read_site(ask("Address of the Jira site (acme.atlassian.net)", None, "--site"))
            except ValueError as error:
                click.echo(f"That {error}.", err=True)

    def api_token(self) -> ApiToken:
        """Ask for e-mail address and token; the token of a service account needs no e-mail address."""
        if self._service_account and not self._settings.jira_email:
            return self._token_alone()
        if not self._settings.jira_api_token:
            self.say(f"Create an API token at {TOKENS}, with or without scopes.")
        return BasicToken(self._email(), ask_secret("API token", self._settings.jira_api_token))

    def _token_alone(self) -> BearerToken:
        if not self._settings.jira_api_token:
            self.say(
                f"An organization admin creates the API token at {SERVICE_ACCOUNTS}, Create credentials, "
                "with the scopes read:jira-work and read:jira-user."
            )
        return BearerToken(ask_secret("API token", self._settings.jira_api_token))

    def _email(self) -> str:
        """Ask until the answer is an e-mail address."""
        while True:
            try:
                return read_email(
                    ask("E-mail of your Atlassian account", self._settings.jira_email, "--email")
                )
            except ValueError as error:
                click.echo(f"That {error}.", err=True)

    def oauth_app(self) -> OAuthApp:
        """Ask for client id and secret, and show how the app has to be set up."""
        settings = self._settings
        if not (settings.jira_client_id and settings.jira_client_secret):
            scopes = [scope for scope in settings.oauth_scopes if scope != OFFLINE]
            self.say(
                f"1  Open {CONSOLE} and select or create an OAuth 2.0 integration.\n"
                "   Authorization: register exactly this callback URL:  "
                f"{callback_url(settings.callback_port)}\n"
                f"   Permissions, Jira API: {', '.join(scopes)}\n"
                "   (For a single user, an API token is quicker: `jira-assets connect --token`.)\n"
                "2  Copy the client id and secret from the settings of the app:"
            )
        client_id = ask("   Client ID", settings.jira_client_id, "--client-id")
        secret = ask_secret("   Client secret", settings.jira_client_secret)
        return OAuthApp(client_id, secret, settings.jira_auth_url)

    def service_account(self) -> OAuthApp:
        """Ask for client id and secret of a service account, and show where they are created."""
        settings = self._settings
        if not (settings.jira_client_id and settings.jira_client_secret):
            scopes = [scope for scope in settings.oauth_scopes if scope != OFFLINE]
            self.say(
                f"1  An organization admin opens {SERVICE_ACCOUNTS}, gives an account access to Jira, and "
                "creates a credential for it: OAuth 2.0, with the scopes\n"
                f"   {', '.join(scopes)}\n"
                "2  Copy the client id and secret, which are shown only once:"
            )
        client_id = ask("   Client ID", settings.jira_client_id, "--client-id")
        secret = ask_secret("   Client secret", settings.jira_client_secret)
        return OAuthApp(client_id, secret, settings.jira_auth_url)

    def fetch_code(self, url: str, state: str) -> str:
        """Open a browser here and wait for it; without one, ask for the address that it was sent to."""
        if self._browser:
            return wait_for_code(self._settings.callback_port, url, state, self._send_to_browser)
        self.say(f"3  Open this address in any browser and agree:\n\n{url}\n")
        self.say(
            "   The browser is then redirected to an address that it cannot open. Copy that address "
            "completely."
        )
        # Hidden: it holds the code, which must not stay in the scrollback of a terminal.
        return read_code(ask_secret("   That address", None), state)

    def choose_site(self, sites: Sequence[AccessibleSite]) -> AccessibleSite:
        """Ask for the number of a site."""
        listed = "\n".join(f"   {n}  {site.url}  ({site.name})" for n, site in enumerate(sites, start=1))
        if not sys.stdin.isatty():
            raise InputError(
                f"{self._covers} {len(sites)} sites: {', '.join(site.url for site in sites)}.",
                "Select one with --site.",
            )
        step = 3 if self._service_account else 4
        click.echo(f"{step}  {self._covers} several sites:\n{listed}", err=True)
        number = click.prompt("   Which one", type=click.IntRange(1, len(sites)), default=1, err=True)
        return sites[number - 1]

    def _send_to_browser(self, url: str) -> None:
        if sys.stdin.isatty():
            click.prompt(
                "3  Press Enter to open your browser",
                default="",
                show_default=False,
                prompt_suffix=" ",
                err=True,
            )
        # Without a display, `webbrowser` starts a text browser in this very terminal.
        seen = sys.platform == "darwin" or any(
            os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
        )
        opened = seen and webbrowser.open(url)
        self.say(
            "   Waiting for your consent in the browser. If no browser opened, open this address:"
            if opened
            else "3  Open this address in a browser on this machine and agree:"
        )
        self.say(f"\n{url}\n")


def show_connection(invocation: Invocation, settings: Settings, made: NewConnection) -> None:
    """Show who is connected to what, what to do next, and where the credential is stored."""
    credential, verified = made.credential, made.verified
    who = f"{credential.display_name}{f' ({credential.email})' if credential.email else ''}"
    invocation.say(f"✓ Connected to {verified.connection.browse_url} as {who}, by {_kind(credential)}.")
    if credential.scopes:
        invocation.say(f"✓ Scopes: {', '.join(credential.scopes.split())}.")
    by = f" Reconnect by {credential.reconnect_by:%Y-%m-%d}." if credential.reconnect_by else ""
    keys = verified.project_keys
    if keys:
        invocation.say(f"✓ {counted(len(keys), 'project')} visible.{by}")
        shown = " ".join(made.site.prefix + key for key in keys[:2])
        invocation.say(f"Next: jira-assets projects track {shown}   (or: jira-assets projects list)")
    else:
        invocation.say(f"! {NO_PROJECT}. {HOW_TO_SEE_PROJECTS}{by}")
    place = "the state" if settings.source("state_url") != "default" else str(settings.state_path)
    key = "JIRA_ASSETS_SECRET_KEY" if settings.secret_key else str(settings.secret_key_file)
    invocation.say(f"Stored in {place}, encrypted with the key in {key}.")


def _kind(credential: Credential) -> str:
    """Name what was proven to work: an API token with scopes in one of its two forms."""
    if credential.kind in ("oauth", "client_credentials"):
        return KINDS[credential.kind]
    if not credential.through_gateway:
        return "API token"
    form = "Bearer" if credential.kind == "bearer_api_token" else "Basic"
    return f"API token with scopes, sent as {form}"


def ask(words: str, value: str | None, flag: str) -> str:
    """Return what is set already, else ask a person; what is piped in is a secret, and no answer to this."""
    if value:
        return value
    if not sys.stdin.isatty():
        raise click.UsageError(f"{words.strip()} is missing. Pass it with {flag}.")
    return str(click.prompt(words, err=True)).strip()


def ask_secret(words: str, value: str | None) -> str:
    """Return a secret that is set already, else ask without showing it, else read it from standard input."""
    if value:
        return value
    if sys.stdin.isatty():
        return str(click.prompt(f"{words} (hidden)", hide_input=True, err=True)).strip()
    secret = sys.stdin.readline().strip()
    if not secret:
        raise click.UsageError(
            f"{words.strip()} is missing. Type it at a terminal, or pipe it to the command."
        )
    return secret
