"""Read tables of SQLite files: DuckDB needs an extension for it that cannot be had everywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from jira_assets.lake.sql_files import identifier


def sqlite_tables(file: Path) -> list[str]:
    """Name the tables and views of the file."""
    with _opened(file) as connection:
        query = "select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite_%'"
        return [str(row[0]) for row in connection.execute(query)]


def as_ndjson(file: Path, table: str, ndjson: Path) -> list[str]:
    """Write the rows of a table as lines of JSON, every value as a text; returns the columns."""
    encoder = msgspec.json.Encoder()
    with _opened(file) as connection, ndjson.open("wb") as lines:
        rows = connection.execute(f"select * from {identifier(table)}")
        columns = [str(column[0]) for column in rows.description]
        for row in rows:
            lines.write(encoder.encode(dict(zip(columns, map(_text, row), strict=True))) + b"\n")
    return columns


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise OSError(str(error)) from error


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
