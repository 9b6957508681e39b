"""Every metric of random histories equals what is found by playing each history up to each moment."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from jira_assets.warehouse.metric_settings import ProjectMetrics
from jira_assets_tests.lake_fixture import LakeFixture
from jira_assets_tests.warehouse.brute_force import ACTIVE, World
from jira_assets_tests.warehouse.histories import (
    RESOLUTIONS,
    STATUSES,
    TYPES,
    Change,
    Life,
    Sprint,
    State,
    on,
    publish_lives,
)

ZONES = ["UTC", "America/New_York", "Asia/Kolkata"]
SPRINTS = (
    Sprint("6", on(1), on(12), on(13)),
    Sprint("7", on(14), on(26), on(26, 18)),
    Sprint("8", on(27), on(40)),
)
CHANGES: list[Change] = ["status", "status", "status", "points", "sprints", "resolution"]
UNDELIVERED = ["Won't Do", RESOLUTIONS["Duplicate"]]
"""One by its name, one by its id."""
END = 34
"""The last day of the stories."""


class Chance:
    """Makes worlds: large ones, since publishing one costs more than looking at many issues."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.resolving = self.dice.choice([0.1, 0.9])
        self.gone = self.dice.choice([(), ("6",), ("6", "7")])

    def world(self, issues: int) -> World:
        """Make a world of so many issues."""
        lives = [self.life(number) for number in range(1, issues + 1)]
        return World(lives, SPRINTS, date(2026, 2, 8), self.dice.choice(ZONES))

    def life(self, number: int) -> Life:
        """Make the story of one issue."""
        # Whole hours, so that changes often fall on the same moment as each other and as a sprint's ends.
        hours = sorted(self.dice.randrange(END * 24) for _ in range(self.dice.randint(1, 10)))
        times = [on(1, 0) + timedelta(hours=hour) for hour in hours]
        status = self.dice.choice(["1", "1", "1", *STATUSES])
        first = State(status, self.value("points"), self.value("sprints"))
        kind = self.dice.choice(["Task", "Task", "Bug", *TYPES])
        life = Life(str(number), times[0], first, kind=kind, project=self.dice.choice(["10", "11"]))
        life.team = (None, "Core", "Growth")[number % 3]
        for at in times[1:]:
            self.change(life, at)
        if life.now.status == "6":
            # That is gone for good: no issue is in it any more.
            life.then(times[-1], "status", "4")
        changed = sorted({what for _, what, _ in life.changes} - {"resolution"})
        life.lies = self.dice.choice([*[None] * 8, *changed])
        return life

    def change(self, life: Life, at: datetime) -> None:
        """Let something happen to it."""
        what = self.dice.choice(CHANGES)
        value = self.value(what)
        if value != getattr(life.now, what):
            life.then(at, what, value)
        if life.now.status == "6" and life.now.resolution is None and self.dice.random() < self.resolving:
            life.then(at, "resolution", "Fixed")

    def value(self, what: Change) -> Any:
        """Choose what something becomes."""
        if what == "status":
            return self.dice.choice(["2", *STATUSES, *STATUSES, "4", *self.gone])
        if what == "points":
            return self.dice.choice([None, 1.0, 2.0, 3.5, 5.0])
        if what == "resolution":
            return self.dice.choice([None, "Fixed", "Won't Do", "Duplicate"])
        return tuple(self.dice.sample(["6", "7", "8"], self.dice.randint(0, 3)))


WORLDS = st.builds(
    lambda seed, issues: Chance(seed).world(issues), st.integers(0, 10**9), st.integers(1, 100)
)


@contextmanager
def published(world: World, engine: duckdb.DuckDBPyConnection, *, with_ids: bool) -> Iterator[LakeFixture]:
    folder = Path(tempfile.mkdtemp())
    try:
        bench = LakeFixture(folder, engine)
        counted = ProjectMetrics(undelivered_resolutions=UNDELIVERED, active_statuses=sorted(ACTIVE))
        publish_lives(
            bench,
            world.lives,
            sprints=world.sprints,
            as_of=world.as_of,
            time_zone=world.zone,
            with_ids=with_ids,
            projects={"10": counted, "11": counted},
        )
        yield bench
    finally:
        shutil.rmtree(folder)


def check_world(world: World, engine: duckdb.DuckDBPyConnection, with_ids: bool) -> None:
    with published(world, engine, with_ids=with_ids) as bench:
        check_spans(bench, world)
        check_issues(bench, world)
        check_series(bench, world)
        check_sprints(bench, world)
        check_forecast_inputs(bench, world)


def table(bench: LakeFixture, keys: str, columns: str, source: str) -> dict[Any, Any]:
    """Read a table as keys and tuples of values."""
    count = keys.count(",") + 1
    rows = [tuple(row.values()) for row in bench.ask(f"select {keys}, {columns} from {source}")]
    found = {row[:count] if count > 1 else row[0]: row[count:] for row in rows}
    assert len(found) == len(rows)
    return found


def check_spans(bench: LakeFixture, world: World) -> None:
    """Whatever moment is asked for, the spans that cover it say what the issue was."""
    moments = sorted({at for life in world.lives for at, _ in life.states()})[::3]
    asked = ", ".join(f"(timestamp '{moment:%Y-%m-%d %H:%M:%S}')" for moment in moments)
    during = "moment >= entered_at and (left_at is null or moment < left_at)"
    status = table(
        bench,
        "jira_id, moment",
        "status_id",
        f"issue_status_spans inner join (values {asked}) as m(moment) on {during}",
    )
    points = table(
        bench,
        "jira_id, moment",
        "story_points",
        f"issue_estimate_spans inner join (values {asked}) as m(moment) on {during}",
    )
    sprints: dict[Any, set[str]] = {}
    memberships = f"issue_sprint_spans inner join (values {asked}) as m(moment) on {during}"
    for row in bench.ask(f"select jira_id, moment, sprint_id from {memberships}"):
        sprints.setdefault((row["jira_id"], row["moment"]), set()).add(row["sprint_id"])
    for life in world.lives:
        for moment in moments:
            key = (life.jira_id, moment.replace(tzinfo=None))
            state = life.at(moment)
            assert status.get(key) == (state and (state.status,)), key
            assert points.get(key, (None,)) == ((state and state.points),), key
            assert sprints.get(key, set()) == set(state.sprints if state else ()), key


def check_issues(bench: LakeFixture, world: World) -> None:
    columns = (
        "started_at, finished_at, lead_time_days, cycle_time_days, cycle_time_seconds, age_days, "
        "round(flow_efficiency, 9), reopened, moved_backwards, moved_while_done"
    )
    found = table(bench, "jira_id", columns, "issue_flow")
    for life in world.lives:
        flow = world.flow(life)
        rounded = None if flow[6] is None else round(flow[6], 9)
        assert found[life.jira_id] == (*flow[:6], rounded, *flow[7:]), life

    flags = {(row["jira_id"], row["replay"]) for row in bench.ask("select * from issue_replay_flags")}
    named = {"status": "status", "points": "estimate", "sprints": "sprint"}
    unknown = {(life.jira_id, "category") for life in world.lives if world.is_unknown(life)}
    assert flags == unknown | {(life.jira_id, named[life.lies]) for life in world.lives if life.lies}

    times = table(
        bench,
        "jira_id, status_id",
        "days, age_days, visits, first_visit",
        "issue_status_times where not is_left_out",
    )
    rounded_to = 1e-6
    assert times == {
        key: pytest.approx(row, abs=rounded_to) for key, row in world.issue_status_times().items()
    }

    aging = table(bench, "jira_id", "age_days", "aging_work")
    working = {life.jira_id: world.flow(life)[5] for life in world.counted}
    assert aging == {key: (age,) for key, age in working.items() if age is not None}
    dots = table(bench, "jira_id", "cycle_time_days", "cycle_time_scatter")
    flows = {life.jira_id: world.flow(life) for life in world.delivered()}
    assert dots == {key: (flow[3],) for key, flow in flows.items() if flow[3] is not None}


def check_series(bench: LakeFixture, world: World) -> None:
    columns = "created, resolved, delivered, reopened, open_at_end, left_out"
    groups = "project_id, issue_type, team"
    assert table(bench, f"{groups}, week", columns, "resolution_trend") == world.resolution_trend()
    columns = "to_do, in_progress, done"
    assert table(bench, f"{groups}, day", columns, "cumulative_flow") == world.cumulative_flow()
    columns = "lead_time_n, lead_time_median, lead_time_p85, cycle_time_n, cycle_time_median, cycle_time_p85"
    assert table(bench, "project_id, week", columns, "flow_times_weekly") == world.flow_times()
    assert table(bench, "team, week", columns, "team_flow_times_weekly") == world.team_flow_times()

    columns = "delivered, mean_12_weeks"
    throughput = table(bench, "project_id, week, issue_type, team", columns, "throughput_weekly")
    assert throughput == {key: pytest.approx(row) for key, row in world.throughput().items()}
    columns = "time_n, days_median, days_p85, age_n, age_p50, age_p70, age_p85, age_p95"
    times = table(bench, "project_id, status_id", columns, "status_times")
    assert times == {key: pytest.approx(row) for key, row in world.status_times().items()}


def check_sprints(bench: LakeFixture, world: World) -> None:
    columns = "commitment, completed, added, removed, re_estimated, carried_over, completed_as_planned, "
    columns += "completed_before"
    assert table(bench, "sprint_id", columns, "sprint_velocity") == world.velocity()
    check_sprints_of_teams(bench, world, columns)
    for row in bench.ask("select * from sprint_velocity where commitment is not null"):
        scope = row["commitment"] + row["added"] - row["removed"] + row["re_estimated"]
        assert scope == row["completed"] + row["carried_over"]

    rows = bench.ask(
        "select * from sprint_burndown where remaining is not null order by sprint_id, day_number"
    )
    assert {(row["sprint_id"], row["day_number"]): row["remaining"] for row in rows} == world.burndown()
    before = 0.0
    for row in rows:
        step = row["added"] - row["removed"] + row["re_estimated"] - row["burned"]
        assert row["day_number"] == 0 or row["remaining"] == before + step
        before = row["remaining"]


def check_sprints_of_teams(bench: LakeFixture, world: World, columns: str) -> None:
    assert table(bench, "sprint_id, team", columns, "team_velocity") == world.team_velocity()
    means = table(bench, "sprint_id, team", "velocity", "team_velocity where state = 'closed'")
    assert means == {key: (pytest.approx(mean),) for key, mean in world.team_means().items()}


def check_forecast_inputs(bench: LakeFixture, world: World) -> None:
    (row,) = bench.ask("select * from forecast_inputs where project_key is null")
    first = world.as_of - timedelta(days=84)
    daily = [0] * 84
    for life in world.delivered():
        day = (world.day(world.finished(life) or life.created) - first).days
        if day < 84:
            daily[day] += 1
    assert row["daily"] == daily
    assert row["open_issues"] == sum(life.now.category != "done" for life in world.counted)


HISTORIES = {"deadline": None, "phases": [Phase.explicit, Phase.generate], "database": None}
"""A smaller world says no more, and finding it would take minutes."""


def test_every_metric_equals_the_slow_way(engine: duckdb.DuckDBPyConnection) -> None:
    check_world(Chance(3).world(60), engine, with_ids=True)


@pytest.mark.prove
@settings(max_examples=60, **HISTORIES)  # type: ignore[arg-type]  # mypy cannot tell the keys apart
@given(world=WORLDS, with_ids=st.booleans())
def test_every_metric_equals_the_slow_way_again_and_again(
    engine: duckdb.DuckDBPyConnection, world: World, with_ids: bool
) -> None:
    check_world(world, engine, with_ids)
