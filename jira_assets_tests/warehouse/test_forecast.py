"""Forecasts are the chances of the last twelve weeks, the same ones every time and everywhere."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from jira_assets.lake.sql_files import statement
from jira_assets.warehouse.forecasts import macro_parts
from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.lake_fixture import LakeFixture, Row, rows_of
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.brute_force import finished_in_days, first_day, reached
from jira_assets_tests.warehouse.histories import Life, on, publish_lives

AS_OF = date(2026, 2, 8)
FINISHES = [3, 3, 4, 9, 10, 10, 10, 17, 24, 25, 26, 31]
OPEN = 4
PERCENTS = (50, 70, 85, 95)
FORECASTS = ("forecast_completion", "forecast_throughput", "progress_forecasts")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> LakeFixture:
    """A project that delivered something on some days, and has a few issues left."""
    bench = LakeFixture(tmp_path_factory.mktemp("forecast"), engine)
    done = [Life(str(number), on(1)).then(on(day), "status", "4") for number, day in enumerate(FINISHES)]
    left = [Life(f"9{number}", on(2), project="10") for number in range(OPEN)]
    with few_tables(*FORECASTS):
        publish_lives(bench, [*done, *left, Life("99", on(2), project="11")], as_of=AS_OF)
    return bench


def daily() -> list[int]:
    """How many issues were delivered on each of the twelve weeks' days."""
    counts = [0] * 84
    for day in FINISHES:
        counts[(on(day).date() - (AS_OF - timedelta(days=84))).days] += 1
    return counts


def test_the_days_are_the_first_with_each_chance(warehouse: LakeFixture) -> None:
    rows = warehouse.ask("select * from forecast_days('P10')")
    assert {row["percent"]: row["days"] for row in rows} == {
        percent: first_day(daily(), OPEN, percent) for percent in PERCENTS
    }
    assert {row["items"] for row in rows} == {OPEN}
    assert all(row["finished_by"] == AS_OF + timedelta(days=row["days"]) for row in rows)


def test_the_items_are_the_most_with_each_chance(warehouse: LakeFixture) -> None:
    for row in warehouse.ask("select * from forecast_items('P10')"):
        assert row["items"] == reached(daily(), 28, row["percent"])
        assert (row["days"], row["finished_by"]) == (28, AS_OF + timedelta(days=28))


def test_trials_come_to_the_same(warehouse: LakeFixture) -> None:
    dice = random.Random(1)
    counts = daily()
    trials = sorted(days_to(OPEN, counts, dice) for _ in range(2000))
    for row in warehouse.ask("select * from forecast_days('P10')"):
        assert abs(row["days"] - trials[len(trials) * row["percent"] // 100]) <= 1


def days_to(goal: int, counts: list[int], dice: random.Random) -> int:
    """How many days a trial takes."""
    for day in range(181):
        if goal <= 0:
            return day
        goal -= dice.choice(counts)
    return 181


few = st.lists(st.integers(0, 24), min_size=84, max_size=84).filter(lambda counts: sum(counts) >= 5)


def test_forecasts_of_few_deliveries_are_exact() -> None:
    check_forecasts([dice % 25 for dice in range(3, 1263, 15)], goal=390, within=17)


@pytest.mark.prove
@given(few, st.integers(0, 400), st.integers(1, 40))
@settings(max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_forecasts_of_any_few_deliveries_are_exact(counts: list[int], goal: int, within: int) -> None:
    check_forecasts(counts, goal, within)


def check_forecasts(counts: list[int], goal: int, within: int) -> None:
    """Compare both forecasts with chances that are computed in another way."""
    days, items = forecasts(counts, goal, within)
    assert days == [first_day(counts, goal, percent) for percent in PERCENTS]
    assert items == [reached(counts, within, percent) for percent in PERCENTS]


def test_a_bulk_change_does_not_blur_what_a_small_project_delivers() -> None:
    counts = [0, 1, 2] * 27 + [1, 1, 500]
    days, items = forecasts(counts, 60, 28)
    assert days == [first_day(counts, 60, percent) for percent in PERCENTS]
    assert items == [reached(counts, 28, percent) for percent in PERCENTS]


@pytest.mark.parametrize("seed", sampled(range(12), 12))
def test_forecasts_of_many_deliveries_are_those_of_nearly_the_same_chance(seed: int) -> None:
    dice = random.Random(seed)
    counts = [round(dice.gauss(60, 20)) if day % 7 < 5 else dice.randrange(3) for day in range(84)]
    counts[dice.randrange(84)] += dice.choice([0, 400])
    goal, within, step = dice.randint(400, 800), dice.randint(1, 12), max(counts) // 24 + 1
    days, items = forecasts(counts, goal, within)
    finished = finished_in_days(counts, goal)
    for percent, day, count in zip(PERCENTS, days, items, strict=True):
        assert day is not None
        assert finished[day - 1] < percent / 100 + 0.02
        assert finished[day] > percent / 100 - 0.02
        least, most = (reached(counts, within, percent + more) for more in (1, -1))
        assert least - step <= count <= most + step


def forecasts(counts: list[int], goal: int, within: int) -> tuple[list[int | None], list[int]]:
    """The days until the goal is reached, and the items within so many days, with each chance."""
    with closing(duckdb.connect()) as engine:
        engine.execute(
            "attach ':memory:' as warehouse; create table warehouse.forecast_inputs as select "
            f"'P' as project_key, date '2026-02-08' as as_of, {counts}::integer[] as daily, "
            f"{goal}::bigint as open_issues, 5 as delivered"
        )
        for macro in ("forecast_days", "forecast_items"):
            name = f"warehouse/macros/{macro}"
            engine.execute(statement(name, **macro_parts(engine, f"macros/{macro}")))
        days = engine.execute("select days from warehouse.forecast_days('P') order by percent").fetchall()
        query = "select items from warehouse.forecast_items('P', days := ?) order by percent"
        items = engine.execute(query, [within]).fetchall()
    return [each for (each,) in days], [each for (each,) in items]


def test_every_number_of_threads_gives_the_same_answer(warehouse: LakeFixture) -> None:
    answers = []
    for threads in (1, 4):
        file = warehouse.warehouse_dir / "jira.duckdb"
        connection = duckdb.connect(str(file), read_only=True, config={"threads": threads})
        answers.append(rows_of(connection.execute("select * from forecast_days('P10') order by percent")))
        connection.close()
    assert answers[0] == answers[1]


def test_other_goals_can_be_asked_for(warehouse: LakeFixture) -> None:
    (half, *_) = warehouse.ask("select * from forecast_days('P10', items := 1) order by percent")
    assert (half["items"], half["days"]) == (1, first_day(daily(), 1, 50))
    (all_, *_) = warehouse.ask("select * from forecast_days(null) order by percent")
    assert all_["items"] == OPEN + 1
    far = warehouse.ask("select distinct days, finished_by from forecast_days('P10', items := 100000)")
    assert far == [{"days": None, "finished_by": None}]


def test_the_usual_answers_are_tables(warehouse: LakeFixture) -> None:
    for table, macro in (("forecast_completion", "forecast_days"), ("forecast_throughput", "forecast_items")):
        found = warehouse.ask(
            f"select * exclude (project_id, as_of) from {table} order by project_key, percent"
        )
        for key in ("P10", None):
            answers = warehouse.ask(
                f"select * from {macro}($${key}$$)" if key else f"select * from {macro}(null)"
            )
            mine = [
                {name: value for name, value in row.items() if name != "project_key"}
                for row in found
                if row["project_key"] == key
            ]
            assert sorted(mine, key=str) == sorted(answers, key=str)
            assert len(mine) == 4
        assert len(found) == 8  # none of P11: not enough data
        assert warehouse.ask(f"select distinct as_of from {table}") == [{"as_of": AS_OF}]
        assert warehouse.ask(f"select distinct project_id from {table} order by all") == [
            {"project_id": "10"},
            {"project_id": None},
        ]


@pytest.mark.few_tables(*FORECASTS)
def test_forecasts_of_the_same_inputs_are_taken_over(warehouse: LakeFixture) -> None:
    def publish(**given: Any) -> list[Row]:
        assert warehouse.publish("10", "11", metrics=MetricSettings("UTC", AS_OF), **given) is not None
        return warehouse.ask("select * from forecast_completion order by all")

    before = warehouse.ask("select * from forecast_completion order by all")
    with pytest.MonkeyPatch.context() as patch:
        # Nothing is enough data now: what is computed has no rows.
        patch.setattr("jira_assets.warehouse.forecasts._ENOUGH", "false")
        assert publish(team_members=[{"member_id": "ann"}]) == before
        assert publish(force=True) == []
    assert publish(force=True) == before


def test_forecasts_work_under_every_name(warehouse: LakeFixture) -> None:
    with closing(duckdb.connect()) as engine:
        engine.execute(f"attach '{warehouse.warehouse_dir / 'jira.duckdb'}' as flow (read_only)")
        for macro in ("forecast_days", "forecast_items"):
            query = f"select * from {{}}{macro}('P10') order by percent"
            assert rows_of(engine.execute(query.format("flow."))) == warehouse.ask(query.format(""))


def test_too_few_deliveries_are_not_enough_data(warehouse: LakeFixture) -> None:
    assert warehouse.ask("select * from forecast_days('P11')") == []
    assert warehouse.ask("select * from forecast_items('P11')") == []
