"""Write rows that come from Python as a Parquet file of known columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from jira_assets.lake.files import new_file
from jira_assets.lake.sql_files import literal
from jira_assets.lake.staged_rows import copy_staged

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

Columns = Mapping[str, str]
"""Column names and their DuckDB types; times are UTC."""


def encode_rows(rows: Iterable[Mapping[str, Any]], columns: Columns) -> list[bytes]:
    """Encode each row as a line of JSON with exactly these columns."""
    return [msgspec.json.encode({name: _plain(row.get(name)) for name in columns}) for row in rows]


def write_rows(engine: duckdb.DuckDBPyConnection, path: Path, lines: list[bytes], columns: Columns) -> None:
    """Write encoded rows as a Parquet file, in place as one step."""
    types = ", ".join(f"{name}: {literal(kind)}" for name, kind in columns.items())
    with new_file(path) as parquet:
        staging = parquet.with_name(f"{parquet.name}.ndjson")
        staging.write_bytes(b"\n".join(lines))
        try:
            copy_staged(
                engine,
                f"copy (select {', '.join(columns)} "
                f"from read_ndjson({literal(staging)}, columns = {{{types}}})) "
                f"to {literal(parquet)} (format parquet, compression zstd)",
            )
        finally:
            staging.unlink(missing_ok=True)


def empty_table(columns: Columns) -> str:
    """Write a table without rows in SQL; united by name, it gives its columns to older files."""
    return f"select {', '.join(f'null::{kind} as {column}' for column, kind in columns.items())} where false"


def _plain(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    # Not strftime: its %Y prints years before 1000 in fewer than four digits.
    return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
