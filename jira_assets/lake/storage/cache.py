"""Copies of files of a store on this host, as many as a limit allows; those used longest ago go first.

A file may be read and written by many processes of the host. It is named by its key in the store. What is in
the store, too, may not be written to any more (its mode is read-only): only such files are ever removed here.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from jira_assets.lake.files import TEMPORARY_PREFIX

IN_USE_SECONDS = 3600.0
"""What was asked for within this time is not removed, whatever the limit: a query may be about to read it."""
UNUSED_SECONDS = 7 * 86_400.0
"""What was not asked for in this time is removed, though there is room: it may have been erased since."""
_LOOK_EVERY_SECONDS = 600.0
_PART = 20
"""The folder is measured after this part of the limit was added to it."""
_LOOKED = ".looked"
_READ_ONLY = 0o444

Fetch = Callable[[Path], bool]


class Cache:
    """The copies below a folder, with at most so many bytes."""

    def __init__(self, root: Path, limit: int) -> None:
        self.root = root
        self._limit = limit
        self._added = 0
        self._lock = threading.Lock()

    def path(self, key: str) -> Path:
        """Name the place of a file."""
        return self.root / key

    def find(self, key: str) -> Path | None:
        """Return the file if it is here; it counts as used now."""
        path = self.root / key
        try:
            with suppress(PermissionError):  # another user of this host fetched it
                os.utime(path)
        except FileNotFoundError:
            return None
        return path

    def add(self, key: str, fetch: Fetch, is_right: Callable[[Path], bool]) -> bool:
        """Fetch a file, once more if it is not right; return whether it is right, or does not exist.

        It is put in place as it is: other processes may do the same at the same time.
        """
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
        try:
            for _ in range(2):
                if not fetch(temporary):
                    return True
                if right := is_right(temporary):
                    break
            temporary.chmod(_READ_ONLY)
            size = temporary.stat().st_size
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self._make_room(size)
        return right

    def note_kept(self, key: str) -> None:
        """Note that a file that was written here is in the store now."""
        with suppress(FileNotFoundError):
            (self.root / key).chmod(_READ_ONLY)
            self._make_room((self.root / key).stat().st_size)

    def is_copy(self, key: str) -> bool:
        """Check whether the file is here and in the store."""
        try:
            return _is_copy((self.root / key).stat())
        except FileNotFoundError:
            return False

    def drop(self, key: str) -> None:
        """Remove a copy."""
        (self.root / key).unlink(missing_ok=True)

    def _make_room(self, added: int) -> None:
        with self._lock:
            self._added += added
            if not self._is_time_to_look():
                return
            self._added = 0
        self.remove_unused()

    def _is_time_to_look(self) -> bool:
        if self._added * _PART > self._limit:
            return True
        try:
            return time.time() - (self.root / _LOOKED).stat().st_mtime > _LOOK_EVERY_SECONDS
        except FileNotFoundError:
            return True

    def remove_unused(self) -> int:
        """Remove the files that were used longest ago until the rest is within the limit; return how many.

        Files in use are left, so the limit may be exceeded for an hour.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / _LOOKED).touch()
        now, removed = time.time(), 0
        found = sorted(self._copies())
        filled = sum(size for _, size, _ in found)
        for used_at, size, path in found:
            age = now - used_at
            if age < IN_USE_SECONDS or (filled <= self._limit and age < UNUSED_SECONDS):
                break
            path.unlink(missing_ok=True)
            filled, removed = filled - size, removed + 1
        return removed

    def _copies(self) -> Iterator[tuple[float, int, Path]]:
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                with suppress(FileNotFoundError):
                    status = path.stat()
                    if name.endswith(".parquet") and _is_copy(status):
                        yield status.st_mtime, status.st_size, path


def _is_copy(status: os.stat_result) -> bool:
    return not status.st_mode & 0o222
