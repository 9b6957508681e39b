"""What may not be asked until when: a whole site or one endpoint of it. All processes know."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

WHOLE_SITE = ""
"""In place of an endpoint: a pause of all of them."""
NEWS_SECONDS = 1.0
"""How long what was read of a store may be used: other processes hear of a pause that much later."""

_IDENTIFIER = re.compile(r"\d+|[A-Z][A-Z0-9_]*(-\d+)?")


@dataclass(frozen=True, order=True)
class Pause:
    """Until when something may not be asked; `reason` says whose pause it is, and why."""

    until: datetime
    reason: str


class PauseStore(Protocol):
    """Where the pauses of a site are, for everyone to see."""

    def all(self) -> Mapping[str, Pause]:
        """Return the last pause of each endpoint and that of the `WHOLE_SITE`, also when they are over."""
        ...

    def pause(self, until: datetime, reason: str, endpoint: str = WHOLE_SITE) -> None:
        """Pause requests until `until`; a pause that ends later stays."""
        ...


class MemoryPauseStore:
    """The pauses that one process knows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pauses: dict[str, Pause] = {}

    def all(self) -> Mapping[str, Pause]:
        """Return the last pause of each endpoint and that of the whole site."""
        return self._pauses

    def pause(self, until: datetime, reason: str, endpoint: str = WHOLE_SITE) -> None:
        """Pause requests until `until`; a pause that ends later stays."""
        with self._lock:
            present = self._pauses.get(endpoint)
            if present is None or present.until < until:
                self._pauses = {**self._pauses, endpoint: Pause(until, reason)}


class RecentPauses:
    """The pauses of a store, which is read at most once a second and not before each request."""

    def __init__(self, store: PauseStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found: Mapping[str, Pause] = {}
        self._good_until = 0.0

    def all(self) -> Mapping[str, Pause]:
        """Return what the store had a second ago or later."""
        with self._lock:
            now = time.monotonic()
            if now >= self._good_until:
                self._found = self._store.all()
                self._good_until = now + NEWS_SECONDS
            return self._found

    def pause(self, until: datetime, reason: str, endpoint: str = WHOLE_SITE) -> None:
        """Write a pause down at once, and read it with those of others before the next request."""
        self._store.pause(until, reason, endpoint)
        with self._lock:
            self._good_until = 0.0


@dataclass(frozen=True)
class Wait:
    """A request that waits for so many seconds; `reason` says whose pause it is, and why."""

    endpoint: str
    seconds: float
    until: datetime
    reason: str


def endpoint_of(method: str, path: str) -> str:
    """Name the endpoint that Jira counts a request under: method and path, ids and keys left out."""
    parts = ["{}" if _IDENTIFIER.fullmatch(part) else part for part in path.split("/")]
    # The 3 of /rest/api/3 is the version of the API, no id.
    if parts[1:3] == ["rest", "api"]:
        parts[3] = path.split("/")[3]
    return f"{method} {'/'.join(parts)}"
