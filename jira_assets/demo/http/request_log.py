"""What a demo site remembers of the requests it got."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import msgspec

MOST_REMEMBERED = 20_000


@dataclass(slots=True)
class Request:
    """A request and how it was answered; `status` 0 means that the connection was reset."""

    number: int
    method: str
    path: str
    query: str
    body: bytes
    at_ms: int
    in_flight: int
    status: int = 0
    fault: str | None = None
    retry_after: float | None = None

    @property
    def json(self) -> Any:
        """Return the decoded body, or None."""
        return msgspec.json.decode(self.body) if self.body else None

    @property
    def jql(self) -> str | None:
        """Return the query that a search was asked with."""
        asked = self.json
        return asked.get("jql") if isinstance(asked, dict) else None


@dataclass
class Journal:
    """Every request of late, counters over all of them, and who came back before they were allowed to."""

    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=MOST_REMEMBERED))
    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    total: int = 0
    most_in_flight: int = 0
    points: int = 0
    """What the requests cost of Jira's hourly quota: one point each and those of what was answered."""
    early_returns: list[Request] = field(default_factory=list)
    _in_flight: set[int] = field(default_factory=set)
    _barred: dict[tuple[str, str, str, bytes], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, method: str, path: str, query: str, body: bytes, at_ms: int) -> Request:
        """Note that a request has arrived."""
        with self._lock:
            self.total += 1
            self._in_flight.add(self.total)
            self.most_in_flight = max(self.most_in_flight, len(self._in_flight))
            request = Request(self.total, method, path, query, body, at_ms, len(self._in_flight))
            self.requests.append(request)
            self.counts[path] += 1
            if at_ms < self._barred.pop(_identity(request), 0):
                self.early_returns.append(request)
            return request

    def answered(
        self, request: Request, status: int, now_ms: int, *, retry_after: float | None = None, points: int = 0
    ) -> None:
        """Note the answer, before it is sent: its reader may come back at once."""
        with self._lock:
            self._in_flight.discard(request.number)
            self.points += 1 + points
            request.status = status
            request.retry_after = retry_after
            self.statuses[status] += 1
            if retry_after:
                self._barred[_identity(request)] = now_ms + int(retry_after * 1000)

    def end(self, request: Request) -> None:
        """Note that a request is over, also if it could not be answered."""
        with self._lock:
            self._in_flight.discard(request.number)

    def mark(self) -> int:
        """Return a mark for `since`."""
        return self.total

    def since(self, mark: int) -> list[Request]:
        """Return the requests that arrived after a mark."""
        with self._lock:
            return [each for each in self.requests if each.number > mark]


def _identity(request: Request) -> tuple[str, str, str, bytes]:
    # Only the very same request coming back is held against a client: others may have been on their way.
    return request.method, request.path, request.query, request.body
