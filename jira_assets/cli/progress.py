"""Show the progress of a sync: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
import time

import click

from jira_assets.cli.sync_run import RunReport
from jira_assets.jira.throttle import Wait
from jira_assets.sync.context import Progress

SECONDS_BETWEEN_LINES = 5.0


class QuietReport(RunReport):
    """Says nothing while the sync runs."""

    def __enter__(self) -> QuietReport:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class LineReport(QuietReport):
    """Writes a line for a project at most every few seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}
        self._lock = threading.Lock()

    def progress(self, progress: Progress) -> None:
        """Say how far a project is."""
        with self._lock:
            now = time.monotonic()
            due = now - self._said.get(progress.project_key, 0.0) >= SECONDS_BETWEEN_LINES
            if progress.message or (due and progress.stage == "reading"):
                self._said[progress.project_key] = now
                click.echo(progress_line(progress), err=True)

    def publishing(self, tables: int) -> None:
        """Say that the tables are being published."""
        click.echo(f"Publishing {tables} tables.", err=True)

    def publishing_to(self, target: str) -> None:
        """Say that a target follows."""
        click.echo(f"Publishing to {target}.", err=True)

    def waiting(self, wait: Wait) -> None:
        """Say that a request waits, and why."""
        click.echo(waiting_line(wait), err=True)


def progress_line(progress: Progress) -> str:
    """Describe in one line how far a project is."""
    if progress.message:
        return f"{progress.project_key}: {progress.message}"
    return f"{progress.project_key}: {amount_read(progress)} issues"


def amount_read(progress: Progress) -> str:
    """Count what was read, and what is expected if that is known."""
    expected = f" of {progress.expected:,}" if progress.expected else ""
    return f"{progress.read:,}{expected}"


def waiting_line(wait: Wait) -> str:
    """Describe in one line for how long a request waits, and why."""
    return f"Waiting {wait.seconds:.0f} s: {wait.reason}"
