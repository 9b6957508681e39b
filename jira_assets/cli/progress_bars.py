"""Draw the progress of a sync on a terminal: a row for the whole, and one for each project at work."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from jira_assets.cli.progress import QuietReport, amount_read, progress_line, waiting_line
from jira_assets.jira.throttle import Wait
from jira_assets.sync.context import Progress

NARROW = 64
"""Columns under which words are left out to keep room for the numbers."""


class BarReport(QuietReport):
    """Draws until the block is left; the rows disappear then, what was said above them stays."""

    def __init__(self) -> None:
        super().__init__()
        console = Console(stderr=True)
        self._is_narrow = console.width < NARROW
        self._bars = _bars(console)
        self._whole = self._bars.add_task("starting", total=None, amount="")
        self._rows: dict[str, tuple[str, TaskID]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> BarReport:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begins(self, projects: int) -> None:
        """Show how many of the projects are done."""
        super().begins(projects)
        self._bars.update(self._whole, description="syncing", total=projects, amount=self._done(0))

    def progress(self, progress: Progress) -> None:
        """Move the row of the project, or replace it by that of its next stage."""
        if progress.message:
            self._bars.console.print(progress_line(progress), highlight=False, markup=False)
            return
        with self._lock:
            stage, row = self._rows.get(progress.project_key, ("", None))
            if row is not None and stage == progress.stage:
                self._move(row, progress)
                return
            if row is not None:
                self._bars.remove_task(row)
            if progress.stage == "done":
                self._rows.pop(progress.project_key, None)
                self._finish_one()
            else:
                self._rows[progress.project_key] = (progress.stage, self._add(progress))

    def show(self) -> None:
        """Draw now instead of at the next tick."""
        self._bars.refresh()

    def publishing(self, tables: int) -> None:
        """Replace all rows by one for the publish."""
        self._publishing(f"{tables} tables")

    def publishing_to(self, target: str) -> None:
        """Replace that row by one for a target."""
        self._publishing(f"to {target}")

    def _publishing(self, amount: str) -> None:
        self._bars.remove_task(self._whole)
        self._whole = self._bars.add_task("publishing", total=None, amount=amount)

    def waiting(self, wait: Wait) -> None:
        """Say above the bars that Jira asked us to wait."""
        self._bars.console.print(waiting_line(wait), highlight=False, markup=False)

    def _add(self, progress: Progress) -> TaskID:
        if progress.stage == "deriving":
            return self._bars.add_task(progress.project_key, total=None, amount="deriving tables")
        return self._bars.add_task(
            progress.project_key,
            completed=progress.read,
            total=progress.expected,
            amount=self._amount(progress),
            first=progress.read,
        )

    def _move(self, row: TaskID, progress: Progress) -> None:
        self._bars.update(
            row, completed=progress.read, total=progress.expected, amount=self._amount(progress)
        )

    def _finish_one(self) -> None:
        self._bars.advance(self._whole)
        done = int(self._bars.tasks[0].completed)
        self._bars.update(self._whole, amount=self._done(done))

    def _amount(self, progress: Progress) -> str:
        return amount_read(progress) + ("" if self._is_narrow else " issues")

    def _done(self, done: int) -> str:
        return f"{done} of {self.projects}" + ("" if self._is_narrow else " projects")


class TimeColumn(ProgressColumn):
    """The time a read still needs at its mean pace so far; for the whole, the time that has passed.

    The pace counts what came after the first report, since nothing is known of when that began.
    """

    def render(self, task: Task) -> Text:
        """Write the time of a row; nothing while too little is known."""
        return Text(self._words(task), style="dim")

    def _words(self, task: Task) -> str:
        elapsed = task.elapsed or 0
        if "first" not in task.fields:
            return clock(elapsed)
        left = time_left(task.completed, task.total, task.fields["first"], elapsed)
        return f"{left} left" if left else ""


def time_left(read: float, expected: float | None, first: float, seconds: float) -> str:
    """Estimate how long a read still takes that got from `first` to `read` issues in so many seconds."""
    if expected is None or read <= first or read >= expected:
        return ""
    return clock(seconds * (expected - read) / (read - first))


def clock(seconds: float) -> str:
    """Write a span as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _bars(console: Console) -> Bars:
    return Bars(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=max(4, min(30, console.width - (44 if console.width < NARROW else 56)))),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeColumn(),
        console=console,
        transient=True,
    )
