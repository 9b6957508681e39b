"""Ask the published warehouse; each question opens the file and lets go of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import duckdb

from jira_assets.errors import PublishError
from jira_assets.warehouse.readers import open_warehouse

AT_ONCE = BoundedSemaphore(2)
"""Questions share two processors; more of them at once would only share their memory, too."""
MEMORY_LIMIT = "64MB"
"""For all questions together: the page is a small process beside the syncs."""


@dataclass(frozen=True)
class Rows:
    """What came of a question: rows as objects, in the order of the columns."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    as_of: datetime

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Published:
    """The file that the link points to at the moment of each question."""

    path: Path

    @property
    def exists(self) -> bool:
        """Tell whether anything was published."""
        return self.path.exists()

    def published_at(self) -> datetime | None:
        """Tell when it was published; None before the first time."""
        if not self.exists:
            return None
        with self.opened() as connection:
            return published_at(connection)

    def ask(self, name: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Ask the question in `sql/<name>.sql`; raises `InputError` when nothing was published."""
        with self.opened() as connection:
            return answer(connection, question(name), parameters)

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file for several questions that belong to one moment."""
        with AT_ONCE, open_warehouse(self.path) as connection:
            connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            connection.execute("set threads = 1")  # each question has its own; more would cost memory
            try:
                yield connection
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                raise PublishError(
                    "The warehouse was published by another version of jira-assets.",
                    "Run `jira-assets publish`; no question to Jira is needed.",
                ) from error


def answer(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None
) -> Rows:
    """Run a statement of ours with these parameters, and say of which moment the answer is."""
    found = connection.execute(sql, dict(parameters or {}))
    columns = tuple(column[0] for column in found.description or ())
    rows = found.fetchall()
    return Rows(columns, rows, published_at(connection))


def published_at(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Tell when the file was published."""
    found = connection.execute(
        "select value::timestamp from warehouse_info where key = 'published_at'"
    ).fetchone()
    moment: datetime = found[0] if found else datetime(1970, 1, 1)  # noqa: DTZ001  # UTC is set below
    return moment.replace(tzinfo=UTC)


@cache
def question(name: str) -> str:
    """Read the text of a question."""
    return (files("jira_assets.web") / "sql" / f"{name}.sql").read_text(encoding="utf-8").strip()
