"""How many requests a part of the program made, also when other parts share the transport."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class RequestCount:
    """Requests made and seconds waited; safe to add to from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = 0
        self.seconds_waited = 0.0

    def add(self, requests: int, seconds_waited: float) -> None:
        """Count requests and waits."""
        with self._lock:
            self.requests += requests
            self.seconds_waited += seconds_waited


_tallies: ContextVar[tuple[RequestCount, ...]] = ContextVar("jira_tallies", default=())


def tallies() -> tuple[RequestCount, ...]:
    """Return the tallies that the present context is counted in."""
    return _tallies.get()


@contextmanager
def counting() -> Iterator[RequestCount]:
    """Count what happens inside; other threads count along when they run in a copy of this context."""
    tally = RequestCount()
    token = _tallies.set((*_tallies.get(), tally))
    try:
        yield tally
    finally:
        _tallies.reset(token)
