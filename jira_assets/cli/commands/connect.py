"""`jira-assets connect`: say once which site, and as whom."""

from __future__ import annotations

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
@click.option(
    "--service-account",
    is_flag=True,
    help="Use the OAuth client id and secret of a service account. With --token: its API token; --email is "
    "optional.",
)
@click.option("--client-id", help="Client id of the OAuth app or service account. Prompted for if not set.")
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
    service_account: bool,
    client_id: str | None,
    port: str | None,
    no_browser: bool,
) -> None:
    """Connect this home to a Jira site, by OAuth in the browser, as a service account or by an API token.

    Each step is verified before the next one. The previous connection is kept until the new one works, so
    the command can be repeated safely. It prompts for the client secret or API token without echo, or reads
    it from standard input if that is not a terminal. The secret is stored encrypted in the state.
    """
    from jira_assets.auth.connect import connect_by_oauth, connect_by_service_account, connect_by_token
    from jira_assets.cli.connect_dialog import TerminalDialog, show_connection
    from jira_assets.lake.lake import Lake

    if email and not with_token:
        raise click.UsageError("--email requires --token.")
    flags = {"jira_site_url": site, "jira_email": email, "jira_client_id": client_id, "callback_port": port}
    settings = _settings(invocation, {name: value for name, value in flags.items() if value})
    _tell_what_is(invocation, settings)
    dialog = TerminalDialog(invocation, settings, browser=not no_browser, service_account=service_account)
    by_client = connect_by_service_account if service_account else connect_by_oauth
    connect_home = connect_by_token if with_token else by_client
    show_connection(invocation, settings, connect_home(settings, dialog, Lake(settings.lake_dir).site))
    _warn_of_what_comes_first(invocation, settings)


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
