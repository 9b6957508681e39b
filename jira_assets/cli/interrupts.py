"""Recognise Ctrl-C behind the errors that libraries turn it into, and end on signals."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

QUERY_INTERRUPTED = "Query interrupted"
"""The text of the RuntimeError that DuckDB raises when Ctrl-C stops a query."""


@contextmanager
def query_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt where DuckDB reports that Ctrl-C stopped a query."""
    try:
        yield
    except RuntimeError as error:
        if str(error) != QUERY_INTERRUPTED:
            raise
        raise KeyboardInterrupt from None


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Turn Ctrl-C and a polite kill into an event for the block."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {name: signal.signal(name, stop) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
