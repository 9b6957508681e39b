"""What a probe leaves for the next one; small, since the sensor keeps it as its cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from jira_assets.jira.answers import IssueHead


class ProbeMemory(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When we proved who we are and looked back further, what was the newest version, who was called last.

    `quiet` are projects whose newest version in the lake is no longer shown although they are there.
    """

    proved_at: datetime | None = None
    clock_ahead: timedelta = timedelta()
    looked_back_at: datetime | None = None
    newest: datetime | None = None
    newest_in: str | None = None
    called: str | None = None
    quiet: dict[str, datetime] = {}

    def with_identity(self, at: datetime, clock_ahead: timedelta) -> ProbeMemory:
        """Remember that Jira knew us."""
        return msgspec.structs.replace(self, proved_at=at, clock_ahead=clock_ahead)

    def with_newest(self, head: IssueHead) -> ProbeMemory:
        """Remember which version is the newest that the site shows."""
        return msgspec.structs.replace(self, newest=head.updated, newest_in=head.project_id)

    def with_quiet(self, project_id: str, newest: datetime) -> ProbeMemory:
        """Remember that this version of a project is not shown, so that its absence says nothing."""
        return msgspec.structs.replace(self, quiet={**self.quiet, project_id: newest})

    def turn(self, ids: Sequence[str], count: int) -> list[str]:
        """Give the projects whose turn it is to be called by name, after the one that was called last."""
        later = [key for key in ids if self.called is None or key > self.called]
        return list(dict.fromkeys([*later, *ids]))[:count]

    def after(self, heads: Iterable[IssueHead], called: str, looked_back_at: datetime | None) -> ProbeMemory:
        """Remember what an answer showed, and who was called last."""
        dated = [(head.updated, head.id, head) for head in heads if head.updated is not None]
        memory = self.with_newest(max(dated)[2]) if dated else self
        return msgspec.structs.replace(
            memory,
            called=called,
            looked_back_at=looked_back_at or memory.looked_back_at,
        )
