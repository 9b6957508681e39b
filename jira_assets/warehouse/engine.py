"""DuckDB as a calculator: an in-memory engine that reads and writes files, and holds no database open."""

from __future__ import annotations

from pathlib import Path

import duckdb

DATE_READERS = (
    "create macro utc_time(text) as case "
    "when (try_cast(text as timestamptz) at time zone 'UTC') "
    "between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' "
    "then (try_cast(text as timestamptz) at time zone 'UTC') end",
    "create macro calendar_day(text) as case "
    "when try_cast(text as date) between date '0001-01-01' and date '9999-12-31' "
    "then try_cast(text as date) end",
)
"""How SQL reads the dates that Jira prints. DuckDB's calendar goes on to the year 294246; Python's, and that
of most readers, ends with 9999: what lies beyond is null."""


def open_engine(*, memory_limit: str = "180MB", scratch: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open an engine that stays within its memory, keeps times in UTC and asks nothing of the network.

    Its macros `utc_time(text)` and `calendar_day(text)` read the dates of Jira's JSON. Without `scratch` it
    keeps everything in memory. Other threads take a `cursor()` of it.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "autoinstall_known_extensions": False,
        "preserve_insertion_order": False,
        # Left to itself, DuckDB writes to a folder wherever the process was started.
        "temp_directory": str(scratch or ""),
    }
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    engine = duckdb.connect(":memory:", config=config)
    engine.execute("set enable_progress_bar = false")
    engine.execute("set timezone = 'UTC'")
    for reader in DATE_READERS:
        engine.execute(reader)
    return engine
