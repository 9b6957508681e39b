"""`jira-assets connect`: say once which site, and as whom."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.wiring import open_state
from jira_assets.qualified import read_short_name
from jira_assets.settings.load import Settings, load_settings


@click.command()
@click.option("--site", help="Address of the Jira site, or its name: acme.atlassian.net, acme.")
@click.option(
    "--site-name",
    metavar="NAME",
    help="Add the site to this home under a short name: acme. Its projects are then named acme:PAY.",
)
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
    site_name: str | None,
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

    A home can have several sites: --site-name adds another one. To connect a known site again, no name is
    needed.
    """
    from jira_assets.auth.connect import connect_by_oauth, connect_by_service_account, connect_by_token
    from jira_assets.cli.connect_dialog import TerminalDialog, show_connection
    from jira_assets.lake.home_lake import first_site

    if email and not with_token:
        raise click.UsageError("--email requires --token.")
    short_name = _short_name(site_name)
    flags = {"jira_site_url": site, "jira_email": email, "jira_client_id": client_id, "callback_port": port}
    settings = _settings(invocation, {name: value for name, value in flags.items() if value})
    find_first = partial(first_site, settings if short_name is None else _settings(invocation, {}))
    known = _tell_what_is(invocation, settings, short_name)
    if short_name:  # what is set in the environment is for the first site
        settings = replace(
            settings, jira_api_token=None, jira_site_url=settings.jira_site_url if site else known
        )
    dialog = TerminalDialog(invocation, settings, browser=not no_browser, service_account=service_account)
    by_client = connect_by_service_account if service_account else connect_by_oauth
    connect_home = connect_by_token if with_token else by_client
    made = connect_home(settings, dialog, find_first, short_name)
    show_connection(invocation, settings, made)
    if made.site.is_first:
        _warn_of_what_comes_first(invocation, settings)


def _settings(invocation: Invocation, flags: dict[str, str]) -> Settings:
    home = {"home": str(invocation.home)} if invocation.home else {}
    return load_settings({**home, **flags})


def _short_name(text: str | None) -> str | None:
    try:
        return read_short_name(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="--site-name") from None


def _tell_what_is(invocation: Invocation, settings: Settings, short_name: str | None) -> str | None:
    """Say which connections may be replaced; return the address of the site that has the short name."""
    from jira_assets.lake.home_lake import open_lake
    from jira_assets.sync.site_removal import remove_folders_of_no_site  # late: it imports the pipeline

    with open_state(settings) as state:
        every_site = state.sites.all()
        remove_folders_of_no_site(open_lake(settings, state, every_site), state)
        sites = [each for each in every_site if short_name in (None, each.short_name)]
        found = [(site, state.of(site).credentials.current()) for site in sites]
    for site, credential in found:
        if credential is not None:
            invocation.say(
                f"This home is connected to {site.url} as {credential.display_name}. That connection is "
                "kept until the new one works."
            )
    return next((site.url for site in sites if short_name), None)


def _warn_of_what_comes_first(invocation: Invocation, settings: Settings) -> None:
    if settings.jira_api_token and settings.source("jira_api_token") != "default":
        invocation.say(
            f"! JIRA_API_TOKEN is set in {_place(settings)} and overrides the stored credential. "
            "Remove it there."
        )


def _place(settings: Settings) -> str:
    return ".env" if settings.source("jira_api_token") == ".env" else "the environment"
