"""Comments, logged time, files and links to pages elsewhere, for the issues of a generated site.

They are drawn from dice of their own, after everything else, within the times that an issue has already:
nothing else of the site depends on them. How many comments issues have is what a public archive of 9,000
issues shows: 4.2 on average, none in 8 %, more than 20 in 1.6 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random

from jira_assets.demo.data import DemoIssue, SiteData
from jira_assets.demo.entities import (
    DemoAttachment,
    DemoComment,
    DemoEntity,
    DemoRemoteLink,
    DemoWorklog,
)
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY
from jira_assets.demo.generate.late_entries import LateEntries
from jira_assets.demo.generate.text import Descriptions
from jira_assets.demo.simulate.attached import CONFLUENCE, remote_link_item
from jira_assets.demo.simulate.entity_base import document_of

SILENT, TALKED_OF, MOST_SAID = 0.08, 0.014, 80
"""How many issues have no comment, how many have more than 20, and the most they have."""
USUAL = 3.4
EDITED, RESTRICTED, INTERNAL = 0.1, 0.03, 0.02
WITH_FILES, LINKED_ELSEWHERE = 0.2, 0.05
MOST_WORKLOGS, LOGGED_IN_BITS = 5, 0.02
GROUP = "staff"
FILES = (
    ("screenshot.png", "image/png"),
    ("log.txt", "text/plain"),
    ("Angebot für Müller.pdf", "application/pdf"),
)
PAGES = ("Runbook", "Design notes", "Meeting of the guild")


class Entities:
    """Add them to the issues of a site."""

    def __init__(
        self, dice: Random, data: SiteData, descriptions: Descriptions, entries: LateEntries
    ) -> None:
        self._dice = dice
        self._data = data
        self._texts = descriptions
        self._entries = entries
        self._ids = count(20_000)

    def add(self, issue: DemoIssue, birth: Birth) -> None:
        """Add to one issue."""
        members = [member.account_id for member in birth.plan.members]
        self._data.entities += [
            *self._comments(issue, members),
            *self._worklogs(issue, members),
            *self._attachments(issue, members),
            *self._remote_links(issue, members),
        ]

    def _comments(self, issue: DemoIssue, members: list[str]) -> Iterator[DemoEntity]:
        dice = self._dice
        times = sorted(self._when(issue) for _ in range(self._how_many()))
        for at in times:
            body = self._texts.draw()
            yield DemoComment(
                next(self._ids),
                issue.id,
                dice.choice(members),
                created=at,
                updated=self._when(issue, at) if dice.random() < EDITED else at,
                body=body if isinstance(body, dict) else document_of("Done."),
                public=dice.random() >= INTERNAL,
                group=GROUP if dice.random() < RESTRICTED else None,
            )

    def _how_many(self) -> int:
        dice, chance = self._dice, self._dice.random()
        if chance < SILENT:
            return 0
        if chance < SILENT + TALKED_OF:
            return dice.randint(21, MOST_SAID)
        return 1 + int(dice.expovariate(1 / USUAL))

    def _worklogs(self, issue: DemoIssue, members: list[str]) -> Iterator[DemoEntity]:
        """Divide the time that was spent on the issue."""
        dice, left = self._dice, issue.fields.get("timespent") or 0
        quarters = left // 900
        parts = min(quarters, 25 if dice.random() < LOGGED_IN_BITS else dice.randint(1, MOST_WORKLOGS))
        cuts = sorted(dice.sample(range(1, quarters), parts - 1)) if parts > 1 else []
        for start, stop in zip([0, *cuts], [*cuts, quarters], strict=True):
            if start == stop:
                continue
            at = self._when(issue)
            body = self._texts.draw() if dice.random() < 0.5 else None
            yield DemoWorklog(
                next(self._ids),
                issue.id,
                dice.choice(members),
                created=at,
                updated=at,
                started=at - (stop - start) * 900_000,
                seconds=(stop - start) * 900 + (left % 900 if stop == quarters else 0),
                comment=body if isinstance(body, dict) else None,
            )

    def _attachments(self, issue: DemoIssue, members: list[str]) -> Iterator[DemoEntity]:
        dice = self._dice
        for _ in range(dice.randint(1, 3) if dice.random() < WITH_FILES else 0):
            name, kind = dice.choice(FILES)
            size = int(dice.expovariate(1 / 200_000))
            at = self._when(issue)
            yield DemoAttachment(next(self._ids), issue.id, dice.choice(members), at, name, kind, size)

    def _remote_links(self, issue: DemoIssue, members: list[str]) -> Iterator[DemoEntity]:
        dice = self._dice
        if dice.random() >= LINKED_ELSEWHERE:
            return
        title = dice.choice(PAGES)
        link_id = next(self._ids)
        url = f"https://wiki.example/pages/{link_id}"
        link = DemoRemoteLink(
            link_id, issue.id, url, title, application=CONFLUENCE if dice.random() < 0.5 else None
        )
        item = remote_link_item(link, is_new=True)
        self._entries.write(issue, self._when(issue), dice.choice(members), [item])
        yield link

    def _when(self, issue: DemoIssue, since: int | None = None) -> int:
        """Draw a time before the issue was last updated, soon after its creation more often than late."""
        since = issue.created if since is None else since
        return min(issue.updated, since + int(self._dice.expovariate(1 / (20 * DAY))))
