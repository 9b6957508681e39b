"""Show how a sync goes on: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import click

from jira_assets.cli.dagster_run import RunReport
from jira_assets.jira.pauses import Wait
from jira_assets.sync.context import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

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
            if progress.message or due:
                self._said[progress.project_key] = now
                click.echo(_line(progress), err=True)

    def waiting(self, wait: Wait) -> None:
        """Say that a request waits, and why."""
        click.echo(_waiting(wait), err=True)


class BarReport(QuietReport):
    """Draws a bar for each project on the terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._bars = _bars()
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> BarReport:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def progress(self, progress: Progress) -> None:
        """Move the project's bar."""
        with self._lock:
            task = self._tasks.get(progress.project_key)
            if task is None:
                task = self._bars.add_task(progress.project_key, total=progress.expected)
                self._tasks[progress.project_key] = task
            if progress.message:
                self._bars.console.print(_line(progress))
            else:
                self._bars.update(task, completed=progress.read, total=progress.expected)

    def waiting(self, wait: Wait) -> None:
        """Say above the bars that a request waits, and why."""
        self._bars.console.print(_waiting(wait))


def _bars() -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("issues"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _line(progress: Progress) -> str:
    if progress.message:
        return f"{progress.project_key}: {progress.message}"
    total = f" of about {progress.expected:,}" if progress.expected else ""
    return f"{progress.project_key}: {progress.read:,}{total} issues"


def _waiting(wait: Wait) -> str:
    return f"Waiting {wait.seconds:.0f} s: {wait.reason}"
