"""What the address of the Flow page asks for; the same address shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

EVERYTHING = "*"
CHOICES = ("team", "assignee", "label", "component", "epic", "version")
"""Filters by what issues have today, as addresses and questions name them."""
WINDOWS = {6: "6 weeks", 13: "3 months", 26: "6 months", 52: "1 year", 0: "All time"}
USUAL_WEEKS = 26
MONTHS_FROM = timedelta(days=500)
FIRST_DAY = date(1970, 1, 1)


@dataclass(frozen=True)
class FlowFilter:
    """A project (None: all of them), a sprint, a board, a type, what issues have, and a window of days."""

    project: str | None
    sprint: str | None
    board: str | None
    issue_type: str | None
    choices: Mapping[str, str]
    """What was chosen of `CHOICES`."""
    weeks: int | None
    since: date
    until: date

    @classmethod
    def read(cls, given: Mapping[str, str], *, usual_project: str | None, today: date) -> FlowFilter:
        """Read the query of an address; what makes no sense is as if it were not there."""
        project = given.get("project") or usual_project
        since, until = _day(given.get("from")), _day(given.get("to"))
        weeks = None if since or until else _weeks(given.get("weeks"))
        until = min(until or today, today)  # of days to come there is nothing to count
        if since is None:
            since = until - timedelta(weeks=weeks) + timedelta(days=1) if weeks else FIRST_DAY
        return cls(
            project=None if project == EVERYTHING else project,
            sprint=given.get("sprint") or None,
            board=given.get("board") or None,
            issue_type=given.get("type") or None,
            choices={name: given[name] for name in CHOICES if given.get(name)},
            weeks=weeks,
            since=min(since, until),
            until=until,
        )

    @property
    def bucket(self) -> str:
        """Weeks of a long window are too many to distinguish."""
        return "month" if self.until - max(self.since, FIRST_DAY) > MONTHS_FROM else "week"

    @property
    def set(self) -> frozenset[str]:
        """Which of the filters that not every panel follows are set."""
        others = (("sprint", self.sprint), ("board", self.board), ("type", self.issue_type))
        return frozenset(name for name, value in others if value) | self.choices.keys()

    @property
    def team(self) -> str | None:
        """The team that was chosen."""
        return self.choices.get("team")

    def parameters(self) -> dict[str, Any]:
        """Return the values that go into the questions."""
        return {
            "project": self.project,
            "sprint": self.sprint,
            "board": self.board,
            "issue_type": self.issue_type,
            **dict.fromkeys(CHOICES),
            **self.choices,
            "since": self.since,
            "until": self.until,
            "bucket": self.bucket,
        }

    def query(self, **changes: object) -> str:
        """Write it as the query of an address, with something changed."""
        window = {"weeks": self.weeks} if self.weeks is not None else {"from": self.since, "to": self.until}
        values = {
            "project": self.project or EVERYTHING,
            "sprint": self.sprint,
            "board": self.board,
            "type": self.issue_type,
            **self.choices,
            **window,
        }
        if "weeks" in changes:
            values = {name: value for name, value in values.items() if name not in ("from", "to")}
        return urlencode({k: v for k, v in (values | changes).items() if v is not None})

    def fixed(self) -> str:
        """Return the query of the very days that are shown, whenever it is opened."""
        return self.query(weeks=None, **{"from": self.since, "to": self.until})

    def ending(self, day: date) -> str:
        """Return the query of the year that ends with a day."""
        return self.query(weeks=None, **{"from": day - timedelta(days=364), "to": day})


def _weeks(text: str | None) -> int:
    weeks = int(text) if text and text.isdecimal() and len(text) < 5 else None
    return weeks if weeks in WINDOWS else USUAL_WEEKS


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
