"""Progress of epics and versions and their forecasts, compared with playing each history up to each week."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from jira_assets.lake.raw_writer import Observation
from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets_tests.lake_fixture import LakeFixture, Row
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.brute_force import World, first_day, monday, until
from jira_assets_tests.warehouse.histories import Life, State, land_statuses, on
from jira_assets_tests.warehouse.test_metrics import Chance

VERSIONS = {"101": "10", "102": "10", "111": "11"}
"""The project of each version."""
RELEASED = {"102"}
AS_OF = date(2026, 2, 8)
Belongs = Callable[["Planned", datetime], bool]


@dataclass
class Planned(Life):
    """An issue with versions and a parent, which come and go."""

    versions: tuple[str, ...] = ()
    moves: list[tuple[datetime, str, bool]] = field(default_factory=list)
    """Versions that came (true) or went."""
    first_parent: str | None = None
    parents: list[tuple[datetime, str | None]] = field(default_factory=list)
    vanished: frozenset[str] = frozenset()
    """Versions and parents that are gone today without a change."""

    @property
    def versions_now(self) -> list[str]:
        """The versions that Jira shows."""
        found = set(self.versions)
        for _, version, came in self.moves:
            (found.add if came else found.discard)(version)
        return sorted(found - self.vanished)

    @property
    def parent_now(self) -> str | None:
        """The parent that Jira shows."""
        last = self.parents[-1][1] if self.parents else self.first_parent
        return None if last in self.vanished else last

    def has_version(self, version: str, moment: datetime) -> bool:
        """Whether it had the version; what a change does not say is as it is today."""
        events = [(at, came) for at, each, came in self.moves if each == version]
        if moment < self.created:
            return False
        if not events or moment >= events[-1][0]:
            return version in self.versions_now
        before = [came for at, came in events if at <= moment]
        return before[-1] if before else not events[0][1]

    def has_parent(self, parent: str, moment: datetime) -> bool:
        """Whether that was its parent, in the same way."""
        if moment < self.created:
            return False
        if not self.parents or moment >= self.parents[-1][0]:
            return self.parent_now == parent
        before = [each for at, each in self.parents if at <= moment]
        return (before[-1] if before else self.first_parent) == parent

    def seen(self, keys: Mapping[str, str]) -> Observation:
        """What Jira says of it."""
        parent = self.parent_now
        return self.observation(
            fixVersions=[{"id": each, "name": f"v{each}"} for each in self.versions_now],
            parent=parent and {"id": parent, "key": keys[parent]},
        )

    def _histories(self, with_ids: bool) -> Iterator[Row]:
        yield from super()._histories(with_ids)
        for number, (at, version, came) in enumerate(self.moves):
            ends = (None, version) if came else (version, None)
            yield _history(5000 + number, at, "Fix Version", *ends)
        before = self.first_parent
        for number, (at, parent) in enumerate(self.parents):
            names = ["IssueParentAssociation", "Epic Link"][: 1 + number % 2]
            for name in names:
                yield _history(6000 + number, at, name, before, parent)
            before = parent


def _history(number: int, at: datetime, name: str, old: str | None, new: str | None) -> Row:
    item = {"field": name, "from": old, "fromString": old, "to": new, "toString": new}
    return {"id": str(number), "created": f"{at:%Y-%m-%dT%H:%M:%S}.000+0000", "items": [item]}


def planned_world(seed: int, issues: int = 120) -> World:
    """Make a world whose issues belong to epics of both projects and to versions of their own."""
    dice = random.Random(seed)
    world = Chance(seed).world(issues)
    epics = [life.jira_id for life in world.lives if life.kind == "Epic"]
    lives = [plan(dice, life, epics) for life in world.lives]
    return World(lives, world.sprints, world.as_of, world.zone)


def plan(dice: random.Random, life: Life, epics: list[str]) -> Life:
    planned = Planned(**life.__dict__)
    if life.kind == "Epic":
        return planned
    times = sorted(life.created + timedelta(hours=dice.randrange(1, 400)) for _ in range(4))
    times = [at for at in times if at <= on(34)]
    mine = [version for version, project in VERSIONS.items() if project == life.project]
    planned.versions = tuple(dice.sample(mine, dice.randint(0, 1)))
    planned.first_parent = dice.choice([None, *epics[:3]])
    held = set(planned.versions)
    for at in times:
        version, parent = dice.choice(mine), dice.choice([None, *epics[:3]])
        if dice.random() < 0.6:
            planned.moves.append((at, version, version not in held))
            held ^= {version}
        if parent != (planned.parents[-1][1] if planned.parents else planned.first_parent):
            planned.parents.append((at, parent))
    planned.vanished = frozenset(dice.sample([*mine, *epics[:3]], dice.choice([0, 0, 0, 1])))
    return planned


def preview(bench: LakeFixture, world: World) -> None:
    land_statuses(bench)
    bench.land_site(
        "versions",
        *(
            {
                "version_id": version,
                "name": f"v{version}",
                "project_id": project,
                "is_released": version in RELEASED,
                "is_archived": False,
            }
            for version, project in VERSIONS.items()
        ),
    )
    keys = {life.jira_id: life.key for life in world.lives}
    projects = sorted({life.project for life in world.lives})
    for project in projects:
        mine = [life for life in world.lives if life.project == project]
        bench.land_and_derive(
            *(life.seen(keys) for life in mine if isinstance(life, Planned)), project=project
        )
    bench.preview(*projects, metrics=MetricSettings(world.zone, world.as_of))


def members(world: World) -> list[Planned]:
    """The issues that are counted."""
    return [life for life in world.counted if isinstance(life, Planned)]


def played(world: World, belongs: Belongs, week: date) -> tuple[float, ...]:
    """What belongs at the end of a week: issues, done ones, and their points."""
    moment = world.end_of(min(week + timedelta(days=6), world.as_of))
    sums = [0.0] * 4
    for life in members(world):
        state = life.at(moment)
        if state is None or not belongs(life, moment):
            continue
        points = 0 if life.lies == "points" else state.points or 0
        is_done = state.category == "done"
        for place, value in enumerate((1, is_done, points, points if is_done else 0)):
            sums[place] += value
    return tuple(sums)


def check(world: World, found: Mapping[date, Row], belongs: Belongs, *, is_open: bool) -> None:
    """Compare a series with what is played; a week without a row is as the one before."""
    assert {row["is_open"] for row in found.values()} <= {is_open}
    weeks = until(monday(on(1).date() - timedelta(days=7)), world.as_of, step=7)
    last = dict.fromkeys(("scope_issues", "done_issues", "scope_points", "done_points"), 0)
    balance = 0
    for week in weeks:
        row = found.get(week)
        assert row is None or row["scope_issues"] == balance + row["added"] - row["removed"]
        last = row or last
        values = (last["scope_issues"], last["done_issues"], last["scope_points"], last["done_points"])
        assert values == pytest.approx(played(world, belongs, week)), week
        balance = last["scope_issues"]


def series(bench: LakeFixture, table: str, subject: str) -> dict[str, dict[date, Row]]:
    found: dict[str, dict[date, Row]] = {}
    for row in bench.ask(f"from {table}"):
        found.setdefault(row[subject], {})[row["week"]] = row
    return found


def _has_version(version: str, life: Planned, moment: datetime) -> bool:
    return life.has_version(version, moment)


def _has_parent(parent: str, life: Planned, moment: datetime) -> bool:
    return life.has_parent(parent, moment)


@pytest.mark.parametrize("seed", sampled([1, 2, 3]))
def test_progress_is_that_of_the_histories(bench: LakeFixture, seed: int) -> None:
    world = planned_world(seed)
    preview(bench, world)

    versions = series(bench, "version_progress", "version_id")
    for version in VERSIONS:
        rows = versions.get(version, {})
        check(world, rows, partial(_has_version, version), is_open=version not in RELEASED)
    epics = series(bench, "epic_progress", "epic_id")
    known = [life for life in world.lives if life.kind == "Epic"]
    assert set(epics) <= {life.jira_id for life in known}
    for epic in known:
        is_open = world.known(epic.project).get(epic.shown_status) != "done"
        check(world, epics.get(epic.jira_id, {}), partial(_has_parent, epic.jira_id), is_open=is_open)
    assert len(epics) >= 3


@pytest.mark.parametrize("seed", sampled([1, 2]))
def test_shares_and_what_is_left_out_are_those_of_today(bench: LakeFixture, seed: int) -> None:
    world = planned_world(seed)
    preview(bench, world)

    for row in bench.ask("from version_progress"):
        scope, done = row["scope_issues"], row["done_issues"]
        assert row["share_done"] == (pytest.approx(done / scope) if scope else None)
        today = [
            life
            for life in world.lives
            if isinstance(life, Planned) and life.is_counted and row["version_id"] in life.versions_now
        ]
        left_out = [life for life in today if world.is_left_out(life)]
        assert row["left_out"] == len(left_out)
        others = [life for life in today if life.lies == "points" and life not in left_out]
        assert row["points_left_out"] == len(others)


@pytest.mark.parametrize("missing", sampled([6, 0, 1, 40], 4))
def test_forecasts_are_those_of_days_drawn_from_the_last_twelve_weeks(
    bench: LakeFixture, missing: int
) -> None:
    finishes = [3, 3, 4, 9, 10, 10, 10, 17, 24, 25, 26, 31]
    lives: list[Life] = [Planned("900", on(1), kind="Epic")]
    for number, day in enumerate(finishes):
        done = Planned(str(number + 1), on(1), first_parent="900", versions=("101",))
        lives.append(done.then(on(day), "status", "4"))
    lives += [Planned(str(100 + number), on(2), first_parent="900") for number in range(missing)]
    world = World(lives, [], AS_OF, "UTC")
    preview(bench, world)

    daily = [0] * 84
    for day in finishes:
        daily[(on(day).date() - (AS_OF - timedelta(days=84))).days] += 1
    expected = {percent: first_day(daily, missing, percent) for percent in (50, 70, 85, 95)}
    rows = bench.ask("select * from progress_forecasts where kind = 'epic'")
    assert {row["percent"]: row["days"] for row in rows} == expected
    assert {(row["delivered"], row["open_issues"], row["subject_id"]) for row in rows} == {
        (12, missing, "900")
    }
    assert all(
        row["finished_by"] == (None if row["days"] is None else AS_OF + timedelta(days=row["days"]))
        for row in rows
    )
    released = bench.ask(
        "select distinct subject_id, open_issues from progress_forecasts where kind = 'version'"
    )
    assert released == [{"subject_id": "101", "open_issues": 0}]


def test_four_deliveries_are_not_enough_and_what_is_closed_has_no_forecast(bench: LakeFixture) -> None:
    def below(epic: str, first: int, count: int, version: str) -> list[Life]:
        found: list[Life] = []
        for number in range(first, first + count):
            life = Planned(str(number), on(1), first_parent=epic, versions=(version,))
            found.append(life.then(on(20), "status", "4"))
        return found

    lives = [
        Planned("900", on(1), kind="Epic"),
        Planned("901", on(1), State("4"), kind="Epic"),
        *below("900", 1, 4, "101"),
        *below("901", 10, 9, "102"),
    ]
    preview(bench, World(lives, [], AS_OF, "UTC"))

    assert bench.ask("from progress_forecasts") == []
    rows = bench.ask("select distinct epic_id, is_open from epic_progress order by all")
    assert rows == [{"epic_id": "900", "is_open": True}, {"epic_id": "901", "is_open": False}]
    ends = bench.ask("select version, max(week) as week from version_progress group by all order by all")
    finish = monday(on(20).date())
    assert [tuple(row.values()) for row in ends] == [("v101", finish), ("v102", finish)]


def test_an_issue_that_is_done_before_it_comes_to_a_version_is_done_there_from_then(
    bench: LakeFixture,
) -> None:
    life = Planned("1", on(1), State(points=3.0), moves=[(on(16), "101", True)])
    life.then(on(9), "status", "4").then(on(23), "points", 5.0)
    preview(bench, World([life], [], AS_OF, "UTC"))

    query = "select week, scope_issues, done_issues, scope_points, done_points, added from version_progress"
    rows: list[Any] = [tuple(row.values()) for row in bench.ask(f"{query} order by week limit 2")]
    assert rows == [(on(15).date(), 1, 1, 3.0, 3.0, 1), (on(22).date(), 1, 1, 5.0, 5.0, 0)]
