"""Keep the issues that Jira lists and that could not be read: every sync asks for them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from jira_assets.jira.models import IssueRef
from jira_assets.jira.timestamps import epoch_ms
from jira_assets.lake.diff import LakeDiff
from jira_assets.lake.manifest import Manifest, UnreadIssue
from jira_assets.sync.issue_fetcher import FetchResult, IssueFetcher
from jira_assets.sync.project_sync import ProjectSync

AROUND = timedelta(minutes=1)
"""How exactly Jira's search compares times is not documented."""
MOST_CHECKED = 50
"""So many issues can be asked for at once with a search index that is up to date."""


def fetch_unread(manifest: Manifest, diff: LakeDiff, fetcher: IssueFetcher) -> None:
    """Ask again for the issues that could not be read before and that no page named."""
    named = diff.is_listed([issue.jira_id for issue in manifest.unread])
    refs = [
        IssueRef(issue.jira_id, issue.jira_key, issue.updated_at, manifest.project_id, "")
        for issue in manifest.unread
        if issue.jira_id not in named
    ]
    fetcher.take(diff.stale_of(refs))


def still_listed(sync: ProjectSync, diff: LakeDiff, fetched: FetchResult) -> set[str]:
    """Return the left out issues that search still lists, asked with its index brought up to date."""
    listed = diff.is_listed(list(fetched.unread))
    known = {issue.jira_id for issue in sync.manifest.unread}
    asked = [
        issue
        for issue in fetched.unread.values()
        if issue.is_left_out and issue.jira_id in known and issue.jira_id not in listed
    ]
    if not asked:
        return listed
    if len(asked) > MOST_CHECKED or any(issue.updated_at is None for issue in asked):
        return listed | {issue.jira_id for issue in asked}
    ids = [issue.jira_id for issue in asked]
    pages = sync.client.search_refs(_around(sync.jql, asked), consistent=ids)
    return listed | {ref.id for page in pages for ref in page}


def _around(project: str, issues: Sequence[UnreadIssue]) -> str:
    times = [issue.updated_at for issue in issues if issue.updated_at is not None]
    windows = (
        f"(updated >= {epoch_ms(time - AROUND)} and updated <= {epoch_ms(time + AROUND)})" for time in times
    )
    return f"{project} and ({' or '.join(windows)})"
