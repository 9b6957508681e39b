"""Open an SQLite state, also where the disk is too full for the files that SQLite needs beside it to read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from jira_assets.resource_limits import is_full_disk

_BUSY_SECONDS = 30


class Snapshot(sqlite3.Connection):
    """What the state holds now, read into memory: it cannot be written to and becomes stale."""


def connect(file: Path | str, **options: Any) -> sqlite3.Connection:
    """Open the state; on a full disk, a `Snapshot` of it. Takes the options of `sqlite3.connect`."""
    options = {"timeout": _BUSY_SECONDS, **options}
    connection: sqlite3.Connection = sqlite3.connect(file, **options)
    try:
        connection.execute("pragma schema_version").fetchone()  # the first read makes the file -shm
    except sqlite3.Error as error:
        connection.close()
        if not is_full_disk(error, Path(file)) or not Path(file).exists():
            raise
    else:
        return connection
    return _read_into_memory(file, options)


def _read_into_memory(file: Path | str, options: dict[str, Any]) -> Snapshot:
    """Read what was committed, also what is in the -wal file only.

    A connection that locks the state for itself keeps in memory what otherwise is in -shm. It is closed at
    once, since others wait for it.
    """
    snapshot: Snapshot = sqlite3.connect(":memory:", **{**options, "factory": Snapshot})
    try:
        with closing(sqlite3.connect(file, **options)) as source:
            source.execute("pragma locking_mode = exclusive")
            source.backup(snapshot)
    except sqlite3.OperationalError:
        if Path(f"{file}-wal").exists():
            raise
        # Not even an empty file can be made. Without a log, all that was committed is in the state itself.
        address = f"{Path(file).absolute().as_uri()}?immutable=1"
        with closing(sqlite3.connect(address, **{**options, "uri": True})) as source:
            source.backup(snapshot)
    snapshot.execute("pragma query_only = on")
    return snapshot
