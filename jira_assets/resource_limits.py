"""Recognize a full disk and too little memory: each comes as many kinds of exceptions."""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jira_assets.errors import ResourceExhausted

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NO_SPACE_TEXTS = (
    "No space left on device",
    "Disk quota exceeded",
    "database or disk is full",
    "max_temp_directory_size",  # DuckDB, where what it spills needs more than the disk has left
)
_NO_SPACE_NAMES = {"SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"}
"""SQLite calls the second one a disk I/O error: there is no space for the file that its readers share."""

_PERHAPS_NO_SPACE = ("SQLITE_CANTOPEN", "SQLITE_IOERR")
"""What SQLite says where a file beside the database cannot be made, also on a disk that is full."""

_ALMOST_FULL = 16_000_000
"""Bytes. What filled the disk, such as a warehouse that was built, may be gone when the error is judged."""

_FILE_OF_DUCKDB = re.compile(r'file "(/[^"]*)"')


@contextmanager
def resource_errors(place: Path | None = None) -> Iterator[None]:
    """Raise `ResourceExhausted` where the block, or the decorated function, runs out of disk or memory.

    `place` is what is written to, where the error does not name it.
    """
    try:
        yield
    except Exception as error:
        told = as_resource_exhausted(error, place)
        if told is None:
            raise
        raise told from error


def is_resource_error(error: Exception) -> bool:
    """Return whether an error is the end of a disk or of memory."""
    return isinstance(error, ResourceExhausted) or as_resource_exhausted(error) is not None


def is_out_of_memory(error: Exception | None) -> bool:
    """Return whether an error says that DuckDB exceeded its memory limit."""
    return isinstance(error, ResourceExhausted) and bool(error.facts.get("memory"))


def as_resource_exhausted(error: Exception, place: Path | None = None) -> ResourceExhausted | None:
    """Say that a disk or memory is full, where that is what the error means; None for another error."""
    if isinstance(error, ResourceExhausted):
        return None
    if is_full_disk(error, place):
        return full_disk(_path_in(error) or place)
    duckdb = sys.modules.get("duckdb")  # where it was not imported, nothing can be its error
    if duckdb is not None and isinstance(error, duckdb.OutOfMemoryException):
        return ResourceExhausted(
            "DuckDB exceeded its memory limit.",
            "Increase the limit, for example JIRA_ASSETS_MEMORY_LIMIT=1GB, and try again. Synced "
            "data is kept.",
            memory=True,
        )
    return None


def full_disk(place: Path | str | None) -> ResourceExhausted:
    """Say that the disk of this place is full."""
    return ResourceExhausted(
        f"There is no space left on the disk {f'of {place}' if place else 'that is written to'}.",
        "Free some (`jira-assets doctor` shows how much is left) and try again: what was kept before is "
        "unchanged.",
    )


def check_disk_space(place: Path, needed: int) -> None:
    """Raise `ResourceExhausted` unless `needed` bytes are free on the disk of this folder."""
    left = _free(place)
    if left < needed:
        raise ResourceExhausted(
            f"There is no space left on the disk of {place} to work with: {left // 1000:,} kB, and at least "
            f"{needed // 1000:,} kB are needed.",
            full_disk(place).instruction,
        )


def _free(place: Path) -> int:
    """Count the bytes that are left on the disk that a path is, or will be, on."""
    present = next(path for path in (place, *place.parents) if path.exists())
    return shutil.disk_usage(present).free


def is_full_disk(error: Exception, place: Path | None = None) -> bool:
    """Check whether an error of Python or of a database means that the disk of a place is full."""
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    reason = getattr(error, "orig", None) or error  # SQLAlchemy wraps the error of the driver
    name = getattr(reason, "sqlite_errorname", "") if isinstance(reason, sqlite3.Error) else ""
    if name in _NO_SPACE_NAMES:
        return True
    if name.startswith(_PERHAPS_NO_SPACE):
        return place is not None and _free(place) < _ALMOST_FULL
    # DuckDB and PostgreSQL only say so in words.
    return any(text in str(error) for text in _NO_SPACE_TEXTS)


def _path_in(error: Exception) -> str | None:
    if isinstance(error, OSError):
        return str(error.filename) if error.filename else None
    named = _FILE_OF_DUCKDB.search(str(error))
    return named[1] if named else None
