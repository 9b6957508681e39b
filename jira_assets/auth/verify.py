"""Verify a new connection by using it: whose it is, which projects it sees, which kind of token it has."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from jira_assets.auth.remedies import SERVICE_ACCOUNTS
from jira_assets.auth.sites import fetch_cloud_id, find_cloud_id
from jira_assets.errors import AuthenticationError, JiraUnavailable, ScopeMissing, SiteUnavailable
from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import ATLASSIAN_GATEWAY, BasicToken, BearerToken, Connection
from jira_assets.jira.http import Transport
from jira_assets.jira.models import Identity
from jira_assets.settings.load import Settings
from jira_assets.settings.values import mask_secret

ATTEMPTS = 3
TOKENS = "https://id.atlassian.com/manage-profile/security/api-tokens"
NO_PROJECT = "No project is visible to this account"
HOW_TO_SEE_PROJECTS = "Ask a Jira admin for the permission to browse projects."


ApiToken = BasicToken | BearerToken


@dataclass(frozen=True)
class VerifiedConnection:
    """What a connection showed when it was used for the first time."""

    connection: Connection
    cloud_id: str | None
    site_name: str | None
    identity: Identity
    project_keys: tuple[str, ...]


def verify_connection(
    connection: Connection, site_name: str | None = None, *, cloud_id: str | None = None
) -> VerifiedConnection:
    """Fetch the identity of the account and the projects that it sees.

    Raises `ScopeMissing` if the credential lacks a scope for that, `AuthenticationError` if it is refused.
    """
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


def verify_api_token(site_url: str, token: ApiToken, settings: Settings) -> VerifiedConnection:
    """Verify an API token: a classic one works at the site, one with scopes at the gateway.

    The gateway takes some as Basic and some as Bearer: both are tried, and the connection has the form that
    works. Raises `AuthenticationError` if none does.
    """
    if isinstance(token, BearerToken):
        cloud_id = find_cloud_id(site_url, settings.jira_cloud_id)
        try:
            return verify_connection(Connection(site_url, token, cloud_id, settings.jira_api_url))
        except AuthenticationError:
            raise _refused_alone(site_url, token) from None
    return _verify_with_email(site_url, token, settings)


def _verify_with_email(site_url: str, token: BasicToken, settings: Settings) -> VerifiedConnection:
    cloud_id = settings.jira_cloud_id or fetch_cloud_id(site_url)
    try:
        return verify_connection(
            Connection(site_url, token, api_url=settings.jira_api_url), cloud_id=cloud_id
        )
    except AuthenticationError as error:
        if error.facts.get("captcha"):  # no kind of token is looked at before that
            raise
        if cloud_id is None:
            raise _refused(site_url, token) from None
    try:
        return _verify_at_gateway(site_url, token, cloud_id, settings.jira_api_url)
    except AuthenticationError:
        raise _refused(site_url, token) from None
    except (JiraUnavailable, SiteUnavailable) as error:
        raise AuthenticationError(
            f"{site_url} refuses the API token of {token.email} as a classic token. Whether it is a "
            f"token with scopes could not be checked: {error.reason}",
            "Check that the e-mail address is the one you log in with, and that the token is "
            f"complete and not expired: {TOKENS}. A token with scopes works only at "
            f"{settings.jira_api_url or ATLASSIAN_GATEWAY}.",
        ) from None


def _verify_at_gateway(site_url: str, token: BasicToken, cloud_id: str, api_url: str) -> VerifiedConnection:
    """Try Basic, then Bearer; the refusal that names a missing scope is the one to raise."""
    refusals: list[AuthenticationError | ScopeMissing] = []
    for form in (token, BearerToken(token.api_token)):
        try:
            return verify_connection(Connection(site_url, form, cloud_id, api_url))
        except (AuthenticationError, ScopeMissing) as error:
            refusals.append(error)
    raise next((each for each in refusals if isinstance(each, ScopeMissing)), refusals[0])


def _refused(site_url: str, token: BasicToken) -> AuthenticationError:
    return AuthenticationError(
        f"{site_url} does not accept the API token ending {mask_secret(token.api_token)} of "
        f"{token.email}, neither as a classic token nor as a token with scopes.",
        "Check that the e-mail address is the one you log in with, and that the token is complete "
        f"and not expired: {TOKENS}. Nothing was changed.",
    )


def _refused_alone(site_url: str, token: BearerToken) -> AuthenticationError:
    return AuthenticationError(
        f"{site_url} does not accept the API token ending {mask_secret(token.api_token)} without an e-mail "
        "address.",
        f"Check that it is the token of a service account, complete and not expired ({SERVICE_ACCOUNTS}), "
        "or add the e-mail address of the account. Nothing was changed.",
    )
