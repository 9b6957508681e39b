"""Limit the requests in flight of all processes of a home, by file locks, which die with their holder."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path

from jira_assets.jira.in_flight import ProcessLimit

_LOOK_SECONDS = 0.01
"""Between two looks, while other processes hold all slots."""

_WAITING_SECONDS = 1.0
"""How long after its last look a process counts as waiting."""

_MOMENT = struct.Struct("d")


class FileLimit:
    """One lock file for each slot. A file's existence means nothing, so they are never removed.

    A slot that was returned stays locked for the next request of this process while others are in flight and
    no other process waits: each lock would have the thread wait for its turn in the interpreter. That one
    waits is seen in memory that all share, the file `waiting`. Where no file can be made, as on a full disk,
    the limit is that of the process alone.
    """

    def __init__(self, folder: Path, slots: int) -> None:
        self._folder = folder
        self._slots = slots
        self._own = ProcessLimit(slots)
        self._guard = threading.Lock()
        self._unlocked: list[int] | None = None
        self._kept: list[int] = []
        self._in_use: list[int | None] = []
        self._waiting: mmap.mmap | None = None

    def acquire(self, seconds: float) -> bool:
        """Take a slot; return False when none was free for so many seconds."""
        give_up = time.monotonic() + seconds
        if not self._own.acquire(seconds):
            return False
        if self._is_waited_for():
            time.sleep(2 * _LOOK_SECONDS)  # what this process has just returned is for the other one
        while not self._take():
            self._say_waiting()
            if time.monotonic() >= give_up:
                self._own.release()
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def release(self) -> None:
        """Return a slot; which one does not matter."""
        with self._guard:
            file = self._in_use.pop()
            if file is not None:
                self._kept.append(file)
            if not self._in_use or self._is_waited_for():
                self._unlock_kept()
        self._own.release()

    def close(self) -> None:
        """Close the files."""
        with self._guard:
            for file in self._unlocked or ():
                os.close(file)
            self._unlocked = None
            self._unlock_kept()

    def _take(self) -> bool:
        with self._guard:
            if self._kept:
                self._in_use.append(self._kept.pop())
                return True
            if self._unlocked is None:
                try:
                    self._unlocked = self._open()
                except OSError:
                    self._in_use.append(None)
                    return True
            for file in self._unlocked:
                with suppress(BlockingIOError):
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self._unlocked.remove(file)
                    self._in_use.append(file)
                    return True
        return False

    def _unlock_kept(self) -> None:
        for file in self._kept:
            fcntl.flock(file, fcntl.LOCK_UN)
            if self._unlocked is None:
                os.close(file)
            else:
                self._unlocked.append(file)
        self._kept = []

    def _is_waited_for(self) -> bool:
        if self._waiting is None:
            return False
        moment: float = _MOMENT.unpack_from(self._waiting)[0]
        # It may be one of before the machine was started.
        return 0 <= time.monotonic() - moment < _WAITING_SECONDS

    def _say_waiting(self) -> None:
        if self._waiting is not None:
            _MOMENT.pack_into(self._waiting, 0, time.monotonic())

    def _open(self) -> list[int]:
        self._folder.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        waiting = os.open(self._folder / "waiting", flags, 0o644)
        try:
            os.ftruncate(waiting, _MOMENT.size)
            self._waiting = mmap.mmap(waiting, _MOMENT.size)
        finally:
            os.close(waiting)
        return [os.open(self._folder / f"{number}.lock", flags, 0o644) for number in range(self._slots)]
