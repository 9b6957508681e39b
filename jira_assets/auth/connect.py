"""Connect a home to a Jira site, by API token, OAuth or service account: each step is verified.

The command and the page take the same steps. How each asks and shows is its `Dialog`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from jira_assets.auth import service_account
from jira_assets.auth.callback_server import callback_url
from jira_assets.auth.consent import OFFLINE, check_scopes, redeem_code
from jira_assets.auth.credentials import choose_connection
from jira_assets.auth.home_sites import FindHeldSite, share_grant, store_connection
from jira_assets.auth.oauth import OAuthApp, Tokens
from jira_assets.auth.sites import AccessibleSite, fetch_accessible_sites, insist_on_cloud, is_at, pick_site
from jira_assets.auth.verify import ApiToken, VerifiedConnection, verify_api_token, verify_connection
from jira_assets.clock import utc_now
from jira_assets.errors import JiraAssetsError
from jira_assets.jira.connection import BasicToken, Bearer, BearerToken, Connection
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets.state.encryption import open_secret_box


class Dialog(Protocol):
    """How a person is asked for what connecting needs, and shown what happens."""

    def site_url(self) -> str:
        """Return the address of the site."""

    def api_token(self) -> ApiToken:
        """Return the API token with the e-mail address of its account, or alone if it needs none."""

    def oauth_app(self) -> OAuthApp:
        """Return the OAuth app that asks for consent."""

    def service_account(self) -> OAuthApp:
        """Return the client id and secret of the service account."""

    def fetch_code(self, url: str, state: str) -> str:
        """Send the person to the consent page at `url`; return the code that comes back for `state`."""

    def choose_site(self, sites: Sequence[AccessibleSite]) -> AccessibleSite:
        """Return one of several sites that the consent covers."""

    def say(self, text: str) -> None:
        """Show a text."""


@dataclass(frozen=True)
class NewConnection:
    """A connection that was verified and stored."""

    verified: VerifiedConnection
    credential: Credential
    site: ConnectedSite
    """The site of the home that it was stored for."""


def connect_by_token(
    settings: Settings, dialog: Dialog, held_site: FindHeldSite, short_name: str | None = None
) -> NewConnection:
    """Connect by API token, in the form that works; raises as `store_connection` does."""
    site_url = settings.jira_site_url or dialog.site_url()
    insist_on_cloud(site_url)
    token = dialog.api_token()
    verified = verify_api_token(site_url, token, settings)
    credential = _credential(settings, verified, {"api_token": token.api_token})
    if isinstance(verified.connection.credential, BearerToken):
        credential = replace(credential, kind="bearer_api_token")
    email = token.email if isinstance(token, BasicToken) else credential.email
    return _store(settings, verified, replace(credential, email=email), held_site, short_name)


def connect_by_oauth(
    settings: Settings, dialog: Dialog, held_site: FindHeldSite, short_name: str | None = None
) -> NewConnection:
    """Connect by consent to an OAuth app; raises as `store_connection` does."""
    if settings.jira_site_url:
        insist_on_cloud(settings.jira_site_url)
        if short_name and (made := _by_known_consent(settings, dialog, held_site, short_name)):
            return made
    app = dialog.oauth_app()
    redirect_uri, state = callback_url(settings.callback_port), secrets.token_urlsafe(32)
    code = dialog.fetch_code(app.consent_url(redirect_uri, state, settings.oauth_scopes), state)
    tokens = redeem_code(app, code, redirect_uri)
    check_scopes(tokens)
    _warn_of_optional_scopes(settings, dialog, tokens)
    sites = fetch_accessible_sites(settings.jira_api_url, tokens.access_token)
    site = pick_site(sites, settings.jira_site_url) or dialog.choose_site(sites)
    connection = Connection(site.url, Bearer(lambda: tokens.access_token), site.id, settings.jira_api_url)
    verified = verify_connection(connection, site.name)
    grant = _grant(settings, verified, app, tokens)
    return _store(settings, verified, grant, held_site, short_name, [each.id for each in sites])


def _by_known_consent(
    settings: Settings, dialog: Dialog, held_site: FindHeldSite, short_name: str
) -> NewConnection | None:
    """Connect a further site by the consent of another one that covers it; None where there is none."""
    with State.open(settings.state_url) as state:
        for holder in state.sites.all():
            credential = state.of(holder).credentials.current()
            if credential is None or credential.kind != "oauth":
                continue
            try:
                own = replace(settings, jira_site_url=None)  # it names the further site
                tokens = choose_connection(own, state.of(holder)).credential
                access = tokens.token_supplier() if isinstance(tokens, Bearer) else ""
                covered = fetch_accessible_sites(settings.jira_api_url, access)
            except JiraAssetsError:  # a consent that is gone covers nothing
                continue
            site = next((each for each in covered if is_at(each, settings.jira_site_url or "")), None)
            if site is None:
                continue
            dialog.say(
                f"The consent of {credential.display_name} for {holder.url} covers {site.url} as well."
            )
            verified = verify_connection(
                Connection(site.url, tokens, site.id, settings.jira_api_url), site.name
            )
            made = _store(settings, verified, credential, held_site, short_name)
            share_grant(state, holder, credential, [site.id])
            return made
    return None


def connect_by_service_account(
    settings: Settings, dialog: Dialog, held_site: FindHeldSite, short_name: str | None = None
) -> NewConnection:
    """Connect by the client id and secret of a service account; raises as the others do."""
    if settings.jira_site_url:
        insist_on_cloud(settings.jira_site_url)
    app = dialog.service_account()
    tokens = service_account.request_tokens(app)
    service_account.check_scopes(tokens)
    _warn_of_optional_scopes(settings, dialog, tokens)
    site = service_account.find_site(settings, dialog, tokens.access_token)
    bearer = Bearer(lambda: tokens.access_token, name=service_account.NAME)
    connection = Connection(site.url, bearer, site.id, settings.jira_api_url)
    verified = verify_connection(connection, site.name or None)
    grant = replace(_grant(settings, verified, app, tokens), kind="client_credentials")
    return _store(settings, verified, grant, held_site, short_name)


def _warn_of_optional_scopes(settings: Settings, dialog: Dialog, tokens: Tokens) -> None:
    optional = [scope for scope in settings.oauth_scopes if scope != OFFLINE]
    missing = [scope for scope in optional if tokens.scopes and scope not in tokens.scopes]
    if missing:
        dialog.say(
            f"! Without {', '.join(missing)}, sprints are read from the issues. Names and states "
            "may be out of date."
        )


def _grant(settings: Settings, verified: VerifiedConnection, app: OAuthApp, tokens: Tokens) -> Credential:
    kept = {"access_token": tokens.access_token, "client_secret": app.client_secret}
    if tokens.refresh_token:
        kept["refresh_token"] = tokens.refresh_token
    credential = _credential(settings, verified, kept)
    return replace(
        credential,
        kind="oauth",
        client_id=app.client_id,
        scopes=" ".join(tokens.scopes),
        expires_at=credential.consented_at + timedelta(seconds=tokens.expires_in),
    )


def _credential(settings: Settings, verified: VerifiedConnection, kept: dict[str, str]) -> Credential:
    box, now = open_secret_box(settings.secret_key, settings.secret_key_file), utc_now()
    return Credential(
        kind="api_token",
        account_id=verified.identity.account_id,
        display_name=verified.identity.display_name,
        secrets=box.seal(kept),
        consented_at=now,
        refreshed_at=now,
        email=verified.identity.email,
        through_gateway=verified.connection.cloud_id is not None,
    )


def _store(
    settings: Settings,
    verified: VerifiedConnection,
    credential: Credential,
    held_site: FindHeldSite,
    short_name: str | None,
    covered: Collection[str] = (),
) -> NewConnection:
    """Store the credential for a site of this home; `covered` are the cloud ids of all sites it reaches."""
    site = ConnectedSite(verified.cloud_id, verified.connection.browse_url, verified.site_name)
    with State.open(settings.state_url) as state:
        stored = store_connection(state, site, credential, held_site, short_name)
        share_grant(state, stored, credential, covered)
    return NewConnection(verified, credential, stored)
