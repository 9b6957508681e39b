"""How many requests to a site may be in flight at a time."""

from __future__ import annotations

import threading
from typing import Protocol


class InFlightLimit(Protocol):
    """A semaphore of all who ask the site; safe to use from many threads."""

    def acquire(self, seconds: float) -> bool:
        """Take a slot for a request; return False when none was free for so many seconds."""
        ...

    def release(self) -> None:
        """Return the slot when the request was answered."""
        ...

    def close(self) -> None:
        """Return what is kept for later requests."""
        ...


class ProcessLimit:
    """The limit of one process alone."""

    def __init__(self, slots: int) -> None:
        self._slots = threading.BoundedSemaphore(slots)

    def acquire(self, seconds: float) -> bool:
        """Take a slot; return False when none was free for so many seconds."""
        return self._slots.acquire(timeout=seconds)

    def release(self) -> None:
        """Return the slot."""
        self._slots.release()

    def close(self) -> None:
        """Do nothing: no other process waits."""
