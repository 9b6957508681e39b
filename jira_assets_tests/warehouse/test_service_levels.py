"""Service level expectations, compared with what the histories say."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from jira_assets_tests.lake_fixture import LakeFixture
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.brute_force import World, monday, quantile
from jira_assets_tests.warehouse.histories import Life, on, preview_lives
from jira_assets_tests.warehouse.test_metrics import Chance


def table(bench: LakeFixture, keys: int, query: str) -> dict[Any, Any]:
    found = [tuple(row.values()) for row in bench.ask(query)]
    return {row[:keys]: row[keys:] for row in found}


def cycles(world: World, *, days: int | None = None) -> dict[tuple[str, str], list[tuple[date, int]]]:
    """The day of the finish and the cycle time of delivered issues, by project and type."""
    found: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for life in world.delivered():
        finish, cycle = world.finished(life), world.flow(life)[3]
        if finish is None or cycle is None:
            continue
        day = world.day(finish)
        if days is None or world.as_of - timedelta(days=days) < day <= world.as_of:
            found.setdefault((life.project, life.kind), []).append((day, cycle))
    return found


@pytest.mark.parametrize("seed", sampled([7, 8]))
@pytest.mark.parametrize("later", sampled([0, 75]))
def test_expectations_and_their_attainment_are_those_of_the_histories(
    bench: LakeFixture, seed: int, later: int
) -> None:
    world = Chance(seed).world(200)
    world.as_of += timedelta(days=later)
    preview_lives(bench, world.lives, as_of=world.as_of, time_zone=world.zone)

    recent = cycles(world, days=90)
    expected = {key: quantile([cycle for _, cycle in found], 0.85) for key, found in recent.items()}
    query = "select project_id, issue_type, cycle_time_n, expected_days from service_levels"
    assert table(bench, 2, query) == {key: (len(found), expected[key]) for key, found in recent.items()}
    weeks: dict[Any, list[bool]] = {}
    for key, found in cycles(world).items():
        for day, cycle in found:
            if expected.get(key) is not None:
                weeks.setdefault((*key, monday(day)), []).append(cycle <= expected[key])
    query = (
        "select project_id, issue_type, week, cycle_time_n, within_n, share_within from service_level_weekly"
    )
    assert table(bench, 3, query) == {
        key: (len(within), sum(within), pytest.approx(sum(within) / len(within)))
        for key, within in weeks.items()
    }
    assert weeks or later


def test_five_recent_issues_of_a_type_are_enough(bench: LakeFixture) -> None:
    lives = [
        Life(str(number), on(1)).then(on(2), "status", "2").then(on(2 + number), "status", "4")
        for number in range(5)
    ]
    old = Life("9", on(1), kind="Bug").then(on(2), "status", "2").then(on(3), "status", "4")
    preview_lives(bench, [*lives, old], as_of=date(2026, 1, 20))

    query = "select project_id, issue_type, cycle_time_n, expected_days from service_levels"
    assert table(bench, 2, query) == {("10", "Task"): (5, 5), ("10", "Bug"): (1, None)}
    query = "select issue_type, week, within_n, share_within from service_level_weekly"
    assert table(bench, 1, query) == {("Task",): (on(1).date(), 5, 1.0)}
