"""Prove a new connection by using it, keep it, and print who is connected to what."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta

from jira_assets.auth.oauth import OAuthApp, Tokens
from jira_assets.cli.context import Invocation
from jira_assets.cli.wiring import open_state
from jira_assets.errors import ScopeMissing, WrongSite
from jira_assets.formatting import counted
from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import BasicToken, Connection
from jira_assets.jira.http import Transport, utc_now
from jira_assets.jira.models import Identity
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets.state.encryption import open_secret_box

ATTEMPTS = 3
NO_PROJECT = "No project is visible to this account"
HOW_TO_SEE_PROJECTS = "Ask a Jira admin for the permission to browse projects."


@dataclass(frozen=True)
class VerifiedConnection:
    """What a connection showed when it was used for the first time."""

    connection: Connection
    cloud_id: str | None
    site_name: str | None
    identity: Identity
    project_keys: tuple[str, ...]


def verify_connection(
    connection: Connection, site_name: str | None, settings: Settings, *, cloud_id: str | None = None
) -> VerifiedConnection:
    """Ask who we are and which projects we see."""
    transport = Transport(connection, attempts=ATTEMPTS, patience=timedelta(minutes=1))
    with closing(transport):
        client = JiraClient(transport)
        try:
            identity = client.fetch_identity()
        except ScopeMissing:
            raise ScopeMissing(
                f"{connection.browse_url} accepts {connection.credential}, but it lacks the scope "
                "read:jira-user.",
                "Create a token, or a consent, with the scopes read:jira-work and read:jira-user, "
                "and connect again.",
            ) from None
        try:
            keys = tuple(sorted(project.key for project in client.fetch_projects()))
        except ScopeMissing:
            raise ScopeMissing(
                f"{connection.browse_url} accepts {identity.display_name}, but the token lacks the "
                "scope read:jira-work.",
                "Create a token, or a consent, that includes the scope read:jira-work, and connect again.",
            ) from None
    return VerifiedConnection(connection, connection.cloud_id or cloud_id, site_name, identity, keys)


def keep_oauth(
    invocation: Invocation, settings: Settings, proof: VerifiedConnection, app: OAuthApp, tokens: Tokens
) -> None:
    """Keep a grant that was proven."""
    credential = _credential(
        settings,
        proof,
        {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token or "",
            "client_secret": app.client_secret,
        },
    )
    credential = replace(
        credential,
        kind="oauth",
        client_id=app.client_id,
        scopes=" ".join(tokens.scopes),
        expires_at=credential.consented_at + timedelta(seconds=tokens.expires_in),
    )
    _keep(invocation, settings, proof, credential)


def keep_api_token(
    invocation: Invocation, settings: Settings, proof: VerifiedConnection, token: BasicToken
) -> None:
    """Keep an API token that was proven."""
    credential = _credential(settings, proof, {"api_token": token.api_token})
    _keep(invocation, settings, proof, replace(credential, email=token.email))


def _credential(settings: Settings, proof: VerifiedConnection, secrets: dict[str, str]) -> Credential:
    box, now = open_secret_box(settings.secret_key, settings.secret_key_file), utc_now()
    return Credential(
        kind="api_token",
        account_id=proof.identity.account_id,
        display_name=proof.identity.display_name,
        secrets=box.seal(secrets),
        consented_at=now,
        refreshed_at=now,
        email=proof.identity.email,
        through_gateway=proof.connection.cloud_id is not None,
    )


def _keep(
    invocation: Invocation, settings: Settings, proof: VerifiedConnection, credential: Credential
) -> None:
    """Keep site and credential, unless this home belongs to another site; then say so."""
    site = ConnectedSite(proof.cloud_id, proof.connection.browse_url, proof.site_name)
    with open_state(settings) as state:
        _refuse_another_site(settings, state, site)
        state.credentials.connect(site, credential)
    _tell(invocation, settings, proof, credential)


def _refuse_another_site(settings: Settings, state: State, site: ConnectedSite) -> None:
    """Raise when this home holds the issues, or tracks the projects, of another site."""
    lake, known = Lake(settings.lake_dir).site(), state.credentials.site()
    tracked = state.projects.tracked(include_inactive=True)
    if lake is not None and lake.site_id not in (site.cloud_id, site.url):
        holds = f"The lake of this home holds {lake.site_url}"
    elif tracked and known.cloud_id and known.cloud_id != site.cloud_id:
        holds = f"This home tracks projects of {known.url}"
    else:
        return
    raise WrongSite(
        f"{holds}, and the new connection is to {site.url}.",
        "Set JIRA_ASSETS_HOME to another folder for the other site. Nothing was changed.",
    )


def _tell(
    invocation: Invocation, settings: Settings, proof: VerifiedConnection, credential: Credential
) -> None:
    who = f"{credential.display_name}{f' ({credential.email})' if credential.email else ''}"
    kind = "OAuth" if credential.kind == "oauth" else "API token"
    through = " with scopes" if kind == "API token" and credential.through_gateway else ""
    invocation.say(f"✓ Connected to {proof.connection.browse_url} as {who}, by {kind}{through}.")
    if credential.scopes:
        invocation.say(f"✓ Scopes: {', '.join(credential.scopes.split())}.")
    by = f" Reconnect by {credential.reconnect_by:%Y-%m-%d}." if credential.reconnect_by else ""
    keys = proof.project_keys
    if keys:
        invocation.say(f"✓ {counted(len(keys), 'project')} visible.{by}")
        shown = " ".join(keys[:2])
        invocation.say(f"Next: jira-assets projects track {shown}   (or: jira-assets projects list)")
    else:
        invocation.say(f"! {NO_PROJECT}. {HOW_TO_SEE_PROJECTS}{by}")
    place = "the state" if settings.source("state_url") != "default" else str(settings.state_path)
    key = "JIRA_ASSETS_SECRET_KEY" if settings.secret_key else str(settings.secret_key_file)
    invocation.say(f"Stored in {place}, encrypted with the key in {key}.")
