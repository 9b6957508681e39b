"""How many requests to a site may be in flight at a time."""

from __future__ import annotations

import threading
from collections import deque
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
    """The limit of one process alone: who waits longest is next.

    With a semaphore of Python, a thread that returns a slot and takes it again passes those that wait.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: deque[threading.Event] = deque()
        self._guard = threading.Lock()

    def acquire(self, seconds: float) -> bool:
        """Take a slot; return False when none was free for so many seconds."""
        with self._guard:
            if self._free and not self._waiting:
                self._free -= 1
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait(seconds)
        except BaseException:  # Ctrl-C
            if self._has_come(turn):
                self.release()
            raise
        return self._has_come(turn)

    def release(self) -> None:
        """Return the slot, or hand it over."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    def _has_come(self, turn: threading.Event) -> bool:
        """Return whether a slot was handed over, and wait no longer."""
        with self._guard:
            if not turn.is_set():
                self._waiting.remove(turn)
            return turn.is_set()

    def close(self) -> None:
        """Do nothing: no other process waits."""
