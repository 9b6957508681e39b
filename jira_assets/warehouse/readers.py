"""Open the warehouse for reading."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from jira_assets.errors import InputError

WAREHOUSE_NAME = "jira.duckdb"
"""The link that points to the present warehouse."""

_ATTEMPTS = 3


def open_warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse that this link points to now; raises `InputError` when there is none.

    What is opened stays what it was, however often a newer one is published.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _open(path.resolve(strict=True))
        except FileNotFoundError as error:
            raise InputError(
                f"There is no warehouse at {path}.",
                "Run `jira-assets projects track KEY` and `jira-assets sync`; where that was done, "
                "`jira-assets publish`.",
            ) from error
        except duckdb.IOException:
            # Two newer ones may have been published between finding out the name and opening the file.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError


def present_file(warehouse_dir: Path) -> Path | None:
    """Name the file that is the warehouse now."""
    link = warehouse_dir / WAREHOUSE_NAME
    return warehouse_dir / link.readlink() if link.is_symlink() else None


def published_info(warehouse_dir: Path) -> dict[str, str]:
    """Read what the present warehouse says of itself; nothing when it is missing or not readable."""
    present = present_file(warehouse_dir)
    if present is None:
        return {}
    try:
        # Attached to an engine of its own, so the settings of other readers in this process don't matter.
        with closing(duckdb.connect(":memory:")) as engine:
            quoted = str(present).replace("'", "''")
            engine.execute(f"attach '{quoted}' as present (read_only)")
            return dict(engine.execute("select key, value from present.warehouse_info").fetchall())
    except duckdb.Error:
        return {}


def _open(file: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(file), read_only=True)
    connection.execute("set enable_progress_bar = false")
    connection.execute("set timezone = 'UTC'")
    return connection
