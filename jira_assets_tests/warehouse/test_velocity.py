"""Velocity by every rule, each in the smallest sprint that shows it; docs/analytics.md has the same cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from jira_assets_tests.lake_fixture import LakeFixture, Row
from jira_assets_tests.warehouse.histories import Life, Sprint, State, on, preview_lives

SPRINT = Sprint("7", started=on(8), planned=on(19), completed=on(19))
IN = ("7",)


def velocity(bench: LakeFixture, *lives: Life, sprints: tuple[Sprint, ...] = (SPRINT,)) -> Row:
    preview_lives(bench, lives, sprints=sprints, as_of=date(2026, 2, 2))
    return bench.ask_one("select * from sprint_velocity where sprint_id = '7'")


POINTS = ("commitment", "completed", "completed_before", "added", "removed", "re_estimated", "carried_over")


def points(row: Row) -> dict[str, float]:
    return {name: row[name] for name in POINTS if row[name]}


def planned(points: float | None = 5.0, **parts: str) -> Life:
    """An issue of 5 points that was in the sprint from the start."""
    return Life("1", on(1), State(points=points, sprints=IN), **parts)  # type: ignore[arg-type]  # only `kind`


CASES: dict[str, tuple[Life, dict[str, float]]] = {
    "planned and done": (
        planned().then(on(10), "status", "4"),
        {"commitment": 5, "completed": 5},
    ),
    "planned and not done": (
        planned(),
        {"commitment": 5, "carried_over": 5},
    ),
    "added after the start": (
        Life("1", on(1), State(points=5.0)).then(on(9), "sprints", IN).then(on(10), "status", "4"),
        {"completed": 5, "added": 5},
    ),
    "estimated higher after the start": (
        planned().then(on(9), "points", 8.0).then(on(10), "status", "4"),
        {"commitment": 5, "completed": 8, "re_estimated": 3},
    ),
    "estimated only after the start": (
        planned(None).then(on(9), "points", 3.0).then(on(10), "status", "4"),
        {"completed": 3, "re_estimated": 3},
    ),
    "removed": (
        planned().then(on(9), "sprints", ()),
        {"commitment": 5, "removed": 5},
    ),
    "removed and added again": (
        planned().then(on(9), "sprints", ()).then(on(10), "sprints", IN).then(on(11), "status", "4"),
        {"commitment": 5, "completed": 5},
    ),
    "added after the start and removed again": (
        Life("1", on(1), State(points=5.0)).then(on(9), "sprints", IN).then(on(10), "sprints", ()),
        {},
    ),
    "done before the sprint": (
        planned().then(on(3), "status", "4"),
        {"completed_before": 5},
    ),
    "done at the very moment of the start": (
        planned().then(on(8), "status", "4"),
        {"commitment": 5, "completed": 5},
    ),
    "done before the sprint and closed at the very moment of the start": (
        planned().then(on(3), "status", "4").then(on(8), "status", "5"),
        {"completed_before": 5},
    ),
    "done before the sprint and put into it later": (
        Life("1", on(1), State(points=5.0)).then(on(3), "status", "4").then(on(9), "sprints", IN),
        {"completed_before": 5},
    ),
    "done during the sprint and put into it then": (
        Life("1", on(1), State(points=5.0)).then(on(9), "status", "4").then(on(10), "sprints", IN),
        {"completed": 5, "added": 5},
    ),
    "done before the sprint and taken out of it": (
        planned().then(on(3), "status", "4").then(on(9), "sprints", ()),
        {},
    ),
    "done before the sprint and reopened in it": (
        planned().then(on(3), "status", "4").then(on(9), "status", "2"),
        {"added": 5, "carried_over": 5},
    ),
    "done before the sprint, reopened and done again in it": (
        planned().then(on(3), "status", "4").then(on(9), "status", "2").then(on(10), "status", "5"),
        {"completed_before": 5},
    ),
    "done before the sprint and estimated higher in it": (
        planned().then(on(3), "status", "4").then(on(9), "points", 8.0),
        {"completed_before": 8},
    ),
    "done after its end": (
        planned().then(on(20), "status", "4"),
        {"commitment": 5, "carried_over": 5},
    ),
    "done and reopened before the end": (
        planned().then(on(10), "status", "4").then(on(12), "status", "2"),
        {"commitment": 5, "carried_over": 5},
    ),
    "done at the very moment of the end": (
        planned().then(on(19), "status", "4"),
        {"commitment": 5, "completed": 5},
    ),
    "taken along into the next sprint when this one was closed": (
        planned().then(on(19), "sprints", ("7", "8")),
        {"commitment": 5, "carried_over": 5},
    ),
    "a sub-task": (
        planned(kind="Sub-task").then(on(10), "status", "4"),
        {},
    ),
    "an epic": (
        planned(kind="Epic").then(on(10), "status", "4"),
        {},
    ),
}


def apart(life: Life, number: int) -> Life:
    """The same story in a sprint of its own."""

    def own(sprints: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{number}{sprint}" for sprint in sprints)

    first = replace(life.first, sprints=own(life.first.sprints))
    changes = [(at, what, own(value) if what == "sprints" else value) for at, what, value in life.changes]
    return replace(life, jira_id=str(number), first=first, changes=changes)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    """The velocity of every case."""
    bench = LakeFixture(tmp_path_factory.mktemp("velocity"), engine)
    lives = [apart(life, number) for number, (life, _) in enumerate(CASES.values(), 1)]
    sprints = [replace(SPRINT, sprint_id=f"{life.jira_id}7") for life in lives]
    preview_lives(bench, lives, sprints=sprints, as_of=date(2026, 2, 2))
    rows = {row["sprint_id"]: row for row in bench.ask("select * from sprint_velocity")}
    return {case: rows[f"{number}7"] for number, case in enumerate(CASES, 1)}


@pytest.mark.parametrize("case", CASES)
def test_an_issue_counts_by_what_it_was_at_the_start_and_at_the_end(
    judged: dict[str, Row], case: str
) -> None:
    assert points(judged[case]) == CASES[case][1]


@pytest.mark.prove
def test_what_was_done_before_is_shown_beside_the_commitment(bench: LakeFixture) -> None:
    kept = replace(planned(3.0), jira_id="2").then(on(9), "status", "4")
    row = velocity(bench, planned().then(on(3), "status", "4"), kept)

    assert (row["commitment"], row["completed"], row["completed_before"]) == (3, 3, 5)
    assert (row["planning_accuracy"], row["capacity_accuracy"]) == (1, 1)
    counts = ("items_committed", "items_completed", "items_completed_before", "items_added", "items_removed")
    assert [row[name] for name in counts] == [1, 1, 1, 0, 0]
    item = bench.ask_one("select * from sprint_items where jira_id = '1'")
    flags = ("is_committed", "is_completed", "is_completed_before", "is_carried_over")
    assert [item[name] for name in flags] == [False, False, True, False]


def test_accuracy_compares_with_what_was_planned(bench: LakeFixture) -> None:
    row = velocity(
        bench,
        Life("1", on(1), State(points=6.0, sprints=IN))
        .then(on(9), "points", 9.0)
        .then(on(10), "status", "4"),
        Life("2", on(1), State(points=4.0, sprints=IN)),
        Life("3", on(1), State(points=1.0)).then(on(9), "sprints", IN).then(on(10), "status", "4"),
        Life("4", on(1), State(sprints=IN)),
    )

    assert (row["commitment"], row["completed_as_planned"], row["completed"]) == (10, 6, 10)
    assert (row["planning_accuracy"], row["capacity_accuracy"]) == (0.6, 1)
    assert (row["items_committed"], row["items_completed"], row["items_added"]) == (3, 2, 1)
    assert (row["items_carried_over"], row["items_unestimated"], row["left_out"]) == (2, 1, 0)


@pytest.mark.prove
def test_a_sprint_that_promised_nothing_has_no_accuracy(bench: LakeFixture) -> None:
    row = velocity(bench, Life("1", on(1)))

    assert (row["commitment"], row["planning_accuracy"], row["capacity_accuracy"]) == (0, None, None)


def test_what_is_carried_over_twice_is_told_apart(bench: LakeFixture) -> None:
    before = Sprint("6", started=on(1), planned=on(7), completed=on(7))
    life = Life("1", on(1, 1), State(points=5.0, sprints=("6",))).then(on(7), "sprints", ("6", "7"))
    row = velocity(bench, life, sprints=(before, SPRINT))

    assert (row["carried_over"], row["carried_over_again"]) == (5, 5)
    first = bench.ask_one("select * from sprint_velocity where sprint_id = '6'")
    assert (first["carried_over"], first["carried_over_again"], first["sprints_ago"]) == (5, 0, 2)


def test_velocity_is_the_mean_of_the_last_seven_closed_sprints(bench: LakeFixture) -> None:
    sprints = tuple(
        Sprint(str(number), on(number), on(number + 1), on(number + 1, 11)) for number in range(1, 9)
    )
    lives = [
        Life(sprint.sprint_id, on(0), State(points=float(number), sprints=(sprint.sprint_id,))).then(
            sprint.started, "status", "4"
        )
        for number, sprint in enumerate(sprints, 1)
    ]
    preview_lives(bench, lives, sprints=sprints, as_of=date(2026, 2, 2))

    found = bench.ask("select sprint_id, sprints_ago, velocity from sprint_velocity order by sprint_id")
    assert [row["velocity"] for row in found] == [1, 1.5, 2, 2.5, 3, 3.5, 4, 5]
    assert [row["sprints_ago"] for row in found] == [8, 7, 6, 5, 4, 3, 2, 1]


def test_an_issue_whose_changes_contradict_it_is_left_out_and_counted(bench: LakeFixture) -> None:
    liar = planned().then(on(9), "points", 8.0)
    liar.lies = "points"
    row = velocity(bench, liar, replace(planned(3.0), jira_id="2"))

    assert (points(row), row["left_out"]) == ({"commitment": 3, "carried_over": 3}, 1)
    flag = bench.ask_one("select replay, reason, replayed, present from issue_replay_flags")
    assert flag == {
        "replay": "estimate",
        "reason": "the changes lead to another estimate",
        "replayed": "8.0",
        "present": "9.0",
    }
    flow = bench.ask_one("select is_left_out, flags from issue_flow where jira_id = '1'")
    assert flow == {"is_left_out": False, "flags": ["estimate"]}


@pytest.mark.prove
def test_a_sprint_of_which_every_issue_is_left_out_has_no_figures(bench: LakeFixture) -> None:
    sprints = [Sprint(str(number), on(number), on(number + 1), on(number + 1, 11)) for number in (1, 2, 3)]
    lives = [
        Life(sprint.sprint_id, on(0), State(points=4.0, sprints=(sprint.sprint_id,))).then(
            sprint.started + timedelta(hours=1), "status", "4"
        )
        for sprint in sprints
    ]
    lives[1].lies = "status"
    preview_lives(bench, lives, sprints=[*sprints, Sprint("4", on(4), on(5), on(5))], as_of=date(2026, 1, 12))

    rows = bench.ask(
        "select commitment, completed, items_completed, velocity, sprints_ago, left_out, project_keys "
        "from sprint_velocity order by sprint_id"
    )
    # The last sprint never had an issue: 0 is what it completed.
    assert [tuple(row.values()) for row in rows] == [
        (4, 4, 1, 4, 4, 0, ["P10"]),
        (None, None, None, 4, 3, 1, ["P10"]),
        (4, 4, 1, 4, 2, 0, ["P10"]),
        (0, 0, 0, pytest.approx(8 / 3), 1, 0, []),
    ]
    burndown = bench.ask(
        "select distinct remaining, guideline, burned from sprint_burndown where sprint_id = '2'"
    )
    assert [tuple(row.values()) for row in burndown] == [(None, None, None)]


def test_an_open_sprint_shows_what_is_so_now(bench: LakeFixture) -> None:
    active = Sprint("7", started=on(8), planned=on(19))
    row = velocity(bench, planned().then(on(10), "status", "4"), sprints=(active,))

    assert points(row) == {"commitment": 5, "completed": 5}
    assert (row["state"], row["ended_at"], row["velocity"], row["sprints_ago"]) == (
        "active",
        None,
        None,
        None,
    )
