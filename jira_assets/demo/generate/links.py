"""The links of a generated site: both ends show them, and both changelogs say when they came and went."""

from __future__ import annotations

from itertools import count
from random import Random

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY
from jira_assets.demo.generate.late_entries import LateEntries
from jira_assets.demo.things import LINK_TYPES, link_item

TO_ITSELF, TO_DELETED, TAKEN_OFF, NAMELESS = 0.03, 0.05, 0.15, 0.3
"""How many links lead to their own issue, or to one that is gone; how many were taken off; how many changelog
items have no field id."""


class Links:
    """Link issues to others of any project, and give some of them the forms that surprise a reader."""

    def __init__(self, dice: Random, births: list[Birth], entries: LateEntries) -> None:
        self._dice = dice
        self._entries = entries
        self._births = {birth.id: birth for birth in births}
        self._gone = max((birth.number for birth in births), default=0)
        self._ids = count(10_000)

    def add(self, issue: DemoIssue, other: DemoIssue, author: str) -> None:
        """Link an issue to an older one; a small part of these links is not as it should be."""
        form = self._dice.random()
        name = self._dice.choice(list(LINK_TYPES))
        at = min(issue.updated, self._entries.newest)
        if form < TO_DELETED:
            self._gone += 1
            prefix = self._births[other.id].key.partition("-")[0]
            self._note(issue, at, author, name, "outward", f"{prefix}-{self._gone}")
            return
        target = issue if form > 1 - TO_ITSELF else other
        if self._is_linked(issue, target, name):
            return
        self._link(issue, target, author, name, at)

    def _link(self, issue: DemoIssue, other: DemoIssue, author: str, name: str, at: int) -> None:
        link_id = next(self._ids)
        removed = self._entries.after(issue, 3 * DAY, other.updated) if self._is_taken_off() else None
        for one, two, direction in ((issue, other, "outward"), (other, issue, "inward")):
            key = self._births[two.id].key
            self._note(one, at, author, name, direction, key)
            if removed is None:
                text = f"{link_id}/{direction}/{name}/{two.id}"
                one.fields["issuelinks"] = [*one.fields["issuelinks"], text]
            else:
                self._note(one, removed, author, name, direction, key, is_new=False)

    def _is_taken_off(self) -> bool:
        return self._dice.random() < TAKEN_OFF

    def _is_linked(self, issue: DemoIssue, other: DemoIssue, name: str) -> bool:
        """Check for a link that is there already: Jira has no second one of the same type."""
        links = [text.split("/") for text in issue.fields["issuelinks"]]
        return any(kind == name and other_id == str(other.id) for _, _, kind, other_id in links)

    def _note(
        self,
        issue: DemoIssue,
        at: int,
        author: str,
        name: str,
        direction: str,
        key: str,
        *,
        is_new: bool = True,
    ) -> None:
        item: Json = link_item(name, direction, key, is_new=is_new)
        if self._dice.random() < NAMELESS:
            del item["fieldId"]
        self._entries.write(issue, at, author, [item])
