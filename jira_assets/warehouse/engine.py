"""DuckDB as a calculator: an in-memory engine that reads and writes files, and holds no database open."""

from __future__ import annotations

from pathlib import Path

import duckdb


def open_engine(*, memory_limit: str = "180MB", scratch: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open an engine that stays within its memory, keeps times in UTC and asks nothing of the network.

    Without `scratch` it keeps everything in memory. Other threads take a `cursor()` of it.
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
    return engine
