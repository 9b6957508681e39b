"""Keep a publish that failed among the notices until one succeeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from jira_assets.errors import JiraAssetsError, LockHeld
from jira_assets.room import room_errors
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.manifest import Notice

PART = "warehouse"
_STAYS = "The warehouse before this one stays in use."


@contextmanager
def publish_noted(lake: Lake, now: datetime) -> Iterator[None]:
    """Note why the block failed, or that it did not; the error is raised as it is."""
    try:
        with room_errors():
            yield
    except LockHeld:
        raise
    except Exception as error:
        with suppress(OSError):  # a full disk keeps no notice either
            _renew(lake, [_describe(error, now)])
        raise
    if any(notice.part == PART for notice in lake.site_manifest().notices):
        _renew(lake, [])


def _describe(error: Exception, now: datetime) -> Notice:
    if isinstance(error, JiraAssetsError):
        return Notice(PART, f"The last publish failed: {error.reason}", error.instruction or _STAYS, now)
    reason = f"The last publish failed with an unexpected {type(error).__name__}."
    return Notice(PART, reason, f"{_STAYS} `jira-assets publish` tries again and shows the error.", now)


def _renew(lake: Lake, found: Sequence[Notice]) -> None:
    with lake.lock("site", "notices"):
        site = lake.site_manifest()
        before = list(site.notices)
        site.renew_notices([(PART, None)], found)
        if site.notices != before:
            lake.commit_site(site)
