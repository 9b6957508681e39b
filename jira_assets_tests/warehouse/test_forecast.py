"""Forecasts are drawn from the last twelve weeks, the same ones every time and everywhere."""

from __future__ import annotations

from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets_tests.lake_fixture import LakeFixture, Row, rows_of
from jira_assets_tests.warehouse.brute_force import drawn, quantile
from jira_assets_tests.warehouse.histories import Life, on, publish_lives

AS_OF = date(2026, 2, 8)
FINISHES = [3, 3, 4, 9, 10, 10, 10, 17, 24, 25, 26, 31]
OPEN = 4


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> LakeFixture:
    """A project that delivered something on some days, and has a few issues left."""
    bench = LakeFixture(tmp_path_factory.mktemp("forecast"), engine)
    done = [Life(str(number), on(1)).then(on(day), "status", "4") for number, day in enumerate(FINISHES)]
    left = [Life(f"9{number}", on(2), project="10") for number in range(OPEN)]
    publish_lives(bench, [*done, *left, Life("99", on(2), project="11")], as_of=AS_OF)
    return bench


def trials(days: int) -> list[list[int]]:
    """What each trial delivers on each day, drawn in Python."""
    daily = [0] * 84
    for day in FINISHES:
        daily[(on(day).date() - (AS_OF - timedelta(days=84))).days] += 1
    return [[daily[drawn(trial, day)] for day in range(days)] for trial in range(10_000)]


def days_to(goal: int, draws: list[int]) -> int:
    done = 0
    for day, issues in enumerate(draws, 1):
        done += issues
        if done >= goal:
            return day
    return 181


def test_the_days_are_those_of_ten_thousand_trials(warehouse: LakeFixture) -> None:
    expected = [days_to(OPEN, draws) for draws in trials(180)]

    rows = warehouse.ask("select * from forecast_days('P10')")
    shares = {50: 0.5, 70: 0.7, 85: 0.85, 95: 0.95}
    assert {row["percent"]: row["days"] for row in rows} == {
        percent: quantile(expected, share) for percent, share in shares.items()
    }
    assert {row["items"] for row in rows} == {OPEN}
    assert all(row["finished_by"] == AS_OF + timedelta(days=row["days"]) for row in rows)


def test_the_items_are_those_reached_in_so_many_trials(warehouse: LakeFixture) -> None:
    totals = [sum(draws) for draws in trials(28)]

    for row in warehouse.ask("select * from forecast_items('P10')"):
        reached = sum(total >= row["items"] for total in totals)
        more = sum(total >= row["items"] + 1 for total in totals)
        assert reached >= row["percent"] * 100 > more
        assert (row["days"], row["finished_by"]) == (28, AS_OF + timedelta(days=28))


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
    assert (half["items"], half["days"]) == (1, quantile([days_to(1, draws) for draws in trials(60)], 0.5))
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


@pytest.mark.few_tables("forecast_completion", "forecast_throughput", "progress_forecasts")
def test_forecasts_of_the_same_inputs_are_taken_over(warehouse: LakeFixture) -> None:
    def publish(**given: Any) -> list[Row]:
        assert warehouse.publish("10", "11", metrics=MetricSettings("UTC", AS_OF), **given) is not None
        return warehouse.ask("select * from forecast_completion order by all")

    before = publish(force=True)
    with pytest.MonkeyPatch.context() as patch:
        # The macros have no inputs now: what is computed has no rows.
        patch.setattr("jira_assets.warehouse.build.inputs_literal", lambda _: "'[]'")
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


def test_the_hash_does_not_prefer_any_day(tmp_path: Path) -> None:
    counts = [0] * 84
    for trial in range(0, 10_000, 7):
        for day in range(180):
            counts[drawn(trial, day)] += 1
    mean = sum(counts) / 84
    assert max(abs(count - mean) for count in counts) < 5 * mean**0.5
