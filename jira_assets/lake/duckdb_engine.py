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
    folder for what it spills; without, it keeps everything in memory. A `sparing` one works with one thread,
    which takes longer and needs less, and has a higher default. Other threads take a `cursor()` of it.
    """
    import duckdb

    _spare_imports()
    own = Scratch(scratch) if scratch else None
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit or default_memory_limit(sparing=sparing),
        "autoinstall_known_extensions": False,
        "preserve_insertion_order": False,
        # Left to itself, DuckDB writes to a folder wherever the process was started.
        "temp_directory": str(own.folder) if own else "",
    }
    if sparing:
        config["threads"] = 1
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


_ONE_THREAD = threading.Lock()


@contextmanager
def one_thread(engine: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Have the whole engine work with one thread for the block, when no other block of this kind runs.

    What needs memory for each thread, such as reading large payloads, stays within the engine's memory so.
    """
    with _ONE_THREAD:
        found = engine.execute("select current_setting('threads')").fetchone()
        engine.execute("set threads = 1")
        try:
            yield
        finally:
            # To reset it would give a sparing engine all threads of the machine.
            engine.execute(f"set threads = {found[0] if found else 1}")
