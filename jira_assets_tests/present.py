"""The published warehouse, for tests that ask it much: opening it costs more than most questions."""

from __future__ import annotations

from pathlib import Path

import duckdb

from jira_assets.warehouse.read import open_warehouse


class PresentWarehouse:
    """Keeps the file that is the warehouse now open, until there is another."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._file: Path | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    def opened(self) -> duckdb.DuckDBPyConnection:
        """Connect to what the link points to; raises `InputError` when there is nothing."""
        file = self._link.resolve()
        if self._connection is None or file != self._file:
            self.close()
            self._connection, self._file = open_warehouse(self._link), file
        return self._connection

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
