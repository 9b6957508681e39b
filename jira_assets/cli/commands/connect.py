"""`jira-assets connect`: say once which site, and as whom."""

from __future__ import annotations

import sys

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.wiring import open_state
from jira_assets.settings.load import Settings, load_settings


@click.command()
@click.option("--site", help="Address of the Jira site, or its name: acme.atlassian.net, acme.")
@click.option(
    "--token", "with_token", is_flag=True, help="Use an e-mail address and an API token instead of OAuth."
)
@click.option("--email", help="With --token: e-mail address of the account that owns the API token.")
@click.option("--client-id", help="Client id of the OAuth app. Prompted for if not set.")
@click.option(
    "--port", help="Port that the browser returns to. It must be registered in the app. [default: 8765]"
)
@click.option(
    "--no-browser",
    is_flag=True,
    help="Do not open a browser. Paste the address that the browser was redirected to.",
)
@pass_invocation
def connect(
    invocation: Invocation,
    site: str | None,
    with_token: bool,
    email: str | None,
    client_id: str | None,
    port: str | None,
    no_browser: bool,
) -> None:
    """Connect this home to a Jira site, by OAuth in the browser or by an API token.

    Each step is verified before the next one. The previous connection is kept until the new one works, so
    the command can be repeated safely. It prompts for the client secret or API token without echo, or reads
    it from standard input if that is not a terminal. The secret is stored encrypted in the state.
    """
    from jira_assets.cli.commands.connect_oauth import connect_by_oauth
    from jira_assets.cli.commands.connect_token import connect_by_token

    if email and not with_token:
        raise click.UsageError("--email requires --token.")
    flags = {"jira_site_url": site, "jira_email": email, "jira_client_id": client_id, "callback_port": port}
    settings = _settings(invocation, {name: value for name, value in flags.items() if value})
    _tell_what_is(invocation, settings)
    if with_token:
        connect_by_token(invocation, settings)
    else:
        connect_by_oauth(invocation, settings, browser=not no_browser)
    _warn_of_what_comes_first(invocation, settings)


def ask(words: str, value: str | None, flag: str) -> str:
    """Take what is set already, else ask a person; what is piped in is a secret, and no answer to this."""
    if value:
        return value
    if not sys.stdin.isatty():
        raise click.UsageError(f"{words.strip()} is missing. Pass it with {flag}.")
    return str(click.prompt(words, err=True)).strip()


def ask_secret(words: str, value: str | None) -> str:
    """Take a secret that is set already, else ask without showing it, else read it from standard input."""
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


def _settings(invocation: Invocation, flags: dict[str, str]) -> Settings:
    home = {"home": str(invocation.home)} if invocation.home else {}
    return load_settings({**home, **flags})


def _tell_what_is(invocation: Invocation, settings: Settings) -> None:
    with open_state(settings) as state:
        credential, site = state.credentials.current(), state.credentials.site()
    if credential is not None:
        invocation.say(
            f"This home is connected to {site.url} as {credential.display_name}. That connection is "
            "kept until the new one works."
        )


def _warn_of_what_comes_first(invocation: Invocation, settings: Settings) -> None:
    if settings.jira_api_token and settings.source("jira_api_token") != "default":
        invocation.say(
            f"! JIRA_API_TOKEN is set in {_place(settings)} and overrides the stored credential. "
            "Remove it there."
        )


def _place(settings: Settings) -> str:
    return ".env" if settings.source("jira_api_token") == ".env" else "the environment"
