"""Where at Atlassian a credential is made, and how to connect again with it."""

from __future__ import annotations

from jira_assets.errors import AuthenticationError, JiraAssetsError
from jira_assets.state.models import ConnectedSite, CredentialKind

SERVICE_ACCOUNTS = "https://admin.atlassian.com, Directory, Service accounts"


def reconnect_advice(kind: CredentialKind) -> str:
    """Return what brings syncs back after Atlassian ended a credential."""
    if kind == "client_credentials":
        return (
            f"Check the credential at {SERVICE_ACCOUNTS}, or create another one there, and run `jira-assets "
            "connect --service-account`. Synced data is kept."
        )
    return "Run `jira-assets connect` again. Synced data is kept."


def advice_for(advice: str, site: ConnectedSite) -> str:
    """Return advice with the command that connects this site; what the environment sets is for the first."""
    if site.is_first or "--site-name" in advice:
        return advice
    if "JIRA_" in advice:
        advice = "Check its credential, then run `jira-assets connect` again. Synced data is kept."
    return advice.replace("jira-assets connect", f"jira-assets connect --site-name {site.short_name}")


def error_of(error: JiraAssetsError, site: ConnectedSite) -> JiraAssetsError:
    """Return an error with the advice for the site that it is from."""
    advice = advice_for(error.instruction, site)
    if advice == error.instruction or not isinstance(error, AuthenticationError):
        return error
    return type(error)(error.reason, advice, **error.facts)
