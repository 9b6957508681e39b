"""What every step of reading the site's own tables works with.

These tables are optional parts: issues are synced without them. A part that fails is described in a notice,
never raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from jira_assets.errors import Forbidden, JiraAssetsError, NotFound
from jira_assets.formatting import counted
from jira_assets.jira.client import JiraClient
from jira_assets.jira.record_parser import counting_odd_records
from jira_assets.jira.retry_budget import TOGETHER, RetryBudget, bounded
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import Notice, ProjectDetails, SiteManifest, SiteTable
from jira_assets.lake.site_tables import columns_digest, land_site_table, read_site_table
from jira_assets.sync.context import SyncContext
from jira_assets.sync.ranked_threads import RankedThreads

Content = TypeVar("Content")
Row = dict[str, Any]
Rows = list[Row]

AT_ONCE = 8
KNOWN_TO_FAIL = timedelta(seconds=15)
"""What failed for good the last time is not waited for as long again."""


@dataclass(frozen=True)
class Read(Generic[Content]):
    """A part that was read, and how many of its records were odd.

    It is as new as the time at which it was `asked_at`: what is made while Jira answers may be missing.
    """

    content: Content
    asked_at: datetime
    left_out: int = 0
    kept_in_part: int = 0


Part = Read[Content] | JiraAssetsError
"""What came of asking."""


def is_refused(error: JiraAssetsError) -> bool:
    """Check whether Jira itself refuses something alone, or does not know it: that may stay so."""
    return isinstance(error, Forbidden | NotFound) and error.facts.get("status") in (403, 404)


@dataclass(frozen=True)
class SiteSync:
    """The site's own tables while they are synced: what is found is written to their manifest."""

    context: SyncContext
    manifest: SiteManifest

    @property
    def client(self) -> JiraClient:
        """The client that asks Jira."""
        return self.context.client

    @property
    def lake(self) -> Lake:
        """The lake that has the tables."""
        return self.context.lake

    def now(self) -> datetime:
        """Return the time by our clock."""
        return self.context.clock()

    def read(self, ask: Callable[[], Content]) -> Part[Content]:
        """Read a part, or return why it cannot be read; raises AuthenticationError when Jira refuses us."""
        asked_at = self.now()
        try:
            with counting_odd_records() as odd:
                content = ask()
        except JiraAssetsError as error:
            return self.context.identity.judge(self.client, error)
        return Read(content, asked_at, odd.left_out, odd.kept_in_part)

    def begin(self, ask: Callable[[], Content]) -> Future[Part[Content]]:
        """Read a part beside others."""
        return self.context.submit(partial(self.read, ask))

    def rows(self, table: str) -> Rows:
        """Return the rows of a table as they are now; none when it was never read."""
        return read_site_table(self.lake, self.manifest, table)

    def put(
        self, table: str, rows: Sequence[Mapping[str, Any]], refreshed_at: datetime | None = None
    ) -> None:
        """Replace the rows of a table, which are as new as now unless it is said otherwise."""
        landed = land_site_table(self.lake, table, rows, refreshed_at or self.now())
        self.manifest.set_table(table, landed)

    def is_stale(self, known: SiteTable | ProjectDetails | None, *tables: str) -> bool:
        """Check whether a table, or the details of a project, which fill `tables`, are to be read again."""
        if known is None or known.columns != columns_digest(*tables):
            return True
        return self.now() - known.refreshed_at >= self.context.options.refresh_every

    def failure(
        self, part: str, project_id: str | None, what: str, error: JiraAssetsError, *, is_final: bool = False
    ) -> Notice:
        """Return the notice that a part cannot be read; `what` completes the sentence "… cannot be read".

        What `is_final` is asked for again with the rest of the project, not every hour.
        """
        reason = f"{what} cannot be read: {error.reason.rstrip('.')}."
        return Notice(part, reason, error.instruction, self.now(), project_id, is_unread=not is_final)

    def odd_records(self, part: str, project_id: str | None, read: Read[Any]) -> list[Notice]:
        """Return one notice of all records of a part that were odd; none when none was."""
        odd = [
            f"{counted(read.left_out, 'record')} without an id skipped" if read.left_out else "",
            f"{counted(read.kept_in_part, 'record')} kept without the attributes that have a wrong type"
            if read.kept_in_part
            else "",
        ]
        if not any(odd):
            return []
        reason = f"Jira returned malformed records: {', '.join(filter(None, odd))}."
        return [
            Notice(
                part, reason, "All other records were read. No action is required.", self.now(), project_id
            )
        ]

    def commit(self) -> None:
        """Make the tables that the manifest names exist, and remove old ones that it does not."""
        self.lake.commit_site(self.manifest)
        self.lake.sweep_site(self.manifest)

    @contextmanager
    def beside_the_issues(self, *, failed_before: bool) -> Iterator[SiteSync]:
        """Ask what is asked inside for a minute at most when it fails, with threads of its own.

        Threads that wait to ask again must not be those that the issues are read with.
        """
        patience = RetryBudget(self.context.clock, KNOWN_TO_FAIL if failed_before else TOGETHER)
        with bounded(patience), RankedThreads(AT_ONCE, "part") as pool:
            yield replace(self, context=replace(self.context, pool=pool))
