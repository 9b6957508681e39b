"""Flags of issues that were impeded while people worked on them; some are left on issues that are done.

They are drawn from dice of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.generate.calendar import DAY, HOUR
from jira_assets.demo.generate.changes import change
from jira_assets.demo.generate.late_entries import LateEntries
from jira_assets.demo.generate.setup import FLAGGED_FIELD

IMPEDIMENT: Json = {"value": "Impediment", "id": "10019"}
IMPEDED, LEFT_ON = 0.15, 0.15
"""How many of the issues that are done were impeded, and how many of these flags are still there."""

_FLAG = ("[10019]", "Impediment")


def raised() -> Json:
    """Return the item of a changelog that says that an issue was flagged."""
    return change("Flagged", FLAGGED_FIELD, "", "", *_FLAG, "custom")


def taken_off() -> Json:
    """Return the item that says that its flag was taken off."""
    return change("Flagged", FLAGGED_FIELD, *_FLAG, "", "", "custom")


class Impediments:
    """Flag issues between their start and their finish."""

    def __init__(self, dice: Random, categories: Mapping[str, str], entries: LateEntries) -> None:
        self._dice = dice
        self._categories = categories
        self._entries = entries

    def add(self, issue: DemoIssue, author: str) -> None:
        """Flag an issue that is done, at a time at which it was in progress."""
        started, finished = self._first(issue, "indeterminate"), self._first(issue, "done")
        is_done = self._categories[issue.fields["status"]] == "done"
        if not is_done or started is None or finished is None or self._dice.random() >= IMPEDED:
            return
        if finished - started < 2 * HOUR or issue.fields.get(FLAGGED_FIELD):
            return
        at = started + HOUR + int(self._dice.random() * (finished - started - 2 * HOUR))
        self._entries.write(issue, at, author, [raised()])
        until = at + HOUR + int(self._dice.expovariate(1 / (2 * DAY)))
        if self._dice.random() < LEFT_ON or until > self._entries.newest:
            issue.fields[FLAGGED_FIELD] = [IMPEDIMENT]
        else:
            self._entries.write(issue, until, author, [taken_off()])

    def _first(self, issue: DemoIssue, category: str) -> int | None:
        """Find when the issue first came into a status of that category, in ms."""
        return next(
            (
                int(history["created"])
                for history in issue.histories
                for item in history["items"]
                if item["field"] == "status" and self._categories.get(item["to"]) == category
            ),
            None,
        )
