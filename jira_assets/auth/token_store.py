"""The access token of a stored grant or service account, renewed in time by one process for all.

Refresh tokens rotate: each use returns the next one, and an old one used later than ten minutes after ends
the whole grant. So the new pair stands in the state, committed, before it is used, and only the process
that holds the row may ask for one. Should it die between Atlassian's answer and the commit, the old one
still stands there; the next process needs a token as well, and uses it again within the ten minutes.

A service account has no refresh token: its access token is requested with the client secret. A refusal ends
no consent, so it is tried again after some minutes: an admin may have undone what caused it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jira_assets.auth.oauth import OAuthApp, Tokens
from jira_assets.auth.remedies import reconnect_advice
from jira_assets.auth.service_account import request_tokens
from jira_assets.errors import (
    AuthenticationError,
    JiraUnavailable,
    RateLimited,
    ReconnectNeeded,
    SiteUnavailable,
)
from jira_assets.state import Credential, State
from jira_assets.state.credentials import HeldCredential
from jira_assets.state.encryption import SecretBox

# Long enough for the longest request that starts with the old token.
EARLY = timedelta(minutes=5)
UNTIL_RETRY = timedelta(minutes=10)
_ONLY_WHEN_EXPIRED = {403, 404}


@dataclass(frozen=True)
class _Access:
    token: str = field(repr=False)
    expires_at: datetime


class GrantTokens:
    """Gives the access token for each request; safe to use from many threads."""

    def __init__(
        self, state: State, box: SecretBox, auth_url: str, clock: Callable[[], datetime] | None = None
    ) -> None:
        self._state = state
        self._box = box
        self._auth_url = auth_url
        self._clock = clock or state.clock
        self._lock = threading.Lock()
        self._access: _Access | None = None

    def token(self) -> str:
        """Return a token that stays valid for some minutes."""
        with self._lock:
            if self._access is None or self._clock() >= self._access.expires_at - EARLY:
                self._access = self._obtain()
            return self._access.token

    def renew(self, refused: str, status: int) -> bool:
        """Return whether it is worth asking again, after Jira refused a request with this token.

        The gateway answers 401 to a token it does not like, and now and then 403 or 404 to one that expired.
        """
        with self._lock:
            if self._access is not None and self._access.token != refused:
                return True  # another thread was faster
            if status in _ONLY_WHEN_EXPIRED and self._access and self._clock() < self._access.expires_at:
                return False
            self._access = self._obtain(refused)
            return True

    def _obtain(self, refused: str | None = None) -> _Access:
        """Read the stored token, or get a new one if it is old or refused; what is given is committed."""
        lost: ReconnectNeeded | None = None
        with self._state.credentials.exclusive() as held:
            credential = still_consented(held.credential, self._clock())
            secrets = self._box.open(credential.secrets)
            access = _Access(secrets["access_token"], credential.expires_at or self._clock())
            if access.token == refused or self._clock() >= access.expires_at - EARLY:
                try:
                    access = self._refresh(held, credential, secrets)
                except ReconnectNeeded as error:
                    lost = error
                    held.keep(_refused(credential, error, self._clock()))
                except (JiraUnavailable, RateLimited, SiteUnavailable):
                    if refused or self._clock() >= access.expires_at:
                        raise
        if lost is not None:
            raise lost
        return access

    def _refresh(self, held: HeldCredential, credential: Credential, secrets: dict[str, str]) -> _Access:
        asked_at = self._clock()
        app = OAuthApp(credential.client_id or "", secrets["client_secret"], self._auth_url)
        tokens = _request(app, credential, secrets)
        renewed = secrets | {"access_token": tokens.access_token}
        if tokens.refresh_token:
            renewed["refresh_token"] = tokens.refresh_token
        expires_at = asked_at + timedelta(seconds=tokens.expires_in)
        held.keep(
            replace(
                credential,
                secrets=self._box.seal(renewed),
                refreshed_at=asked_at,
                expires_at=expires_at,
                scopes=" ".join(tokens.scopes) or credential.scopes,
                consent_lost_at=None,
                consent_lost_why=None,
            )
        )
        return _Access(tokens.access_token, expires_at)


def _request(app: OAuthApp, credential: Credential, secrets: dict[str, str]) -> Tokens:
    if credential.kind == "client_credentials":
        return request_tokens(app)
    return app.refresh(secrets["refresh_token"])


def still_consented(credential: Credential | None, now: datetime) -> Credential:
    """Return the credential; raises when there is none, or when Atlassian ended it.

    Only a person brings a consent back. The refusal of a service account may be tried again after a while.
    """
    if credential is None:
        raise AuthenticationError("No Jira site is connected.", "Connect one with `jira-assets connect`.")
    lost_at = credential.consent_lost_at
    is_service = credential.kind == "client_credentials"
    if lost_at is None or (is_service and now - credential.refreshed_at >= UNTIL_RETRY):
        return credential
    ended = "refused" if is_service else "ended the consent of"
    raise ReconnectNeeded(
        f"Atlassian {ended} {credential.display_name} (detected "
        f"{lost_at:%Y-%m-%d %H:%M} UTC): {credential.consent_lost_why}",
        reconnect_advice(credential.kind),
    )


def _refused(credential: Credential, error: ReconnectNeeded, now: datetime) -> Credential:
    """Keep since when and why; of a service account also when a token was last requested."""
    if credential.kind == "client_credentials":
        credential = replace(credential, refreshed_at=now)
    since = credential.consent_lost_at or now
    return replace(credential, consent_lost_at=since, consent_lost_why=error.reason)
