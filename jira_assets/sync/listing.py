"""List the issues of a project by search: id, key, `updated` and project of each, thousands at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jira_assets.errors import JiraError, SearchTokenExpired
from jira_assets.jira.client import JiraClient
from jira_assets.jira.models import IssueRef
from jira_assets.jira.timestamps import epoch_ms
from jira_assets.lake.diff import LakeDiff
from jira_assets.sync.issue_fetcher import IssueFetcher
from jira_assets.sync.project_sync import ProjectSync

TRIES = 3
WINDOW_OF_ISSUES = 1000
SHORTEST_WINDOW = timedelta(hours=1)
MOST_WINDOWS = 200
_FIRST_YEAR = datetime(2002, 1, 1, tzinfo=UTC)


def list_issues(sync: ProjectSync, jql: str) -> Iterator[list[IssueRef]]:
    """Yield pages of the issues that match; an issue may come more than once.

    The pages start over when Jira no longer knows where they were. Issues that Jira lists without an id are
    left out, and counted in the manifest: the most that one listing had, since another names the same again.
    """
    for attempt in range(1, TRIES + 1):
        unidentified = 0
        try:
            for page in sync.client.search_refs(jql):
                found = [ref for ref in page if ref.id]
                unidentified += len(page) - len(found)
                sync.manifest.note_unidentified(unidentified)
                yield found
        except SearchTokenExpired:
            if attempt == TRIES:
                raise
        else:
            return


def list_by_created(sync: ProjectSync) -> Iterator[list[IssueRef]]:
    """Yield the issues of a project by windows of `created`, the newest first in each.

    This is another way to the same answer as `list_issues`: short searches that end early elsewhere or not
    at all. A window that Jira counts many issues in is cut in two.
    """
    windows = [(_FIRST_YEAR, sync.at + timedelta(days=1))]
    listed = 0
    while windows:
        start, end = windows.pop()
        jql = _window(sync.jql, start, end)
        is_divisible = end - start > SHORTEST_WINDOW and listed + len(windows) < MOST_WINDOWS
        if is_divisible and _holds_many(sync.client, jql):
            middle = start + (end - start) / 2
            windows += [(middle, end), (start, middle)]
            continue
        listed += 1
        yield from list_issues(sync, f"{jql} order by created desc")


def _holds_many(client: JiraClient, jql: str) -> bool:
    try:
        return client.approximate_count(jql) > WINDOW_OF_ISSUES
    except JiraError:  # counting fails: one long window is better than none
        return False


def _window(project: str, start: datetime, end: datetime) -> str:
    """Ask for one window; the outermost two are open, since no calendar bounds what was imported."""
    lower = f" and created >= {epoch_ms(start)}" if start > _FIRST_YEAR else ""
    return f"{project}{lower} and created < {epoch_ms(end)}"


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
    sync: ProjectSync, diff: LakeDiff, fetcher: IssueFetcher, expected: Future[int]
) -> CrossCheck:
    """Compare what was listed with what Jira counts; what a second listing adds is fetched, too."""
    first = diff.named
    counted = _ask(expected.result)
    if counted is None or counted > first:
        # What was deleted or created while the listing went on is counted rightly now.
        counted = _ask(sync.count)
    if counted is not None and counted <= first:
        return CrossCheck(counted, first)
    for page in list_by_created(sync):
        fetcher.take(diff.add(page, again=True))
    differing = diff.differing(sync.at)
    return CrossCheck(counted, first if differing else diff.named, differing)


def _ask(count: Callable[[], int]) -> int | None:
    try:
        return count()
    except JiraError:
        return None
