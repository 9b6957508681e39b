"""Limit the requests in flight of all processes of a home, by file locks, which die with their holder."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from jira_assets.jira.in_flight import ProcessLimit

_LOOK_SECONDS = 0.01
"""Between two looks, while other processes hold all slots."""


class FileLimit:
    """One lock file for each slot. A file's existence means nothing, so they are never removed.

    Where none can be made, as on a full disk, the limit is that of the process alone.
    """

    def __init__(self, folder: Path, slots: int) -> None:
        self._folder = folder
        self._slots = slots
        self._own = ProcessLimit(slots)
        self._guard = threading.Lock()
        self._unlocked: list[int] | None = None
        self._locked: list[int | None] = []

    def acquire(self, seconds: float) -> bool:
        """Take a slot; return False when none was free for so many seconds."""
        give_up = time.monotonic() + seconds
        if not self._own.acquire(seconds):
            return False
        while not self._lock_one():
            if time.monotonic() >= give_up:
                self._own.release()
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def release(self) -> None:
        """Return a slot; which one does not matter."""
        with self._guard:
            file = self._locked.pop()
            if file is not None:
                fcntl.flock(file, fcntl.LOCK_UN)
                if self._unlocked is None:
                    os.close(file)
                else:
                    self._unlocked.append(file)
        self._own.release()

    def close(self) -> None:
        """Close the files."""
        with self._guard:
            for file in self._unlocked or ():
                os.close(file)
            self._unlocked = None

    def _lock_one(self) -> bool:
        with self._guard:
            if self._unlocked is None:
                try:
                    self._unlocked = self._open()
                except OSError:
                    self._locked.append(None)
                    return True
            for file in self._unlocked:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._unlocked.remove(file)
                    self._locked.append(file)
                    return True
        return False

    def _open(self) -> list[int]:
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        return [os.open(self._folder / f"{number}.lock", flags, 0o644) for number in range(self._slots)]
