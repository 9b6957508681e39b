"""Tell a full disk and too little memory for what they are: each comes as many kinds of exceptions."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jira_assets.errors import OutOfRoom

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NO_SPACE_TEXTS = ("No space left on device", "Disk quota exceeded", "database or disk is full")


@contextmanager
def room_errors() -> Iterator[None]:
    """Raise `OutOfRoom` where the block, or the decorated function, meets the end of a disk or of memory."""
    try:
        yield
    except Exception as error:
        told = _as_out_of_room(error)
        if told is None:
            raise
        raise told from error


def _as_out_of_room(error: Exception) -> OutOfRoom | None:
    duckdb = sys.modules.get("duckdb")  # where it was not imported, nothing can be its error
    if duckdb is not None and isinstance(error, duckdb.OutOfMemoryException):
        return OutOfRoom(
            "DuckDB exceeded its memory limit.",
            "Increase the limit, for example JIRA_ASSETS_MEMORY_LIMIT=500MB, and try again. Synced "
            "data is kept.",
        )
    if _is_full_disk(error):
        return OutOfRoom(
            f"The disk is full{_named(error)}.",
            "Free disk space (`jira-assets doctor` shows how much is left) and try again. Synced "
            "data is kept.",
        )
    return None


def _is_full_disk(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_SPACE
    # DuckDB, SQLite and PostgreSQL only say so in words.
    return any(text in str(error) for text in _NO_SPACE_TEXTS)


def _named(error: Exception) -> str:
    path = getattr(error, "filename", None)
    return f" ({path})" if path else ""
