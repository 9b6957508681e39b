"""DuckDB as a calculator: an in-memory engine that reads and writes files, and holds no database open.

What does not fit into its memory it writes to a folder of its own, which is gone when it closes. Where that
is not enough either, `sparing_memory` does the work again with an engine that needs less.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jira_assets.lake.scratch import Scratch
from jira_assets.memory import default_memory_limit

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

Result = TypeVar("Result")

ONE_THREAD_UP_TO = 2_000
"""With so few rows one thread is as quick as several, and uses a sixth less of the processors."""

DATE_READERS = (
    "create macro utc_time(text) as case "
    "when (try_cast(text as timestamptz) at time zone 'UTC') "
    "between timestamp '0001-01-01' and timestamp '9999-12-31 23:59:59.999999' "
    "then (try_cast(text as timestamptz) at time zone 'UTC') end",
    "create macro calendar_day(text) as case "
    "when try_cast(text as date) between date '0001-01-01' and date '9999-12-31' "
    "then try_cast(text as date) end",
)
"""How SQL reads the dates that Jira prints. DuckDB's calendar ends in the year 294246; Python's, and that
of most readers, ends with 9999: what lies beyond is null."""


def open_engine(
    *, memory_limit: str | None = None, scratch: Path | None = None, sparing: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open an engine that stays within its memory, keeps times in UTC and asks nothing of the network.

    Its macros `utc_time(text)` and `calendar_day(text)` read the dates of Jira's JSON. `memory_limit` is in
    DuckDB's words, such as 300MB; without one it is the default of this machine. In `scratch` it makes a
    folder for what it spills; without, it keeps everything in memory. It works with one thread until
    `EngineThreads` give it more; a `sparing` one, which never gets more, has a higher default. Other
    threads of Python take a `cursor()` of it.
    """
    import duckdb

    _spare_imports()
    own = Scratch(scratch) if scratch else None
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit or default_memory_limit(sparing=sparing),
        "autoinstall_known_extensions": False,
        "preserve_insertion_order": False,
        "threads": 1,
        # Left to itself, DuckDB writes to a folder wherever the process was started.
        "temp_directory": str(own.folder) if own else "",
    }
    engine = duckdb.connect(":memory:", config=config)
    if own:
        weakref.finalize(engine, own.release)
    engine.execute("set enable_progress_bar = false")
    engine.execute("set global timezone = 'UTC'")  # of its cursors as well
    for reader in DATE_READERS:
        engine.execute(reader)
    return engine


@cache
def _spare_imports() -> None:
    """Keep DuckDB before 2.0 from importing pandas for each value of a parameter, where it is not installed.

    Each of these imports fails, takes the lock of all imports, and is tried again: 1,000 ids take 15 times as
    long. Ctrl-C while the main thread waits for that lock leaves it locked, and every other thread waits
    forever. With this entry an import fails at once and without the lock.
    """
    import duckdb

    if int(duckdb.__version__.split(".")[0]) < 2 and find_spec("pandas") is None:
        sys.modules["pandas"] = None  # type: ignore[assignment]  # what Python documents for this


def sparing_memory(work: Callable[[bool], Result]) -> Result:
    """Do the work; where it runs out of memory, do it once more sparingly.

    `work` opens its engine with the option `sparing` that it is called with, and can be done again after it
    failed. Raises `duckdb.OutOfMemoryException` when that is not enough either.
    """
    import duckdb

    try:
        return work(False)
    except duckdb.OutOfMemoryException:
        pass  # beyond this block, so that the first engine and what it holds are gone
    return work(True)


class EngineThreads:
    """With how many threads an engine works, its cursors included: with one, until it meets many rows."""

    def __init__(self, *, sparing: bool = False) -> None:
        self.is_sparing = sparing
        self._is_spread = False
        self._is_narrowed = False
        self._changing = threading.Lock()
        self._narrowing = threading.Lock()

    def spread(self, engine: duckdb.DuckDBPyConnection, rows: int) -> None:
        """Work with all threads of the machine from now on, if these are many rows and the engine may."""
        if rows <= ONE_THREAD_UP_TO or self.is_sparing:
            return
        with self._changing:
            if not self._is_spread and not self._is_narrowed:
                engine.execute("reset threads")
            self._is_spread = True

    @contextmanager
    def one(self, engine: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Work with one thread for the block, when no other block of this kind runs.

        What needs memory for each thread, such as reading large payloads, stays within the engine's memory
        so.
        """
        with self._narrowing:
            with self._changing:
                self._is_narrowed = True
                if self._is_spread:
                    engine.execute("set threads = 1")
            try:
                yield
            finally:
                with self._changing:
                    self._is_narrowed = False
                    if self._is_spread:
                        engine.execute("reset threads")
