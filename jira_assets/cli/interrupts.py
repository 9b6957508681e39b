"""Recognise Ctrl-C behind the errors that libraries turn it into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
