"""Read lines of JSON that were staged in a file, within the engine's memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb


_READING = threading.Lock()
"""Held while a file is read. DuckDB takes 32 MiB for it and for each thread that helps, however short the
file: some projects that end at the same moment would together need more than an engine has."""


def copy_lines(engine: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Run a statement that copies staged lines elsewhere, when no other thread does so."""
    with _READING:
        engine.execute(sql)
