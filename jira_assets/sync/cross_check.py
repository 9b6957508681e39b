"""Check the listing of a project against Jira's own count, and list again another way where they differ."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from jira_assets.errors import JiraError
from jira_assets.sync.context import SyncContext
from jira_assets.sync.intake import Intake
from jira_assets.sync.listing import list_by_created
from jira_assets.sync.mark import Mark
from jira_assets.warehouse.comparison import Comparison
from jira_assets.warehouse.manifest import Manifest

TOLERANCE = 0.01
"""The count is approximate by name, and lags; within this share it is noted and no more."""


@dataclass(frozen=True)
class CrossCheck:
    """What Jira counts (None when it would not count), what it listed, and in how far two listings differ."""

    counted: int | None
    listed: int
    differing: int = 0

    @property
    def doubt(self) -> str | None:
        """Return why the listing cannot be taken for all there is, None when it can."""
        if self.differing:
            counts = "" if self.counted is None else f"Jira counts {self.counted:,}, names {self.listed:,}; "
            return f"{counts}two listings of the project differ by {self.differing:,}"
        if self.counted is not None and self.counted - self.listed > self.counted * TOLERANCE:
            return f"Jira counts {self.counted:,}, names {self.listed:,}"
        return None


def cross_check(
    context: SyncContext,
    manifest: Manifest,
    mark: Mark,
    comparison: Comparison,
    intake: Intake,
    expected: Future[int],
) -> CrossCheck:
    """Compare what was listed with what Jira counts; what a second listing adds is fetched, too."""
    first = comparison.named
    counted = _ask(expected.result)
    if counted is None or counted > first:
        # What was deleted or created while the listing went on is counted rightly now.
        counted = _ask(lambda: context.client.approximate_count(f"project = {manifest.project_id}"))
    if counted is not None and counted <= first:
        return CrossCheck(counted, first)
    for page in list_by_created(context.client, manifest, mark.at):
        intake.take(comparison.add(page, again=True))
    differing = comparison.differing(mark.at)
    return CrossCheck(counted, first if differing else comparison.named, differing)


def _ask(count: Callable[[], int]) -> int | None:
    try:
        return count()
    except JiraError:
        return None
