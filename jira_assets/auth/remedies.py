"""Where at Atlassian a credential is made, and how to connect again with it."""

from __future__ import annotations

from jira_assets.state.models import CredentialKind

SERVICE_ACCOUNTS = "https://admin.atlassian.com, Directory, Service accounts"


def reconnect_advice(kind: CredentialKind) -> str:
    """Return what brings syncs back after Atlassian ended a credential."""
    if kind == "client_credentials":
        return (
            f"Check the credential at {SERVICE_ACCOUNTS}, or create another one there, and run `jira-assets "
            "connect --service-account`. Synced data is kept."
        )
    return "Run `jira-assets connect` again. Synced data is kept."
