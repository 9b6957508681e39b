"""The settings that connect by an API token, and what is said when some of them are missing."""

from __future__ import annotations

from typing import Protocol

from jira_assets.errors import AuthenticationError

_OF_A_SERVICE_ACCOUNT = " (or JIRA_CLOUD_ID, for the API token of a service account)"


class JiraSettings(Protocol):
    """What a connection by API token reads."""

    @property
    def jira_site_url(self) -> str | None: ...
    @property
    def jira_email(self) -> str | None: ...
    @property
    def jira_api_token(self) -> str | None: ...
    @property
    def jira_cloud_id(self) -> str | None: ...
    @property
    def jira_api_url(self) -> str | None: ...


def incomplete(settings: JiraSettings) -> AuthenticationError:
    """Return the error for settings that do not add up to a connection; it names what is missing."""
    needed = {
        "JIRA_SITE_URL": settings.jira_site_url,
        "JIRA_EMAIL": _account(settings),
        "JIRA_API_TOKEN": settings.jira_api_token,
    }
    missing = ", ".join(name for name, value in needed.items() if not value)
    if settings.jira_api_token:
        return AuthenticationError(
            f"JIRA_API_TOKEN is set and overrides the stored connection, but {missing} not set.",
            f"Set {missing} as well{_OF_A_SERVICE_ACCOUNT if 'JIRA_EMAIL' in missing else ''}, or remove "
            "JIRA_API_TOKEN from the environment and .env to use the stored connection.",
        )
    return AuthenticationError(
        f"No Jira site is connected: {missing} not set.",
        "Run `jira-assets connect`, or set JIRA_SITE_URL, JIRA_EMAIL and JIRA_API_TOKEN (in the "
        "environment or in .env).",
    )


def is_complete(settings: JiraSettings) -> bool:
    """Return whether they add up to a connection."""
    return bool(settings.jira_site_url and _account(settings) and settings.jira_api_token)


def _account(settings: JiraSettings) -> str | None:
    """Return what the token is sent with: the gateway of a site may need no e-mail."""
    return settings.jira_email or settings.jira_cloud_id
