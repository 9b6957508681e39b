"""Ask for the parts of a site that stand beside its issues; one that fails is described, never raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from jira_assets.errors import JiraAssetsError
from jira_assets.formatting import counted
from jira_assets.jira.record_parser import counting_odd_records
from jira_assets.jira.retry_budget import TOGETHER, RetryBudget, bounded
from jira_assets.lake.site_manifest import Notice
from jira_assets.sync.context import SyncContext

Content = TypeVar("Content")

AT_ONCE = 8
KNOWN_TO_FAIL = timedelta(seconds=15)
"""What failed for good the last time is not waited for as long again."""


@dataclass(frozen=True)
class Read(Generic[Content]):
    """A part that was read, and how many of its records were odd."""

    content: Content
    left_out: int = 0
    kept_in_part: int = 0


Part = Read[Content] | JiraAssetsError
"""What came of asking."""


@contextmanager
def beside_the_issues(context: SyncContext, *, failed_before: bool) -> Iterator[SyncContext]:
    """Ask what is asked inside for a minute at most when it fails, with threads of its own.

    Threads that wait to ask again must not be those that the issues are read with.
    """
    patience = RetryBudget(context.clock, KNOWN_TO_FAIL if failed_before else TOGETHER)
    with bounded(patience), ThreadPoolExecutor(AT_ONCE, "part") as pool:
        yield replace(context, pool=pool)


def read_part(context: SyncContext, ask: Callable[[], Content]) -> Part[Content]:
    """Read a part, or return why it cannot be read; raises AuthenticationError when Jira refuses us."""
    try:
        with counting_odd_records() as odd:
            content = ask()
    except JiraAssetsError as error:
        return context.identity.judge(context.client, error)
    return Read(content, odd.left_out, odd.kept_in_part)


def notice_of(part: str, project_id: str | None, what: str, error: JiraAssetsError, now: datetime) -> Notice:
    """Say that something cannot be read; `what` completes the sentence "… cannot be read"."""
    reason = f"{what} cannot be read: {error.reason.rstrip('.')}."
    return Notice(part, reason, error.instruction, now, project_id, is_unread=True)


def notice_of_odd_records(part: str, project_id: str | None, read: Read[Any], now: datetime) -> Notice | None:
    """Say how many records of a part were odd, in one notice for all of them."""
    odd = [
        f"{counted(read.left_out, 'record')} without an id skipped" if read.left_out else "",
        f"{counted(read.kept_in_part, 'record')} kept without the attributes that have a wrong type"
        if read.kept_in_part
        else "",
    ]
    if not any(odd):
        return None
    reason = f"Jira returned malformed records: {', '.join(filter(None, odd))}."
    return Notice(part, reason, "All other records were read. No action is required.", now, project_id)
