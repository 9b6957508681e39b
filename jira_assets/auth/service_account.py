"""The OAuth 2.0 credential of a service account: its tokens, its scopes, and the site that it works for.

Such a credential has no consent and no refresh token. A new access token is requested with the client secret,
until an admin revokes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jira_assets.auth.consent import NEEDED
from jira_assets.auth.oauth import OAuthApp, Tokens
from jira_assets.auth.remedies import SERVICE_ACCOUNTS, reconnect_advice
from jira_assets.auth.sites import (
    AccessibleSite,
    fetch_accessible_sites,
    find_cloud_id,
    insist_on_cloud,
    is_at,
)
from jira_assets.errors import AuthenticationError, JiraAssetsError, ReconnectNeeded, ScopeMissing
from jira_assets.settings.load import Settings

if TYPE_CHECKING:
    from jira_assets.auth.connect import Dialog

_REFUSALS = ("access_denied", "invalid_client", "invalid_grant", "unauthorized_client")
NAME = "the OAuth credential of the service account"


def request_tokens(app: OAuthApp) -> Tokens:
    """Request an access token; raises `ReconnectNeeded` if Atlassian refuses the client id or secret."""
    try:
        return app.request()
    except AuthenticationError as error:
        code = error.facts.get("oauth_error")
        if code not in _REFUSALS:
            raise
        raise _refused(code) from None


def _refused(code: str) -> ReconnectNeeded:
    if code == "unauthorized_client":
        return ReconnectNeeded(
            f"The client id is not that of a service account ({code}).",
            f"Create an OAuth 2.0 credential at {SERVICE_ACCOUNTS}. For an app of the developer console, use "
            "`jira-assets connect` without --service-account.",
        )
    return ReconnectNeeded(
        f"Atlassian does not accept the client id and secret of the service account ({code}): the credential "
        "was revoked, or the secret is wrong.",
        reconnect_advice("client_credentials"),
    )


def check_scopes(tokens: Tokens) -> None:
    """Raise `ScopeMissing` unless the token has the scopes without which no sync works."""
    missing = [scope for scope in NEEDED if tokens.scopes and scope not in tokens.scopes]
    if missing:
        raise ScopeMissing(
            f"The credential of the service account lacks the scope {' and '.join(missing)}.",
            f"The scopes of a credential cannot be changed. Create another one with that scope at "
            f"{SERVICE_ACCOUNTS}, and connect again.",
        )


def find_site(settings: Settings, dialog: Dialog, access_token: str) -> AccessibleSite:
    """Return the site that is set, else one that Atlassian lists for the token, else the one asked for.

    Atlassian may list none for a service account, or refuse the list. Then the first request at the gateway
    shows whether it has access.
    """
    sites = _listed(settings.jira_api_url, access_token)
    wanted = settings.jira_site_url
    for site in sites:
        if wanted is not None and is_at(site, wanted):
            return site
    if sites and wanted is None:
        return sites[0] if len(sites) == 1 else dialog.choose_site(sites)
    if wanted is None:
        dialog.say("Atlassian does not list the sites of this service account.")
        wanted = dialog.site_url()
        insist_on_cloud(wanted)
    return AccessibleSite(find_cloud_id(wanted, settings.jira_cloud_id), wanted)


def _listed(api_url: str, access_token: str) -> list[AccessibleSite]:
    try:
        return fetch_accessible_sites(api_url, access_token)
    except JiraAssetsError:
        return []
