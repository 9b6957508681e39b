"""List the issues of a project by search: id, key, `updated` and project of each, thousands at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from jira_assets.errors import JiraError, SearchTokenExpired
from jira_assets.jira.answers import IssueHead
from jira_assets.jira.client import JiraClient
from jira_assets.jira.times import epoch_ms
from jira_assets.warehouse.manifest import Manifest

TRIES = 3
WINDOW_OF_ISSUES = 1000
SHORTEST_WINDOW = timedelta(hours=1)
MOST_WINDOWS = 200
_FIRST_YEAR = datetime(2002, 1, 1, tzinfo=UTC)


def list_issues(client: JiraClient, manifest: Manifest, jql: str) -> Iterator[list[IssueHead]]:
    """Yield pages of the issues that match; an issue may come more than once.

    The pages start over when Jira no longer knows where they were. Issues that Jira lists without an id are
    left out, and counted in the manifest: the most that one listing had, since another names the same again.
    """
    for attempt in range(1, TRIES + 1):
        unidentified = 0
        try:
            for page in client.search_heads(jql):
                found = [head for head in page if head.id]
                unidentified += len(page) - len(found)
                manifest.unidentified = max(manifest.unidentified, unidentified)
                yield found
        except SearchTokenExpired:
            if attempt == TRIES:
                raise
        else:
            return


def list_by_created(client: JiraClient, manifest: Manifest, now: datetime) -> Iterator[list[IssueHead]]:
    """Yield the issues of a project by windows of `created`, the newest first in each.

    This is another way to the same answer as `list_issues`: short searches that end early elsewhere or not
    at all. A window that Jira counts many issues in is cut in two.
    """
    windows = [(_FIRST_YEAR, now + timedelta(days=1))]
    listed = 0
    while windows:
        start, end = windows.pop()
        jql = _window(manifest.project_id, start, end)
        is_divisible = end - start > SHORTEST_WINDOW and listed + len(windows) < MOST_WINDOWS
        if is_divisible and _holds_many(client, jql):
            middle = start + (end - start) / 2
            windows += [(middle, end), (start, middle)]
            continue
        listed += 1
        yield from list_issues(client, manifest, f"{jql} order by created desc")


def _holds_many(client: JiraClient, jql: str) -> bool:
    try:
        return client.approximate_count(jql) > WINDOW_OF_ISSUES
    except JiraError:  # counting fails: one long window is better than none
        return False


def _window(project_id: str, start: datetime, end: datetime) -> str:
    """Ask for one window; the outermost two are open, since no calendar bounds what was imported."""
    lower = f" and created >= {epoch_ms(start)}" if start > _FIRST_YEAR else ""
    return f"project = {project_id}{lower} and created < {epoch_ms(end)}"
