"""Issues by the story of their lives: what Jira would answer of them, and what they were at any moment.

The state at a moment is found by playing the story up to it. No statement of the warehouse works that way, so
both can only agree by both being right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from jira_assets.lake.raw_writer import Observation
from jira_assets.warehouse.metric_settings import MetricSettings, ProjectMetrics
from jira_assets_tests.lake_fixture import TEAM_FIELD, LakeFixture, Row, seen

Change = Literal["status", "points", "sprints", "resolution"]

STATUSES = {
    "1": ("To Do", "new"),
    "2": ("Doing", "indeterminate"),
    "3": ("Review", "indeterminate"),
    "4": ("Done", "done"),
    "5": ("Closed", "done"),
}
GONE = {
    "6": ("Resolved", "done"),
    "7": ("Waiting", "indeterminate"),
}
"""Statuses that the site does not list: only issues that are in one tell its category."""
RESOLUTIONS = {"Fixed": "10", "Won't Do": "11", "Duplicate": "12"}
TYPES: Mapping[str, Row] = {
    "Task": {"id": "1", "name": "Task", "subtask": False, "hierarchyLevel": 0},
    "Bug": {"id": "2", "name": "Bug", "subtask": False, "hierarchyLevel": 0},
    "Sub-task": {"id": "3", "name": "Sub-task", "subtask": True, "hierarchyLevel": -1},
    "Epic": {"id": "4", "name": "Epic", "subtask": False, "hierarchyLevel": 1},
}
FIELDS: Mapping[Change, tuple[str, str]] = {
    "status": ("status", "status"),
    "points": ("Story Points", "customfield_16"),
    "sprints": ("Sprint", "customfield_20"),
    "resolution": ("resolution", "resolution"),
}
BEGINNING = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""


def on(day: float, hour: float = 12) -> datetime:
    """Name a time by the day, 1 being the first Monday, and the hour."""
    return BEGINNING + timedelta(days=day - 1, hours=hour)


@dataclass
class State:
    """What an issue is at a moment."""

    status: str = "1"
    points: float | None = None
    sprints: tuple[str, ...] = ()
    resolution: str | None = None
    categories: Mapping[str, str] = field(
        default_factory=lambda: {key: kind for key, (_, kind) in STATUSES.items()}, repr=False
    )
    """What is known of the statuses."""

    @property
    def category(self) -> str:
        """The category of the status."""
        return self.categories[self.status]


@dataclass
class Sprint:
    """A sprint; one without an end is active."""

    sprint_id: str
    started: datetime
    planned: datetime
    completed: datetime | None = None

    def row(self) -> Row:
        """The row of the site's table."""
        return {
            "sprint_id": self.sprint_id,
            "sprint_name": f"Sprint {self.sprint_id}",
            "state": "closed" if self.completed else "active",
            "board_id": "1",
            "started_at": self.started,
            "ended_at": self.planned,
            "completed_at": self.completed,
            "as_of": self.started,
        }


@dataclass
class Life:
    """The story of one issue: how it began, and its changes in their order."""

    jira_id: str
    created: datetime
    first: State = field(default_factory=State)
    changes: list[tuple[datetime, Change, Any]] = field(default_factory=list)
    kind: str = "Task"
    project: str = "10"
    lies: Change | None = None
    """What Jira says of it today contradicts its changes here."""
    team: str | None = None
    """The team that Jira's field has today; no metric knows which it was before."""
    translated: bool = False
    """Whether Jira names its resolutions in another language than the settings do."""

    def then(self, at: datetime, what: Change, value: Any) -> Life:
        """Add a change."""
        self.changes.append((at, what, value))
        return self

    @property
    def key(self) -> str:
        """The key."""
        return f"P{self.project}-{self.jira_id}"

    @property
    def is_counted(self) -> bool:
        """Whether it is of the standard level."""
        return bool(TYPES[self.kind]["hierarchyLevel"] == 0)

    def states(self) -> Iterator[tuple[datetime, State]]:
        """Tell every state and when it began."""
        state = self.first
        yield self.created, state
        for at, what, value in self.changes:
            state = State(**{**state.__dict__, what: value})
            yield at, state

    def at(self, moment: datetime) -> State | None:
        """What it was at that moment; None before its creation."""
        found = [state for since, state in self.states() if since <= moment]
        return found[-1] if found else None

    @property
    def now(self) -> State:
        """What its changes lead to."""
        return list(self.states())[-1][1]

    @property
    def shown_status(self) -> str:
        """The status that Jira shows today."""
        if self.lies != "status":
            return self.now.status
        return "1" if self.now.status != "1" else "2"

    def observation(self, *, with_ids: bool = True, **fields_beside: Any) -> Observation:
        """Say what Jira would answer."""
        now = self.now
        status, points, sprints = self.shown_status, now.points, now.sprints
        if self.lies == "points":
            points = (points or 0) + 1
        if self.lies == "sprints":
            sprints = (*sprints, "99")
        name, category = (STATUSES | GONE)[status]
        fields = {
            "summary": f"Issue {self.jira_id}",
            "issuetype": TYPES[self.kind],
            "status": {"id": status, "name": name, "statusCategory": {"key": category}},
            "customfield_16": points,
            "customfield_20": [{"id": int(each), "name": f"Sprint {each}"} for each in sprints] or None,
            "resolution": self._resolution(now.resolution),
            "created": _jira(self.created),
            TEAM_FIELD: self.team and {"id": f"id of {self.team}", "name": self.team},
            **fields_beside,
        }
        updated = self.changes[-1][0] if self.changes else self.created
        histories = list(self._histories(with_ids))
        return seen(self.jira_id, fields, project=self.project, updated=updated, histories=histories[::-1])

    def _histories(self, with_ids: bool) -> Iterator[Row]:
        states = list(self.states())
        for number, (at, what, value) in enumerate(self.changes):
            before = getattr(states[number][1], what)
            name, field_id = FIELDS[what]
            ends = self._resolutions(before, value) if what == "resolution" else _ends(what, before, value)
            item = {"field": name, "fieldtype": "jira"} | ends
            if with_ids:
                item["fieldId"] = field_id
            yield {"id": f"{1000 + number}", "created": _jira(at), "items": [item]}

    def _resolution(self, name: str | None) -> Row | None:
        told = f"de: {name}" if self.translated else name
        return {"id": RESOLUTIONS.get(name.strip()), "name": told} if name else None

    def _resolutions(self, before: str | None, after: str | None) -> Row:
        old, new = (self._resolution(name) or {"id": None, "name": None} for name in (before, after))
        return {"from": old["id"], "fromString": old["name"], "to": new["id"], "toString": new["name"]}


def _ends(what: Change, before: Any, after: Any) -> Row:
    if what == "status":
        names = STATUSES | GONE
        return {
            "from": before,
            "fromString": names[before][0],
            "to": after,
            "toString": names[after][0],
        }
    if what == "sprints":
        return {
            "from": ", ".join(before),
            "fromString": ", ".join(f"Sprint {each}" for each in before),
            "to": ", ".join(after),
            "toString": ", ".join(f"Sprint {each}" for each in after),
        }
    return {"from": None, "fromString": _printed(before), "to": None, "toString": _printed(after)}


def _printed(value: Any) -> str | None:
    return f"{value:g}" if isinstance(value, float) else value


def _jira(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def land_statuses(bench: LakeFixture) -> None:
    """Put the statuses into the lake that the site lists."""
    rows = [
        {"status_id": key, "status": name, "status_category": kind, "is_listed": True}
        for key, (name, kind) in STATUSES.items()
    ]
    bench.land_site("statuses", *rows)


def publish_lives(bench: LakeFixture, lives: Sequence[Life], **given: Any) -> None:
    """Put the issues into a warehouse, as `land_lives` does into the lake."""
    projects, metrics = land_lives(bench, lives, **given)
    bench.publish(*projects, metrics=metrics)


def preview_lives(bench: LakeFixture, lives: Sequence[Life], **given: Any) -> None:
    """Answer questions as if the issues were published, where no file and no audit is asked for."""
    projects, metrics = land_lives(bench, lives, **given)
    bench.preview(*projects, metrics=metrics)


def land_lives(
    bench: LakeFixture,
    lives: Sequence[Life],
    *,
    sprints: Sequence[Sprint] = (),
    as_of: date,
    time_zone: str = "UTC",
    with_ids: bool = True,
    projects: Mapping[str, ProjectMetrics] | None = None,
) -> tuple[list[str], MetricSettings]:
    """Put the issues into the lake; return their projects and the settings of the metrics."""
    land_statuses(bench)
    bench.land_site("sprints", *(sprint.row() for sprint in sprints))
    bench.land_site(
        "fields",
        {"field_id": "customfield_16", "field_name": "Story Points"},
        {"field_id": "customfield_20", "field_name": "Sprint"},
    )
    ids = sorted({life.project for life in lives}) or ["10"]
    for project in ids:
        found = [life.observation(with_ids=with_ids) for life in lives if life.project == project]
        bench.land_and_derive(*found, project=project)
    return ids, MetricSettings(time_zone, as_of, projects or {})
