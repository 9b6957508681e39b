"""Bring what changed since the watermark, and fetch only versions that the lake lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from jira_assets.jira.models import IssueRef
from jira_assets.jira.timestamps import epoch_ms
from jira_assets.lake.diff import LakeDiff
from jira_assets.sync.change_query import ChangedIssues
from jira_assets.sync.issue_fetcher import FetchResult, IssueFetcher, ReadPaused
from jira_assets.sync.listing import list_issues
from jira_assets.sync.missing_issues import fetch_unread, still_listed
from jira_assets.sync.project_sync import ProjectSync


def read_incremental(sync: ProjectSync, changed: ChangedIssues | None = None) -> FetchResult:
    """Fetch what the lake lacks and commit; every complete answer moves the watermark, an empty one too.

    Where a question of this session has listed what `changed` from far enough back, that is not asked again.
    What Jira names and cannot give is kept by id, and asked for again by the next sync. Whether an issue of
    the lake is gone is for `refresh_fully` to judge.
    """
    context, manifest = sync.context, sync.manifest
    since, is_deep = _look_back(sync)
    diff = LakeDiff(context.lake, manifest)
    try:
        with IssueFetcher(sync) as fetcher:
            for page in _pages(sync, since, changed):
                fetcher.take(diff.add(page))
            fetch_unread(manifest, diff, fetcher)
            fetched = fetcher.finish()
    except ReadPaused as paused:
        manifest.pause(context.clock(), paused.fetched.fetched)
        raise
    if diff.named:
        context.silence.broken()
    else:
        context.silence.believe(sync)
    manifest.keep_unread(fetched.unread, still_listed(sync, diff, fetched))
    manifest.advance_watermark(sync.at, looked_back=is_deep)
    sync.commit()
    return fetched


def _pages(sync: ProjectSync, since: datetime, changed: ChangedIssues | None) -> Iterable[Sequence[IssueRef]]:
    if changed is not None and changed.since <= since:
        return [changed.refs]
    return list_issues(sync, f"{sync.jql} and updated >= {epoch_ms(since)} order by created asc")


def _look_back(sync: ProjectSync) -> tuple[datetime, bool]:
    """Return from when to read: every quarter of an hour from further back, since the search index lags."""
    options = sync.context.options
    watermark = sync.manifest.watermark or sync.at
    last = sync.manifest.looked_back_at
    is_deep = last is None or sync.at - last >= options.deep_look_every
    return watermark - (options.deep_look_back if is_deep else options.look_back), is_deep
