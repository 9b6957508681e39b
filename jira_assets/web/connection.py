"""Who is connected to which site, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jira_assets.settings import Settings


@dataclass(frozen=True)
class ConnectionCard:
    """A connection as the page may show it: no secret, and nothing asked of Jira."""

    site_url: str | None
    person: str | None
    method: str
    problem: str | None = None
    reconnect_by: datetime | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is everything that a request to Jira needs."""
        return self.problem is None


def describe_connection(settings: Settings) -> ConnectionCard:
    """Describe the connection that the settings make."""
    needed = {
        "JIRA_SITE_URL": settings.jira_site_url,
        "JIRA_EMAIL": settings.jira_email,
        "JIRA_API_TOKEN": settings.jira_api_token,
    }
    missing = [name for name, value in needed.items() if not value]
    problem = f"{', '.join(missing)} not set" if missing else None
    return ConnectionCard(settings.jira_site_url, settings.jira_email, "API token", problem)
