"""Judge a refusal of who we are: only `/myself` says that the credential itself is no good."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from jira_assets.errors import AuthenticationError, Forbidden, JiraAssetsError
from jira_assets.jira.client import JiraClient

HOLDS = timedelta(minutes=1)


class IdentityCheck:
    """Asks who we are when some other endpoint answers 401, for many threads once a minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._proved_at: datetime | None = None

    def judge(self, client: JiraClient, error: JiraAssetsError) -> JiraAssetsError:
        """Return what an error means for the one endpoint; raises AuthenticationError when it means us."""
        if not isinstance(error, AuthenticationError):
            return error
        try:
            self._prove(client)
        except AuthenticationError:
            raise
        except JiraAssetsError as unknown:  # who we are is asked again before anything is believed
            return unknown
        return _endpoint_refuses(error)

    def _prove(self, client: JiraClient) -> None:
        with self._lock:
            now = client.transport.clock()
            if self._proved_at is None or now - self._proved_at > HOLDS:
                client.prove_identity(None)
                self._proved_at = now


def _endpoint_refuses(error: AuthenticationError) -> Forbidden:
    path = urlsplit(str(error.facts.get("url", ""))).path or "this part of the site"
    status = error.facts.get("status", "a refusal")
    return Forbidden(
        f"Jira answers {path} with {status}, although it accepts the same credential for /myself.",
        "Give the account access to it (boards and sprints require access to Jira Software), and "
        "give an app or a token with scopes the required scope.",
        **error.facts,
    )
