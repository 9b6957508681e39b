"""`jira-assets disconnect`: remove the stored credential, and say what stays and how to revoke it."""

from __future__ import annotations

import click

from jira_assets.auth.remedies import SERVICE_ACCOUNTS
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.wiring import open_state
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential
from jira_assets.state.models import CredentialKind

REVOKE: dict[CredentialKind, str] = {
    "oauth": "Atlassian keeps the grant until it is revoked. Remove the app at "
    "https://id.atlassian.com/manage-profile/apps.",
    "api_token": "The token remains valid until it is revoked: "
    "https://id.atlassian.com/manage-profile/security/api-tokens.",
    "client_credentials": "The client id and secret remain valid until an organization admin revokes them: "
    f"{SERVICE_ACCOUNTS}.",
    "bearer_api_token": "The token remains valid until an organization admin revokes it: "
    f"{SERVICE_ACCOUNTS}.",
}
KINDS: dict[CredentialKind, str] = {
    "oauth": "OAuth grant",
    "client_credentials": "OAuth credential of the service account",
    "api_token": "API token",
    "bearer_api_token": "API token",
}
NOTHING_STORED = "This home has no stored credential."


@click.command()
@click.option(
    "--site-name", "site_name", metavar="NAME", help="The site to disconnect, if there are several."
)
@pass_invocation
def disconnect(invocation: Invocation, site_name: str | None) -> None:
    """Remove the stored OAuth grant, service account or API token from this home.

    Issues, tables, tracked projects, team and decisions are kept. Syncs stop until `jira-assets connect`.
    The command revokes nothing at Atlassian. It prints the address of the page where you can revoke the
    credential.
    """
    settings = invocation.settings
    with open_state(settings) as state:
        site = state.sites.find(site_name, settings.jira_site_url) if site_name else state.credentials.site()
        view = state.of(site)
        credential = view.credentials.current()
        sharing = [each for each in state.sites.all() if each.grant_id == site.grant_id and each != site]
        view.credentials.forget()
    if credential is None:
        invocation.say(f"{site.label} has no stored credential." if site_name else NOTHING_STORED)
    else:
        invocation.say(_removed(credential, site))
        invocation.say(REVOKE[credential.kind])
        for each in sharing:
            invocation.say(f"! {each.label} uses the same consent and stays connected by it.")
        _warn_of_copies(invocation, settings)
    if site.is_first and settings.jira_api_token:
        place = ".env" if settings.source("jira_api_token") == ".env" else "the environment"
        invocation.say(
            f"! JIRA_API_TOKEN is still set in {place}, and syncs use it. Remove it there as well."
        )


def _removed(credential: Credential, site: ConnectedSite) -> str:
    return (
        f"Removed the {KINDS[credential.kind]} of {credential.display_name} for {site.url}. All "
        "synced data is kept. Syncs stop until you run `jira-assets connect`."
    )


def _warn_of_copies(invocation: Invocation, settings: Settings) -> None:
    path = settings.state_path
    for copy in sorted(path.parent.glob(f"{path.name}.*.backup")):
        invocation.say(
            f"! {copy} is an earlier copy of the state and still contains the credential, encrypted."
        )
