"""Issues with flags and blockers, and who was blocked in which hour, by looking at every hour."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from jira_assets.lake.raw_writer import Observation
from jira_assets.warehouse.metric_settings import ProjectMetrics
from jira_assets_tests.lake_fixture import LakeFixture, Row
from jira_assets_tests.warehouse.brute_force import World
from jira_assets_tests.warehouse.histories import Life, State, land_lives, on
from jira_assets_tests.warehouse.test_block_spans import BOXES, FLAG, RAISED, TAKEN_OFF
from jira_assets_tests.warehouse.test_field_spans import item
from jira_assets_tests.warehouse.test_links import by

HOURS = 34 * 24
"""Nothing happens after these."""
REASONS = ("flagged", "status", "link", None)
BLOCKED: Mapping[str, Sequence[str]] = {"10": ["3"], "11": []}
"""The statuses, by project, in which an issue is blocked."""
Times = tuple[datetime, datetime | None]


@dataclass
class Blocker:
    """A link to an issue that blocks; without a life, it is of a project that is not tracked."""

    since: datetime
    until: datetime | None
    life: Life | None = None
    number: int = 9
    is_shown: bool = True
    """Whether the issue shows the link that is there today."""

    @property
    def key(self) -> str:
        """The key."""
        return self.life.key if self.life else f"FAR-{self.number}"


@dataclass
class Blockable(Life):
    """An issue with the times of its flag and of its blockers."""

    flags: Sequence[Times] = ()
    blockers: Sequence[Blocker] = ()

    def observation(self, *, with_ids: bool = True, **fields_beside: Any) -> Observation:
        """Say what Jira would answer."""
        flagged = [FLAG] if any(until is None for _, until in self.flags) else None
        shown = [
            by(
                each.life.jira_id if each.life else f"900{each.number}",
                link=f"{self.jira_id}0{n}",
                key=each.key,
            )
            for n, each in enumerate(self.blockers)
            if each.until is None and each.is_shown
        ]
        links = {"issuelinks": shown} if self.blockers else {}
        return super().observation(with_ids=with_ids, customfield_21=flagged, **links, **fields_beside)

    def _histories(self, with_ids: bool) -> Iterator[Row]:
        yield from super()._histories(with_ids)
        items = [
            (at, item("Flagged", *ends, "customfield_21"))
            for since, until in self.flags
            for at, ends in ((since, RAISED), (until, TAKEN_OFF))
            if at and at > self.created
        ]
        for each in self.blockers:
            end = (each.key, f"This issue is blocked by {each.key}")
            items.append((each.since, item("Link", None, end)))
            items += [(each.until, item("Link", end, None))] if each.until else []
        for number, (at, changed) in enumerate(sorted(items, key=lambda each: each[0])):
            yield {
                "id": f"{5000 + number}",
                "created": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000",
                "items": [changed],
            }


def preview(bench: LakeFixture, world: World) -> None:
    """Answer questions as if the issues were published, with their flags and blocked statuses."""
    settings = {project: ProjectMetrics(blocked_statuses=list(ids)) for project, ids in BLOCKED.items()}
    projects, metrics = land_lives(
        bench, world.lives, as_of=world.as_of, time_zone=world.zone, projects=settings
    )
    flag = {"field_id": "customfield_21", "field_name": "Flagged", "schema_custom": BOXES}
    bench.land_site("fields", flag | {"schema_type": "array"})
    bench.preview(*projects, metrics=metrics)


def blockable(lives: Sequence[Life], dice: random.Random) -> Iterator[Life]:
    """Give two of three issues flags and blockers; the third ones show no links, and so deny none."""
    others = [life for life in lives if int(life.jira_id) % 3 == 0]
    for life in lives:
        if life in others:
            yield life
            continue
        first = (life.created - on(1, 0)) // timedelta(hours=1)
        hours = sorted(dice.sample(range(first, HOURS), min(4, HOURS - first)))
        times = [on(1, 0) + timedelta(hours=hour) for hour in hours]
        if dice.random() < 0.2:
            times[0] = life.created
        ends = [*times, *[None] * dice.randint(0, 1)]
        flags = [(since, until) for since, until in zip(ends[::2], ends[1::2], strict=False) if since]
        blockers = []
        for number, other in enumerate(dice.sample([*others, None], dice.randint(0, 2)), 1):
            since, until = (on(1, 0) + timedelta(hours=each) for each in sorted(dice.sample(range(HOURS), 2)))
            since = max(since, life.created + timedelta(hours=1))
            is_over = until > since and dice.random() < 0.6
            blockers.append(Blocker(since, until if is_over else None, other, number))
        yield Blockable(**vars(life), flags=flags if dice.random() < 0.6 else (), blockers=blockers)


def hourly(life: Life) -> list[State | None]:
    """What the issue was in the middle of each hour."""
    states, found, now = list(life.states()), [], None
    for hour in range(HOURS + 24):
        moment = on(1, 0.5) + timedelta(hours=hour)
        while states and states[0][0] <= moment:
            now = states.pop(0)[1]
        found.append(now)
    return found


@dataclass
class Blocks:
    """Who was blocked in which hour."""

    world: World
    states: dict[str, list[State | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Play every life."""
        self.states = {life.jira_id: hourly(life) for life in self.world.lives}

    def reasons(self, life: Life, hour: int) -> set[str]:
        """Why it was blocked in that hour, and that by changes that lead to what is today."""
        state = self.states[life.jira_id][hour]
        if state is None:
            return set()
        flagged = any(self.is_within(hour, *times) for times in getattr(life, "flags", ()))
        waits = life.lies != "status" and state.status in BLOCKED[life.project]
        linked = any(self.open_at(each, hour) for each in getattr(life, "blockers", ()))
        return {
            name for name, holds in zip(REASONS, (flagged, waits, linked), strict=False) if holds and name
        }

    def open_at(self, blocker: Blocker, hour: int) -> bool:
        """Whether the link was there, and the blocker open or out of sight."""
        if not self.is_within(hour, blocker.since, blocker.until) or (not blocker.is_shown):
            return False
        if blocker.life is None:
            return True
        state = self.states[blocker.life.jira_id][hour]
        is_open = state is not None and state.categories.get(state.status) != "done"
        return is_open and blocker.life.lies != "status"

    def is_within(self, hour: int, since: datetime, until: datetime | None) -> bool:
        """Whether the hour is in that time."""
        moment = on(1, 0.5) + timedelta(hours=hour)
        return since <= moment and (until is None or moment < until)

    def hours(self, life: Life) -> dict[str | None, int]:
        """In how many hours from start to finish it was blocked, by reason and in all."""
        start, end = self.world.started(life), self.world.finished(life)
        if not start or not end or self.world.is_left_out(life):
            return {}
        first, last = ((at - on(1, 0)) // timedelta(hours=1) for at in (start, end))
        found: dict[str | None, int] = {}
        for hour in range(first, last):
            reasons = self.reasons(life, hour)
            for reason in [*reasons, *([None] if reasons else [])]:
                found[reason] = found.get(reason, 0) + 1
        return found

    def since(self, life: Life) -> datetime:
        """Since when it has been blocked without a break."""
        hour = HOURS
        while hour and self.reasons(life, hour - 1):
            hour -= 1
        return on(1, 0) + timedelta(hours=hour)
