"""Folders for what engines spill to disk: each has its own, and what a killed process left is swept.

    scratch/
        <name>.lock     held while the engine is open
        <name>/         what it spills; DuckDB makes and removes it

In a shared folder DuckDB 1.5 gives the files of two engines the same names, so that they overwrite each
other's data, and an engine that closes removes the files of all. Newer versions distinguish them by process
ids, which containers with a common folder may share.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

_LOCK = ".lock"


class Scratch:
    """A folder for one engine, its own until it is released or the process ends.

    In a lake that this host may only read there is none: then it is in the folder for temporary files.
    """

    def __init__(self, scratch: Path) -> None:
        self._elsewhere: Path | None = None
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            _sweep(scratch)
            self._lock, self._descriptor = _new_lock(scratch)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES):
                raise
            self._elsewhere = Path(tempfile.mkdtemp(prefix="jira_assets-"))
            self._lock, self._descriptor = _new_lock(self._elsewhere)
        self.folder = self._lock.with_suffix("")

    def release(self) -> None:
        """Leave the folder to the next sweep, unless it is gone already."""
        with suppress(OSError):
            if not self.folder.exists():
                self._lock.unlink()
        os.close(self._descriptor)
        if self._elsewhere:
            shutil.rmtree(self._elsewhere, ignore_errors=True)


def _new_lock(scratch: Path) -> tuple[Path, int]:
    while True:
        lock = scratch / f"{uuid.uuid4().hex[:8]}{_LOCK}"
        descriptor = _acquire(lock)
        if descriptor is not None and lock.exists():
            return lock, descriptor
        # A sweep had it between its creation and this process's attempt, and removes it.
        if descriptor is not None:
            os.close(descriptor)


def _sweep(scratch: Path) -> None:
    """Remove what engines left that are gone; what cannot be removed now is left to the next sweep."""
    for lock in scratch.glob(f"*{_LOCK}"):
        descriptor = _acquire(lock)
        if descriptor is not None:
            with suppress(OSError):
                if lock.with_suffix("").exists():
                    shutil.rmtree(lock.with_suffix(""))
                lock.unlink()
            os.close(descriptor)
    for left in scratch.glob("duckdb_temp_*"):  # of an earlier version, whose engines shared the folder
        with suppress(OSError):
            left.unlink()


def _acquire(lock: Path) -> int | None:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
