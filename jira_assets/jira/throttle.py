"""What may not be asked until when: a whole site (all processes know) or an endpoint (this one knows)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_IDENTIFIER = re.compile(r"\d+|[A-Z][A-Z0-9_]*(-\d+)?")


class PauseStore(Protocol):
    """Where a pause of the whole site stands, for everyone to see."""

    def until(self) -> datetime | None:
        """Return the end of the present pause, None when there is none."""
        ...

    def reason(self) -> str | None:
        """Say whose pause it is, and why."""
        ...

    def pause(self, until: datetime, reason: str) -> None:
        """Pause all requests until `until`."""
        ...


class MemoryPauseStore:
    """A board for one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: datetime | None = None
        self._reason: str | None = None

    def until(self) -> datetime | None:
        """Return the end of the present pause, None when there is none."""
        with self._lock:
            return self._until

    def pause(self, until: datetime, reason: str) -> None:
        """Pause all requests until `until`; a pause that ends later stays."""
        with self._lock:
            if self._until is None or self._until < until:
                self._until, self._reason = until, reason

    def reason(self) -> str | None:
        """Say whose pause it is, and why."""
        with self._lock:
            return self._reason


@dataclass(frozen=True)
class Wait:
    """A request that waits for so many seconds; `reason` says whose pause it is, and why."""

    endpoint: str
    seconds: float
    until: datetime
    reason: str


class EndpointThrottle:
    """The endpoints that may not be asked for a while, with the reason."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed: dict[str, tuple[datetime, str]] = {}

    def close(self, endpoint: str, until: datetime, reason: str) -> None:
        """Keep an endpoint from being asked before `until`; a gate that opens later stays."""
        with self._lock:
            present = self._closed.get(endpoint)
            if present is None or present[0] < until:
                self._closed[endpoint] = (until, reason)

    def closed_until(self, endpoint: str) -> tuple[datetime, str] | None:
        """Return the time and reason of the last closing, also when it is over."""
        with self._lock:
            return self._closed.get(endpoint)


def endpoint_of(method: str, path: str) -> str:
    """Name the endpoint that Jira counts a request under: method and path, ids and keys left out."""
    parts = ["{}" if _IDENTIFIER.fullmatch(part) else part for part in path.split("/")]
    # The 3 of /rest/api/3 is the version of the API, no id.
    if parts[1:3] == ["rest", "api"]:
        parts[3] = path.split("/")[3]
    return f"{method} {'/'.join(parts)}"
