"""Choose the credential: an API token of the settings comes first, then what `connect` has stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from jira_assets.errors import AuthenticationError, SettingsError
from jira_assets.jira.connection import (
    ATLASSIAN_GATEWAY,
    BasicToken,
    Bearer,
    BearerToken,
    Connection,
    JiraCredential,
)
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State


def choose_connection(
    settings: Settings, state: State, clock: Callable[[], datetime] | None = None
) -> Connection:
    """Connect with what is set or stored; raises AuthenticationError when there is neither.

    What is set is for the first site; a further one has what is stored for it.
    """
    site = state.credentials.site()
    credential = None if settings.jira_api_token and site.is_first else state.credentials.current()
    if credential is None and not site.is_first:
        raise AuthenticationError(
            f"The site {site.label} is not connected.",
            f"Connect it with `jira-assets connect --site-name {site.label}`.",
        )
    if credential is None:
        return Connection.from_settings(settings)
    if site.is_first:
        _insist_on_the_site(settings, site)
    return Connection(
        site.url or "",
        _open(credential, settings, state, clock),
        site.cloud_id if credential.through_gateway else None,
        settings.jira_api_url or ATLASSIAN_GATEWAY,
        credential.account_id,
    )


def _open(
    credential: Credential, settings: Settings, state: State, clock: Callable[[], datetime] | None
) -> JiraCredential:
    from jira_assets.auth.service_account import NAME
    from jira_assets.auth.token_store import (  # late, as are those below: few need them
        GrantTokens,
        still_consented,
    )
    from jira_assets.state.encryption import open_secret_box

    still_consented(credential, (clock or state.clock)())
    box = open_secret_box(settings.secret_key, settings.secret_key_file, may_create=False)
    if credential.kind == "api_token":
        return BasicToken(credential.email or "", box.open(credential.secrets)["api_token"])
    if credential.kind == "bearer_api_token":
        return BearerToken(box.open(credential.secrets)["api_token"])
    tokens = GrantTokens(state, box, settings.jira_auth_url, clock)
    if credential.kind == "client_credentials":
        return Bearer(tokens.token, tokens.renew, NAME)
    return Bearer(tokens.token, tokens.renew)


def _insist_on_the_site(settings: Settings, site: ConnectedSite) -> None:
    wanted = settings.jira_site_url
    if wanted and site.url and wanted.rstrip("/") != site.url.rstrip("/"):
        raise SettingsError(
            f"JIRA_SITE_URL is {wanted}, but this home was connected to {site.url}.",
            "Remove JIRA_SITE_URL from the environment and .env, or use another home "
            "(JIRA_ASSETS_HOME) for the other site.",
        )
