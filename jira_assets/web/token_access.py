"""Who may ask the page: which hosts it answers for, and with which token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

from jira_assets.errors import SettingsError

LOOPBACK_HOSTS = ("127.0.0.1", "localhost")
SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Access:
    """What a request has to show. Without a token the page answers on the loopback address only."""

    hosts: tuple[str, ...] = LOOPBACK_HOSTS
    token: str | None = field(default=None, repr=False)

    def is_pass(self, given: str) -> bool:
        """Return whether this is the cookie that `pass_for_cookie` made."""
        return self.token is None or hmac.compare_digest(given.encode(), self.pass_for_cookie().encode())

    def is_token(self, given: str) -> bool:
        """Return whether this is the token."""
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())

    def pass_for_cookie(self) -> str:
        """Derive what the browser keeps, so that the token itself is stored nowhere."""
        return hmac.new((self.token or "").encode(), b"jira_assets page", hashlib.sha256).hexdigest()


def check_access(bind: str, token: str | None, hosts: Sequence[str]) -> Access:
    """Decide what requests have to show; raises `SettingsError` for an open door."""
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"JIRA_ASSETS_WEB_TOKEN has {len(token)} characters, but a token requires at least "
            f"{SHORTEST_TOKEN}.",
            "Generate one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`.",
        )
    if any("*" in host for host in hosts):
        raise SettingsError("JIRA_ASSETS_WEB_HOSTS contains a pattern.", "List each host name of the page.")
    if not _is_loopback(bind) and not (token and hosts):
        raise SettingsError(
            f"Listening on {bind} would expose the page to the network.",
            "Set JIRA_ASSETS_WEB_TOKEN (16 characters or more) and JIRA_ASSETS_WEB_HOSTS (the host "
            "names of the page, separated by commas), or listen on 127.0.0.1.",
        )
    return Access((*LOOPBACK_HOSTS, *hosts), token)


def _is_loopback(bind: str) -> bool:
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"
