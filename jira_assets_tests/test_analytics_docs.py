"""docs/analytics.md says what is so."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.settings.table import SETTINGS
from jira_assets_tests.analytics_docs import PAGE, QUERY, example_warehouse, written
from jira_assets_tests.lake_fixture import LakeFixture

TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bench() -> Iterator[LakeFixture]:
    engine: duckdb.DuckDBPyConnection = open_engine()
    with example_warehouse(engine) as found:
        yield found
    engine.close()


def test_the_page_is_as_it_would_be_written_now(bench: LakeFixture) -> None:
    assert written(TEXT, bench) == TEXT, "run python -m jira_assets_tests.analytics_docs"


@pytest.mark.parametrize("query", QUERY.findall(TEXT))
def test_every_query_runs(bench: LakeFixture, query: str) -> None:
    bench.ask(query)


def test_every_setting_that_is_named_exists() -> None:
    names = {setting.env for setting in SETTINGS}
    assert {word for word in TEXT.replace("`", " ").split() if word.startswith("JIRA_ASSETS_")} <= names


def test_the_worked_example_is_right_by_hand(bench: LakeFixture) -> None:
    """The figures worked out on paper, so that the page cannot be wrong together with the statements."""
    flow = bench.ask(
        "select lead_time_days, cycle_time_days, age_days, reopened, delivered from issue_flow "
        "order by jira_id"
    )
    assert [tuple(row.values()) for row in flow] == [
        (4, 3, None, 0, True),
        (10, 8, None, 1, True),
        (8, 2, None, 0, True),
        (None, None, 9, 0, False),
        (3, None, None, 0, False),
    ]
    sprint = bench.ask_one("select * from sprint_velocity")
    names = (
        "commitment",
        "added",
        "removed",
        "re_estimated",
        "completed",
        "completed_as_planned",
        "carried_over",
    )
    assert [sprint[name] for name in names] == [17, 2, 1, 5, 10, 8, 13]
    burndown = bench.ask("select remaining from sprint_burndown order by day_number")
    assert [row["remaining"] for row in burndown] == [17, 17, 16, 15, 15, 15, 20, 18, 13, 13]
    trend = bench.ask(
        "select created, resolved, delivered, closed_without_work, reopened, open_at_end "
        "from resolution_trend order by week"
    )
    assert [tuple(row.values()) for row in trend] == [(5, 3, 2, 1, 0, 2), (0, 2, 2, 0, 1, 1)]
