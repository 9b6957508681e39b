"""The clock of a demo site: real time moved by an offset, or standing still."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000


class VirtualClock:
    """Return a time that tests may move and freeze; thread-safe."""

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self._offset_ns = 0
        self._frozen_ns: int | None = None
        if frozen:
            self.freeze()
        if start is not None:
            self.set(start)

    def now_ms(self) -> int:
        """Return the epoch milliseconds."""
        with self._lock:
            return self._now_ns() // 1_000_000

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime, in whole milliseconds as Jira knows it."""
        return moment(self.now_ms())

    def advance(self, delta: timedelta) -> None:
        """Move the clock by a span of time."""
        with self._lock:
            self._move(delta // timedelta(microseconds=1) * 1000)

    def sleep(self, seconds: float) -> None:
        """Advance by a span at once: what a test gives to code that would sleep."""
        self.advance(timedelta(seconds=seconds))

    def set(self, at: datetime) -> None:
        """Set the clock to a moment; it continues running unless it is frozen."""
        with self._lock:
            self._move(epoch_ms(at) * 1_000_000 - self._now_ns())

    def freeze(self) -> None:
        """Stop the clock; only `advance` moves it from now on."""
        with self._lock:
            self._frozen_ns = self._now_ns()

    def run(self) -> None:
        """Make the clock continue from where it stands."""
        with self._lock:
            if self._frozen_ns is not None:
                self._offset_ns = self._frozen_ns - time.time_ns()
                self._frozen_ns = None

    @contextmanager
    def held_at(self, at: datetime) -> Iterator[None]:
        """Show one moment for the length of the block, and continue afterwards as if it had not been."""
        with self._lock:
            before, self._frozen_ns = self._frozen_ns, epoch_ms(at) * 1_000_000
        try:
            yield
        finally:
            with self._lock:
                self._frozen_ns = before

    def _move(self, by_ns: int) -> None:
        self._offset_ns += by_ns
        if self._frozen_ns is not None:
            self._frozen_ns += by_ns

    def _now_ns(self) -> int:
        return time.time_ns() + self._offset_ns if self._frozen_ns is None else self._frozen_ns


def moment(ms: int) -> datetime:
    """Turn epoch milliseconds into an aware UTC datetime, exactly."""
    return datetime.fromtimestamp(ms // 1000, UTC) + timedelta(milliseconds=ms % 1000)


def epoch_ms(at: datetime) -> int:
    """Turn an aware datetime into epoch milliseconds, exactly."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def jira_time(ms: int, zone: ZoneInfo) -> str:
    """Print a time the way the platform API does: `2026-09-27T10:03:11.123+0200`."""
    offset = _offset_of_day(ms // DAY_MS, zone)
    if offset is None:
        local = datetime.fromtimestamp(ms // 1000, zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}{local:%z}"
    seconds, printed = offset
    day, rest = divmod(ms // 1000 + seconds, 86_400)
    minutes, second = divmod(rest, 60)
    return f"{_date(day)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}.{ms % 1000:03d}{printed}"


@lru_cache(maxsize=100_000)
def _offset_of_day(day: int, zone: ZoneInfo) -> tuple[int, str] | None:
    """Return the zone's offset in seconds and as text, or None on a day in which it changes.

    Printing a million times through `strftime` is what a large answer would spend its time with.
    """
    start = datetime.fromtimestamp(day * 86_400, zone)
    end = datetime.fromtimestamp(day * 86_400 + 86_399, zone)
    offset = start.utcoffset()
    if offset is None or offset != end.utcoffset():
        return None
    return int(offset.total_seconds()), f"{start:%z}"


@lru_cache(maxsize=100_000)
def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * 86_400, UTC):%Y-%m-%d}"


def agile_time(ms: int) -> str:
    """Print a time the way sprints do: `2026-09-27T08:03:11.123Z`."""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
