"""Who may call a demo site, and with what."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_EMAIL = "demo@example.com"
DEFAULT_TOKEN = "demo-token"  # noqa: S105 - the credential of a made-up site is no secret
DEFAULT_BEARER = "demo-bearer"
DEFAULT_ACCOUNT_ID = "712020:00000000-demo-0000-0000-000000000001"
CLOUD_ID = "d3e0d3e0-0000-4000-8000-00000000c10d"
ALL_SCOPES = frozenset(
    {
        "read:jira-work",
        "read:jira-user",
        "read:board-scope:jira-software",
        "read:board-scope.admin:jira-software",
        "read:sprint:jira-software",
        "read:project:jira",
    }
)
"""The agile API has granular scopes only."""
AS_BASIC, AS_BEARER = frozenset({"basic"}), frozenset({"bearer"})
"""How an API token is sent: with the e-mail, or alone. The gateway takes some tokens in one way only."""


@dataclass(slots=True, eq=False)
class Account:
    """A caller; `time_zone` None means the site's zone. A `scoped` API token works at the gateway only.

    `sent_as` is how its API token has to be sent. The site's own address takes none as Bearer.
    """

    account_id: str
    email: str
    token: str
    bearer: str | None = None
    time_zone: str | None = None
    scopes: frozenset[str] = ALL_SCOPES
    scoped: bool = False
    sent_as: frozenset[str] = AS_BASIC

    def takes_basic(self, sent: tuple[str, str] | None) -> bool:
        """Return whether this e-mail and token are those of the account, and may be sent so."""
        return "basic" in self.sent_as and sent == (self.email, self.token)

    def takes_bearer(self, token: str) -> bool:
        """Return whether the gateway takes this token alone as that of the account."""
        return token == self.bearer or ("bearer" in self.sent_as and token == self.token)


@dataclass(frozen=True, slots=True)
class CallerProof:
    """What the Authorization header of a request amounts to."""

    account: Account | None
    given: bool
    scopes: frozenset[str] = frozenset()


class Accounts:
    """The callers of a site, in the order they were added."""

    def __init__(self) -> None:
        self._accounts: list[Account] = []

    def add(self, account: Account) -> Account:
        """Register one more account."""
        self._accounts.append(account)
        return account

    def revoke(self, account: Account) -> None:
        """Forget the API token of an account, as an admin does; the person or app stays."""
        self._accounts.remove(account)

    def __len__(self) -> int:
        return len(self._accounts)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts)

    @property
    def first(self) -> Account:
        """Return the account whose credentials are printed."""
        return self._accounts[0]

    def prove(self, header: str | None, *, gateway: bool) -> CallerProof:
        """Find the account that an Authorization header stands for at the site or at the gateway."""
        if not header:
            return CallerProof(None, given=False)
        scheme, _, credential = header.partition(" ")
        for account in self._accounts:
            if scheme.lower() == "bearer":
                # Tokens of OAuth apps do not work at the site's own address.
                if gateway and account.takes_bearer(credential.strip()):
                    return CallerProof(account, True, account.scopes)
            elif account.takes_basic(_basic(credential)) and (gateway or not account.scoped):
                return CallerProof(account, True, account.scopes)
        return CallerProof(None, given=True)


def _basic(credential: str) -> tuple[str, str] | None:
    try:
        email, _, token = base64.b64decode(credential).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return email, token
