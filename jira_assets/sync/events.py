"""Listeners to the progress of a sync: a terminal, a log, or none."""

from __future__ import annotations

from jira_assets.jira.throttle import Wait
from jira_assets.sync.context import Progress


class SyncListener:
    """Hears nothing; override what is of interest. Called from several threads."""

    def progress(self, progress: Progress) -> None:
        """Hear how far the reading of a project is."""

    def publishing(self, tables: int) -> None:
        """Hear that a new warehouse of so many tables is being built."""

    def publishing_to(self, target: str) -> None:
        """Hear that a target of the publish is being brought up to date."""

    def waiting(self, wait: Wait) -> None:
        """Hear that a request waits, and why."""
