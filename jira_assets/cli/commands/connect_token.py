"""Connect by e-mail and API token: a classic one works at the site, one with scopes at the gateway."""

from __future__ import annotations

import click

from jira_assets.auth.sites import fetch_cloud_id, insist_on_cloud
from jira_assets.cli.commands.connect import ask, ask_secret
from jira_assets.cli.commands.connect_finish import VerifiedConnection, keep_api_token, verify_connection
from jira_assets.cli.context import Invocation
from jira_assets.errors import AuthenticationError, JiraUnavailable, SiteUnavailable
from jira_assets.jira.connection import ATLASSIAN_GATEWAY, BasicToken, Connection
from jira_assets.settings.load import Settings
from jira_assets.settings.values import mask_secret, read_site

TOKENS = "https://id.atlassian.com/manage-profile/security/api-tokens"


def connect_by_token(invocation: Invocation, settings: Settings) -> None:
    """Ask for what is not set, find out what kind of token it is, and keep it."""
    site_url = _site_url(settings)
    insist_on_cloud(site_url)
    if not settings.jira_api_token:
        invocation.say(f"Create an API token at {TOKENS}, with or without scopes.")
    email = ask("E-mail of your Atlassian account", settings.jira_email, "--email")
    token = BasicToken(email, ask_secret("API token", settings.jira_api_token))
    cloud_id = settings.jira_cloud_id or fetch_cloud_id(site_url)
    proof = _prove(site_url, token, cloud_id, settings)
    keep_api_token(invocation, settings, proof, token)


def _site_url(settings: Settings) -> str:
    if settings.jira_site_url:
        return settings.jira_site_url
    while True:
        try:
            return read_site(ask("Address of the Jira site (acme.atlassian.net)", None, "--site"))
        except ValueError as error:
            click.echo(f"That {error}.", err=True)


def _prove(site_url: str, token: BasicToken, cloud_id: str | None, settings: Settings) -> VerifiedConnection:
    at_site = Connection(site_url, token, api_url=settings.jira_api_url)
    try:
        return verify_connection(at_site, None, settings, cloud_id=cloud_id)
    except AuthenticationError as error:
        if error.facts.get("captcha"):  # no kind of token is looked at before that
            raise
        if cloud_id is None:
            raise _refused(site_url, token) from None
    try:
        return verify_connection(Connection(site_url, token, cloud_id, settings.jira_api_url), None, settings)
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


def _refused(site_url: str, token: BasicToken) -> AuthenticationError:
    return AuthenticationError(
        f"{site_url} does not accept the API token ending {mask_secret(token.api_token)} of "
        f"{token.email}, neither as a classic token nor as a token with scopes.",
        "Check that the e-mail address is the one you log in with, and that the token is complete "
        f"and not expired: {TOKENS}. Nothing was changed.",
    )
