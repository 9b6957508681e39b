"""Work in progress and times by board column, compared with playing each history up to each day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from jira_assets.warehouse.metric_settings import ProjectMetrics
from jira_assets_tests.lake_fixture import LakeFixture, Row
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.brute_force import World, monday, quantile, until
from jira_assets_tests.warehouse.histories import TYPES, Life, on, preview_lives
from jira_assets_tests.warehouse.test_metrics import Chance

AS_OF = date(2026, 2, 8)
COLUMNS: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = {
    "1": [("Backlog", ()), ("To do", ("1",)), ("Doing", ("2", "3")), ("Done", ("4", "5"))],
    "2": [("Doing", ("2",)), ("Review", ("3", "7"))],
}
PROJECTS = {"1": ["10", "11"], "2": ["11", "99"]}
"""Of each board; one is not tracked."""


def land_boards(
    bench: LakeFixture,
    constraint: str = "issueCount",
    limits: Mapping[str, tuple[int | None, int | None]] | None = None,
    columns_of: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = COLUMNS,
) -> None:
    """Put both boards into the lake; `limits` are those of the columns of board 1."""
    bench.land_site(
        "boards",
        *(
            {"board_id": key, "board_name": f"Board {key}", "project_ids": ids, "constraint_type": constraint}
            for key, ids in PROJECTS.items()
        ),
    )
    bench.land_site(
        "board_columns",
        *(
            {
                "board_id": board,
                "position": position,
                "column_name": name,
                "status_ids": list(statuses),
                "min_issues": (limits or {}).get(name, (None, None))[0],
                "max_issues": (limits or {}).get(name, (None, None))[1],
            }
            for board, columns in columns_of.items()
            for position, (name, statuses) in enumerate(columns, 1)
        ),
    )


def rows(bench: LakeFixture, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in bench.ask(query)]


def played(world: World, lives: Iterable[Life], statuses: Sequence[str], day: date) -> int:
    """Count the issues that were in one of the statuses at the end of a day, and not done."""
    states = [life.at(world.end_of(day)) for life in lives]
    return sum(
        state is not None and state.status in statuses and state.category != "done" for state in states
    )


def level_of(life: Life) -> int:
    return int(TYPES[life.kind]["hierarchyLevel"])


@pytest.mark.parametrize("seed", sampled([3, 4]))
def test_work_in_progress_is_that_of_every_day(bench: LakeFixture, seed: int) -> None:
    world = Chance(seed).world(60)
    land_boards(bench)
    preview_lives(bench, world.lives, as_of=world.as_of, time_zone=world.zone)

    found = {
        row[:3]: row[3:]
        for row in rows(bench, "select board_id, position, day, issues, sub_tasks from board_column_wip")
    }
    kept = [life for life in world.lives if not world.is_left_out(life)]
    expected = {
        (board, position, day): tuple(
            played(world, [life for life in of_board if level_of(life) == level], statuses, day)
            for level in (0, -1)
        )
        for board, columns in COLUMNS.items()
        for of_board in [[life for life in kept if life.project in PROJECTS[board]]]
        for position, (name, statuses) in enumerate(columns, 1)
        if statuses and name != "Done"
        for day in until(world.as_of - timedelta(days=365), world.as_of)
    }
    assert found == expected
    left_out = {
        board: sum(life.is_counted and world.is_left_out(life) for life in world.lives if life.project in ids)
        for board, ids in PROJECTS.items()
    }
    assert dict(rows(bench, "select distinct board_id, left_out from board_column_wip")) == left_out


@pytest.mark.parametrize("seed", sampled([5, 6]))
def test_times_in_columns_are_those_of_all_visits(bench: LakeFixture, seed: int) -> None:
    world = Chance(seed).world(200)
    land_boards(bench)
    counted = ProjectMetrics(undelivered_resolutions=["Won't Do", "12"])
    preview_lives(
        bench,
        world.lives,
        as_of=world.as_of,
        time_zone=world.zone,
        projects={"10": counted, "11": counted},
    )

    found = {
        row[:3]: row[3:]
        for row in rows(
            bench,
            "select board_id, position, week, time_n, days_median, days_p85, days_in_all "
            "from board_column_times",
        )
    }
    expected: dict[Any, tuple[Any, ...]] = {}
    for board, columns in COLUMNS.items():
        for position, (_, statuses) in enumerate(columns, 1):
            by_week: dict[date, list[float]] = {}
            for life in world.delivered():
                stays = [world.stay(life, status)[0] for status in statuses]
                ended = [round(days, 6) for days in stays if days is not None]
                finish = world.finished(life)
                if life.project in PROJECTS[board] and ended and finish:
                    by_week.setdefault(monday(world.day(finish)), []).append(sum(ended))
            for week, days in by_week.items():
                times = (quantile(days, 0.5), quantile(days, 0.85))
                expected[board, position, week] = (len(days), *times, sum(days))
    assert found == {key: pytest.approx(row, abs=1e-5) for key, row in expected.items()}
    assert any(row[1] is not None for row in found.values())


def wip_of(bench: LakeFixture, column: str, day: date) -> Row:
    return bench.ask_one(
        f"select * from board_column_wip where board_id = '1' and column_name = '{column}' and day = '{day}'"
    )


def doing(kinds: Sequence[str]) -> list[Life]:
    """Issues that were begun on the second day, one of each kind."""
    return [
        Life(str(number), on(1), kind=kind).then(on(2), "status", "2") for number, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("constraint", "counts", "is_over", "is_under"),
    sampled(
        [("issueCount", 4, True, False), ("issueCountExclSubs", 3, False, False), ("none", 3, None, None)]
    ),
)
def test_limits_count_what_the_board_says(
    bench: LakeFixture, constraint: str, counts: int, is_over: bool | None, is_under: bool | None
) -> None:
    land_boards(bench, constraint, {"Doing": (3, 3), "To do": (1, None)})
    preview_lives(bench, doing(["Task", "Bug", "Task", "Sub-task", "Epic"]), as_of=AS_OF)

    row = wip_of(bench, "Doing", on(3).date())
    assert (row["issues"], row["sub_tasks"], row["limit_counts"]) == (3, 1, counts)
    assert (row["is_over_limit"], row["is_under_limit"]) == (is_over, is_under)
    to_do = wip_of(bench, "To do", on(3).date())
    assert (to_do["issues"], to_do["is_over_limit"]) == (0, None)
    assert to_do["is_under_limit"] == (None if constraint == "none" else True)


def test_an_issue_counts_in_its_column_until_the_day_on_which_it_leaves_it(bench: LakeFixture) -> None:
    land_boards(bench)
    life = Life("1", on(1)).then(on(3, 9), "status", "2").then(on(3, 18), "status", "3")
    preview_lives(bench, [life.then(on(6, 9), "status", "4")], as_of=AS_OF)

    query = (
        "select day, issues from board_column_wip where board_id = '1' and column_name = '{}' and issues > 0"
    )
    days = [on(day).date() for day in (3, 4, 5)]
    assert sorted(rows(bench, query.format("Doing"))) == [(day, 1) for day in days]
    assert sorted(rows(bench, query.format("To do"))) == [(on(day).date(), 1) for day in (1, 2)]


@pytest.mark.prove
def test_boards_that_show_no_tracked_project_or_have_no_columns_have_no_rows(bench: LakeFixture) -> None:
    bench.land_site("boards", {"board_id": "7", "board_name": "Empty", "project_ids": ["10"]})
    bench.land_site("boards", {"board_id": "8", "board_name": "Elsewhere", "project_ids": ["99"]})
    preview_lives(bench, doing(["Task"]), as_of=AS_OF)

    assert bench.ask("from board_column_wip") == bench.ask("from board_column_times") == []
