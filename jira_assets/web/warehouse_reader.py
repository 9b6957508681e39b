"""Ask the published warehouse; each question opens the file and lets go of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, TypedDict

import duckdb

from jira_assets.errors import DamagedFile, InputError, PublishError
from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.sandbox import file_of, open_confined

ONE_AT_A_TIME = Lock()
"""A question takes hundredths of a second; several at once would only share the memory."""
USUAL_MEMORY = "16MB"
"""What a question gets: the page is a small process beside the syncs."""
MOST_MEMORY = "512MB"
"""What one that cannot be answered with less gets, for as long as it takes."""


PUBLISH_AGAIN = "Run `jira-assets publish`. It makes no request to Jira."


@dataclass(frozen=True)
class Rows:
    """What came of a question: rows in the order of the columns; iterating gives them as objects."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    as_of: datetime

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class PublishedWarehouse:
    """The file that the link points to at the moment of each question."""

    path: Path

    @property
    def exists(self) -> bool:
        """Return whether anything was published."""
        return self.path.exists()

    def published_at(self) -> datetime | None:
        """Return when it was published; None before the first time."""
        if not self.exists:
            return None
        with self.opened() as connection:
            return published_at(connection)

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file for questions that belong to one moment; raises `InputError` when there is none."""
        with ONE_AT_A_TIME, _told(), open_warehouse(self.path, **_limits(USUAL_MEMORY)) as connection:
            yield connection


class _Limits(TypedDict):
    memory_limit: str
    threads: int
    spill: bool


def _limits(memory: str) -> _Limits:
    # More threads would cost memory, too, and nothing is written beside the published file.
    return {"memory_limit": memory, "threads": 1, "spill": False}


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise PublishError(
            "The warehouse was published by another version of jira-assets.", PUBLISH_AGAIN
        ) from error
    except (
        DamagedFile,
        duckdb.IOException,
        duckdb.SerializationException,
        duckdb.InternalException,
        duckdb.FatalException,
    ) as error:
        raise PublishError("The published file is damaged and cannot be read.", PUBLISH_AGAIN) from error


def answer(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any] | None = None
) -> Rows:
    """Run a statement of ours with these parameters, and say of which moment the answer is.

    Raises `InputError` when it would take more memory than the page may have.
    """
    try:
        return _rows(connection, sql, parameters or {})
    except duckdb.OutOfMemoryException:
        file = file_of(connection)
    try:
        # The settings of the connection are locked: another one of the same file gets more.
        with open_confined(file, **_limits(MOST_MEMORY)) as roomy:
            return _rows(roomy, sql, parameters or {})
    except duckdb.OutOfMemoryException as error:
        raise InputError(
            f"The query exceeds the memory limit of the page ({MOST_MEMORY}).",
            "Select less data: one project, or a shorter time. `jira-assets sql` does not have this limit.",
        ) from error


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, Any]) -> Rows:
    found = connection.execute(sql, dict(parameters))
    columns = tuple(column[0] for column in found.description or ())
    return Rows(columns, found.fetchall(), published_at(connection))


def published_at(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Return when the file was published."""
    found = connection.execute(
        "select value::timestamp from warehouse_info where key = 'published_at'"
    ).fetchone()
    moment: datetime = found[0] if found else datetime(1970, 1, 1)  # noqa: DTZ001  # UTC is set below
    return moment.replace(tzinfo=UTC)


@cache
def question(name: str) -> str:
    """Read the text of a question."""
    return (files("jira_assets.web") / "sql" / f"{name}.sql").read_text(encoding="utf-8").strip()
