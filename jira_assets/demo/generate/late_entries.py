"""Write changes into the changelogs of issues whose lives have been played already."""

from __future__ import annotations

from bisect import bisect_right
from random import Random

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.generate.changes import Teller


class LateEntries:
    """Put entries where their times belong, and find times after what is known of an issue."""

    def __init__(self, dice: Random, teller: Teller) -> None:
        self._dice = dice
        self._teller = teller

    @property
    def newest(self) -> int:
        """The last moment at which something can have happened."""
        return self._teller.now - 1

    def after(self, issue: DemoIssue, mean: int, since: int | None = None) -> int | None:
        """Draw a time after the last change of an issue; None when that is in the future."""
        at = max(issue.updated, since or 0) + 1 + int(self._dice.expovariate(1 / mean))
        return at if at < self._teller.now else None

    def write(self, issue: DemoIssue, at: int, author: str, items: list[Json]) -> None:
        """Put an entry into the changelog where its time belongs."""
        entry = {"id": str(next(self._teller.entry_ids)), "author": author, "created": at, "items": items}
        place = bisect_right(issue.histories, at, key=lambda history: int(history["created"]))
        issue.histories.insert(place, entry)
        issue.updated = max(issue.updated, at)
