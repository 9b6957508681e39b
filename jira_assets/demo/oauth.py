"""The OAuth server of a demo site: an app whose grants rotate as Atlassian's do, service accounts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

from jira_assets.demo.accounts import ALL_SCOPES, CLOUD_ID, Account
from jira_assets.demo.clock import DAY_MS, VirtualClock
from jira_assets.demo.data import Json

HOUR_MS = 3_600_000
LEEWAY_MS = 600_000
IDLE_MS = 90 * DAY_MS
ABSOLUTE_MS = 365 * DAY_MS
CODE_MS = 600_000
OFFLINE = "offline_access"
APP_SCOPES = ALL_SCOPES | {OFFLINE}


@dataclass(slots=True)
class App:
    """What is registered in the developer console."""

    client_id: str = "demo-app"
    client_secret: str = "demo-app-secret"  # noqa: S105 - the credential of a made-up site is no secret
    name: str = "Jira assets (demo)"
    callbacks: set[str] = field(default_factory=lambda: {"http://127.0.0.1:8765/callback"})
    scopes: frozenset[str] = APP_SCOPES


@dataclass(slots=True, eq=False)
class ServiceClient:
    """An OAuth 2.0 credential of a service account, as an admin of the organization creates it.

    `sites` is what accessible-resources answers to its tokens.
    """

    account: Account
    scopes: frozenset[str]
    client_id: str
    client_secret: str = field(repr=False)
    is_revoked: bool = False
    sites: Literal["listed", "empty", "refused"] = "listed"


@dataclass(slots=True, eq=False)
class Family:
    """All tokens that come from one consent; one mistake ends them all. Those of a client are no family."""

    account: Account
    scopes: frozenset[str]
    born_ms: int
    renewed_ms: int
    exchanged: int = -1
    """The newest generation whose refresh token was used."""
    alive: bool = True
    client: ServiceClient | None = None


@dataclass(slots=True)
class RefreshToken:
    """One refresh token: the n-th generation of its family."""

    family: Family
    generation: int
    used_ms: int | None = None


@dataclass(slots=True)
class AccessToken:
    """One access token; it continues living when its family ends, as Atlassian's do."""

    family: Family
    expires_ms: int


@dataclass(slots=True)
class Code:
    """What the browser brings back, to be redeemed once, from where it was sent."""

    account: Account
    scopes: frozenset[str]
    redirect_uri: str
    expires_ms: int


class Denied(Exception):
    """The token endpoint does not give a token."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.status, self.error, self.description = status, error, description


class OAuthServer:
    """Consents, codes and tokens; the caller holds the lock of the site."""

    def __init__(self, clock: VirtualClock) -> None:
        self.app = App()
        self.access_life_ms = HOUR_MS
        self.resources: list[Json] = []
        self.breaches = 0
        self.refreshes = 0
        self.grants = 0
        self.refusals = 0
        self.watch: Callable[[str, str], None] = _unwatched
        """Hears `issued`, `redeemed` and `used`, each with a token: what proofs listen to."""
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._access: dict[str, AccessToken] = {}
        self._families: list[Family] = []
        self._clients: dict[str, ServiceClient] = {}

    def add_client(self, account: Account, scopes: Iterable[str] = ALL_SCOPES) -> ServiceClient:
        """Create a credential for a service account."""
        number = len(self._clients) + 1
        client = ServiceClient(account, frozenset(scopes), f"demo-client-{number}", f"demo-secret-{number}")
        self._clients[client.client_id] = client
        return client

    def check_client(self, client_id: str, secret: str, grant: str) -> None:
        """Raise `Denied` unless the secret is right and the client may ask for this grant."""
        client = self._clients.get(client_id)
        known = (self.app.client_id, self.app.client_secret)
        if client is not None and not client.is_revoked:
            known = (client.client_id, client.client_secret)
        if (client_id, secret) != known:
            self.refusals += 1
            raise Denied(401, "access_denied", "Unauthorized")
        if (grant == "client_credentials") is (client is None):
            raise Denied(403, "unauthorized_client", f"Grant type '{grant}' not allowed for the client.")

    def grant_client(self, client_id: str) -> Json:
        """Return an access token of a service account; there is nothing to refresh it with."""
        self.grants += 1
        client, now = self._clients[client_id], self._clock.now_ms()
        return self._issue(Family(client.account, client.scopes, now, now, client=client), 0)

    def client_of(self, token: str) -> ServiceClient | None:
        """Return the service account's credential that an access token came from."""
        known = self._access.get(token)
        return known.family.client if known else None

    def consent(self, account: Account, scopes: Iterable[str], redirect_uri: str) -> str:
        """Note that a person agreed, and return the code for the browser to carry."""
        code = secrets.token_urlsafe(24)
        expires = self._clock.now_ms() + CODE_MS
        self._codes[code] = Code(account, frozenset(scopes), redirect_uri, expires)
        return code

    def redeem(self, code: str, redirect_uri: str) -> Json:
        """Turn a code into the first tokens of a family; an account has one grant of the app at most."""
        known = self._codes.pop(code, None)
        if known is None or known.expires_ms < self._clock.now_ms() or known.redirect_uri != redirect_uri:
            raise Denied(403, "invalid_grant", "Invalid authorization code")
        for family in self._families:
            if family.account is known.account:
                family.scopes = known.scopes
        now = self._clock.now_ms()
        family = Family(known.account, known.scopes, now, now)
        self._families.append(family)
        return self._issue(family, 0)

    def refresh(self, token: str) -> Json:
        """Turn a refresh token into the next pair; reused too late, it takes its whole family along."""
        self.refreshes += 1
        self.watch("redeemed", token)
        known, now = self._refresh.get(token), self._clock.now_ms()
        if known is None or not self._lives(known.family, now):
            raise Denied(403, "invalid_grant", "Unknown or invalid refresh token.")
        if known.used_ms is not None and not self._forgiven(known, now):
            known.family.alive = False
            self.breaches += 1
            raise Denied(403, "invalid_grant", "Unknown or invalid refresh token.")
        known.used_ms = now if known.used_ms is None else known.used_ms
        known.family.exchanged = known.generation
        known.family.renewed_ms = now
        return self._issue(known.family, known.generation + 1)

    def revoke(self) -> None:
        """Take every consent back, as a person does on their profile page."""
        for family in self._families:
            family.alive = False

    def holder(self, token: str) -> tuple[Account, frozenset[str]] | None:
        """Return who a living access token stands for, and with which scopes."""
        known = self._access.get(token)
        if known is None:
            return None
        self.watch("used", token)
        return (
            (known.family.account, known.family.scopes) if known.expires_ms > self._clock.now_ms() else None
        )

    def expired(self, token: str) -> bool:
        """Return whether this was an access token once."""
        known = self._access.get(token)
        return known is not None and known.expires_ms <= self._clock.now_ms()

    def accessible(self, scopes: frozenset[str], name: str, url: str) -> list[Json]:
        """Return what accessible-resources lists: this site, and what a test added."""
        mine = {"id": CLOUD_ID, "name": name, "url": url, "scopes": sorted(scopes - {OFFLINE})}
        return [*([mine] if scopes - {OFFLINE} else []), *self.resources]

    def _lives(self, family: Family, now: int) -> bool:
        return family.alive and now - family.renewed_ms <= IDLE_MS and now - family.born_ms <= ABSOLUTE_MS

    def _forgiven(self, token: RefreshToken, now: int) -> bool:
        """Only the token used last, and only for ten minutes, may be used again."""
        recently = token.used_ms is not None and now - token.used_ms <= LEEWAY_MS
        return recently and token.generation == token.family.exchanged

    def _issue(self, family: Family, generation: int) -> Json:
        now = self._clock.now_ms()
        access = f"demo-access-{secrets.token_urlsafe(24)}"
        self._access[access] = AccessToken(family, now + self.access_life_ms)
        self.watch("issued", access)
        answer: Json = {
            "access_token": access,
            "expires_in": self.access_life_ms // 1000,
            "token_type": "Bearer",
            "scope": " ".join(sorted(family.scopes)),
        }
        if OFFLINE in family.scopes:
            refresh = f"demo-refresh-{secrets.token_urlsafe(24)}"
            self._refresh[refresh] = RefreshToken(family, generation)
            answer["refresh_token"] = refresh
        return answer


def _unwatched(event: str, token: str) -> None:
    pass
