"""Count what our questions cost of Jira's hourly quota, and stop everyone when the budget is spent.

Jira counts one point for a request and one for each object in its answer. Its own count is not known, so this
one is an estimate that all processes share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from jira_assets.jira.throttle import PauseStore

A_NOTE = 200
"""Points that are written down together: a killed process forgets no more than these."""


class PointsBook(Protocol):
    """Where every process of the home writes down what it spent."""

    def spend(self, points: int, at: datetime) -> int:
        """Add to what the hour has cost; return the sum."""
        ...


class PointsLedger:
    """Counts for one process; safe to use from many threads."""

    def __init__(
        self, book: PointsBook, pauses: PauseStore, budget: int | None, clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._pauses = pauses
        self._budget = budget
        self._clock = clock
        self._lock = threading.Lock()
        self._unwritten = 0

    def spend(self, points: int) -> None:
        """Count points; they are written down a few hundred at a time."""
        self._write(points, A_NOTE)

    def close(self) -> None:
        """Write down the rest."""
        self._write(0, 1)

    def _write(self, points: int, least: int) -> None:
        with self._lock:
            self._unwritten += points
            if self._unwritten < least:
                return
            note, self._unwritten = self._unwritten, 0
        now = self._clock()
        try:
            spent = self._book.spend(note, now)  # other threads go on counting
        except BaseException:
            with self._lock:
                self._unwritten += note
            raise
        if self._budget is not None and spent >= self._budget:
            next_hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            self._pauses.pause(
                next_hour, f"the configured budget of {self._budget:,} points an hour is spent"
            )
