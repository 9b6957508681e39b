"""Recognise Ctrl-C behind the errors that libraries turn it into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterEvent

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


def ended_by_interrupt(event: DagsterEvent) -> bool:
    """Return whether this event of a run reports Ctrl-C: Dagster lets the run fail, and raises nothing."""
    if event.is_job_failure:
        reason = event.job_failure_data.failure_reason
        return reason is not None and reason.value == "UNEXPECTED_TERMINATION"
    if not event.is_step_failure:
        return False
    error = event.step_failure_data.error
    while error is not None:
        if error.cls_name == "RuntimeError" and QUERY_INTERRUPTED in error.message:
            return True
        error = error.cause
    return False
