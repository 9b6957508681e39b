"""A grant of the demo site's app, stored the way `connect` stores it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.oauth import ServiceClient
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings, load_settings
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets.state.encryption import open_secret_box

SCOPES = "read:jira-work read:jira-user read:sprint:jira-software offline_access"


def connected_settings(
    server: DemoServer, home: Path, state_url: str, secret_key: str | None = None
) -> Settings:
    """Name the home, the state, and the site that stands in for Atlassian; no credential."""
    places = {"JIRA_API_URL": server.url, "JIRA_AUTH_URL": server.url, "JIRA_ASSETS_STATE_URL": state_url}
    if secret_key:
        places["JIRA_ASSETS_SECRET_KEY"] = secret_key
    return load_settings({"home": str(home)}, places, dotenv=None, stored={})


def store_grant(
    site: DemoSite, settings: Settings, state: State, clock: Callable[[], datetime], url: str
) -> Credential:
    """Consent as the site's first account and keep the grant."""
    oauth, account = site.oauth, site.accounts.first
    with site.lock:
        tokens = oauth.redeem(oauth.consent(account, SCOPES.split(), "here"), "here")
    box = open_secret_box(settings.secret_key, settings.secret_key_file)
    secrets = {name: tokens[name] for name in ("access_token", "refresh_token")}
    credential = Credential(
        kind="oauth",
        account_id=account.account_id,
        display_name="Demo Analyst",
        secrets=box.seal(secrets | {"client_secret": oauth.app.client_secret}),
        consented_at=clock(),
        refreshed_at=clock(),
        email=account.email,
        client_id=oauth.app.client_id,
        scopes=SCOPES,
        through_gateway=True,
        expires_at=clock() + timedelta(seconds=tokens["expires_in"]),
    )
    state.credentials.connect(ConnectedSite(site.cloud_id, url, site.name), credential)
    return credential


def store_client(
    site: DemoSite, settings: Settings, state: State, clock: Callable[[], datetime], url: str
) -> ServiceClient:
    """Create a credential of a service account, and keep it with its first access token."""
    with site.lock:
        client = site.oauth.add_client(site.add_service_account())
        tokens = site.oauth.grant_client(client.client_id)
    box = open_secret_box(settings.secret_key, settings.secret_key_file)
    secrets = {"access_token": tokens["access_token"], "client_secret": client.client_secret}
    credential = Credential(
        kind="client_credentials",
        account_id=client.account.account_id,
        display_name="Sync Bot",
        secrets=box.seal(secrets),
        consented_at=clock(),
        refreshed_at=clock(),
        client_id=client.client_id,
        scopes=tokens["scope"],
        through_gateway=True,
        expires_at=clock() + timedelta(seconds=tokens["expires_in"]),
    )
    state.credentials.connect(ConnectedSite(site.cloud_id, url, site.name), credential)
    return client
