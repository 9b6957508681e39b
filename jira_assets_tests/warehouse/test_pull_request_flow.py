"""The cycle time split at the pull requests, against the same done by hand over random histories."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_assets.lake.sql_files import statement
from jira_assets_tests.lake_fixture import utc
from jira_assets_tests.sampling import sampled

DAY = utc(2026, 3, 1)


class Pull(NamedTuple):
    opened: int
    merged: int | None
    is_closed: bool


class Story(NamedTuple):
    started: int | None
    finished: int | None
    pulls: list[Pull]


def at(hour: int | None) -> datetime | None:
    return None if hour is None else DAY + timedelta(hours=hour)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(duckdb.connect()) as opened:
        opened.execute("attach ':memory:' as warehouse")
        opened.execute(
            """
            create table warehouse.issue_flow (
                jira_id varchar, jira_key varchar, project_id varchar, project_key varchar,
                issue_type varchar, delivered boolean, started_at timestamp, finished_at timestamp,
                finished_on date
            );
            create table warehouse.issue_pull_requests (jira_id varchar, pull_request_id varchar);
            create table warehouse.pull_requests (
                pull_request_id varchar, state varchar, created_at timestamp, merged_at timestamp
            );
            """
        )
        yield opened


def flow(engine: duckdb.DuckDBPyConnection, stories: list[Story]) -> dict[int, dict[str, Any]]:
    """Put the stories into the tables and give what the statement makes of them."""
    for table in ("issue_flow", "issue_pull_requests", "pull_requests"):
        engine.execute(f"delete from warehouse.{table}")
    engine.execute("drop table if exists warehouse.pull_request_flow")
    for number, story in enumerate(stories):
        engine.execute(
            "insert into warehouse.issue_flow (jira_id, started_at, finished_at) values (?, ?, ?)",
            [str(number), at(story.started), at(story.finished)],
        )
        for place, pull in enumerate(story.pulls):
            key = f"{number}-{place}"
            state = "closed" if pull.is_closed else "open" if pull.merged is None else "merged"
            engine.execute("insert into warehouse.issue_pull_requests values (?, ?)", [str(number), key])
            engine.execute(
                "insert into warehouse.pull_requests values (?, ?, ?, ?)",
                [key, state, at(pull.opened), at(pull.merged)],
            )
    engine.execute(statement("warehouse/models/pull_request_flow"))
    found = engine.execute("from warehouse.pull_request_flow")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {int(row["jira_id"]): row for row in rows}


def stages(row: dict[str, Any]) -> tuple[float | None, float | None, float | None]:
    return row["hours_to_first_pull_request"], row["hours_to_merge"], row["hours_to_finish"]


@pytest.mark.parametrize(
    ("story", "expected", "is_in_order"),
    sampled(
        [
            (Story(0, 10, [Pull(4, 7, False)]), (4, 3, 3), True),
            (Story(0, 10, [Pull(4, 5, False), Pull(6, 9, False)]), (4, 5, 1), True),
            (Story(0, 10, [Pull(1, None, True), Pull(4, 7, False)]), (4, 3, 3), True),
            (Story(3, 10, [Pull(1, 7, False)]), (0, 4, 3), False),
            (Story(0, 10, [Pull(4, 12, False)]), (4, 6, 0), False),
            (Story(0, 10, [Pull(11, 12, False)]), (10, 0, 0), False),
            (Story(0, None, [Pull(4, 7, False)]), (4, 3, None), True),
            (Story(0, 10, [Pull(4, 5, False), Pull(6, None, False)]), (4, None, None), True),
            (Story(None, 10, [Pull(4, 7, False)]), (None, 3, 3), True),
        ],
        2,
    ),
)
def test_worked_cases(
    story: Story,
    expected: tuple[float | None, ...],
    is_in_order: bool,
    engine: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = flow(engine, [story]).values()
    assert stages(row) == expected
    assert row["is_in_order"] is is_in_order


def test_an_issue_whose_only_pull_request_was_closed_is_left_out(engine: duckdb.DuckDBPyConnection) -> None:
    assert flow(engine, [Story(0, 10, [Pull(4, None, True)]), Story(0, 10, [])]) == {}


HOURS = st.integers(0, 20)
PULLS = st.builds(
    lambda opened, length, is_closed: Pull(
        opened, None if is_closed or length is None else opened + length, is_closed
    ),
    HOURS,
    st.none() | st.integers(0, 9),
    st.booleans(),
)
STORIES = st.builds(
    lambda started, length, pulls: Story(started, None if length is None else (started or 0) + length, pulls),
    st.none() | HOURS,
    st.none() | HOURS,
    st.lists(PULLS, max_size=3),
)


def by_hand(story: Story) -> tuple[float | None, ...] | None:
    pulls = [pull for pull in story.pulls if not pull.is_closed]
    if not pulls:
        return None
    merges = [pull.merged for pull in pulls]
    points = [story.started, min(pull.opened for pull in pulls), None if None in merges else max(merges)]  # type: ignore[type-var]
    place = 0
    times: list[int | None] = []
    for point in points:
        if point is None:
            times.append(None)
            continue
        place = max(place, point)
        times.append(place if story.finished is None else min(place, story.finished))
    return tuple(
        None if one is None or other is None else float(other - one)
        for one, other in pairwise([*times, story.finished])
    )


@pytest.mark.prove
@given(st.lists(STORIES, max_size=5))
def test_the_stages_are_those_counted_by_hand(
    engine: duckdb.DuckDBPyConnection, stories: list[Story]
) -> None:
    found = flow(engine, stories)
    counted = {number: hours for number, story in enumerate(stories) if (hours := by_hand(story)) is not None}
    assert {number: stages(row) for number, row in found.items()} == counted
    for number, hours in counted.items():
        story = stories[number]
        if None not in hours and story.started is not None and story.finished is not None:
            assert sum(hour for hour in hours if hour is not None) == story.finished - story.started
