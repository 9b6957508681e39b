"""Sprints, in every way that Jira has written them."""

from __future__ import annotations

from typing import Any

import pytest

from jira_assets_tests.lake_fixture import LakeFixture, Row, seen, utc

MODERN = {
    "id": 7,
    "name": "Sprint 7",
    "state": "closed",
    "boardId": 3,
    "goal": "Ship it",
    "startDate": "2026-01-01T10:00:00.000Z",
    "endDate": "2026-01-15T10:00:00.000+10:00",
    "completeDate": "2026-01-16T10:00:00.000+0100",
}


def sprints(bench: LakeFixture, value: Any) -> list[Row]:
    bench.land_and_derive(seen("1", {"customfield_20": value}))
    return sorted(bench.rows("jira_issue_sprints"), key=lambda row: str(row["sprint_id"]))


def legacy(body: str) -> str:
    return f"com.atlassian.greenhopper.service.sprint.Sprint@1bf75fd[{body}]"


@pytest.mark.parametrize("value", [[MODERN], MODERN, [MODERN, MODERN, None]])
def test_a_sprint_is_read_from_a_list_or_alone(bench: LakeFixture, value: Any) -> None:
    (row,) = sprints(bench, value)

    assert (row["jira_id"], row["sprint_id"], row["sprint_name"]) == ("1", "7", "Sprint 7")
    assert (row["state"], row["board_id"], row["goal"]) == ("closed", "3", "Ship it")
    assert row["started_at"] == utc(2026, 1, 1, 10)
    assert row["ended_at"] == utc(2026, 1, 15)
    assert row["completed_at"] == utc(2026, 1, 16, 9)
    assert bench.nulled() == {}


@pytest.mark.parametrize("end", ["12022-03-01T09:00:00.000Z", "infinity", "0044-03-15 (BC)", "soon"])
def test_a_date_that_no_reader_knows_is_null_and_the_sprint_stays(bench: LakeFixture, end: str) -> None:
    (row,) = sprints(bench, [MODERN | {"endDate": end}])

    assert (row["sprint_id"], row["ended_at"]) == ("7", None)
    assert row["started_at"] == utc(2026, 1, 1, 10)


@pytest.mark.parametrize("value", [None, []])
def test_no_sprint_is_no_row(bench: LakeFixture, value: Any) -> None:
    assert sprints(bench, value) == []
    assert bench.nulled() == {}


OLD_TEXTS = [
    ("id=7,rapidViewId=3,state=CLOSED,name=Sprint 7,goal=<null>", "Sprint 7", None),
    ("rapidViewId=3,state=CLOSED,name=A, b [c] | d,,goal=x, y],id=7", "A, b [c] | d,", "x, y]"),
    ("goal=,name=7 up,completeDate=<null>,rapidViewId=3,state=CLOSED,id=7,sequence=7", "7 up", None),
    ("state=CLOSED,id=7,name=id=8 is next,rapidViewId=3", "id=8 is next", None),
    ("id=7,rapidViewId=3,state=CLOSED,name=two\nlines,goal=a\nb", "two\nlines", "a\nb"),
]


@pytest.mark.parametrize("listed", [True, False])
def test_the_text_of_an_old_sprint_is_cut_at_its_keys(bench: LakeFixture, listed: bool) -> None:
    values = [[legacy(body)] if listed else legacy(body) for body, *_ in OLD_TEXTS]
    bench.land_and_derive(*(seen(str(n), {"customfield_20": value}) for n, value in enumerate(values)))

    rows = sorted(bench.rows("jira_issue_sprints"), key=lambda row: str(row["jira_id"]))
    assert {(row["sprint_id"], row["board_id"], row["state"]) for row in rows} == {("7", "3", "closed")}
    assert [(row["sprint_name"], row["goal"]) for row in rows] == [
        (name, goal) for _, name, goal in OLD_TEXTS
    ]
    assert bench.nulled() == {}


def test_the_times_of_an_old_sprint_keep_their_instant(bench: LakeFixture) -> None:
    (row,) = sprints(bench, [legacy("id=7,startDate=2019-01-01T10:00:00.000+02:00,endDate=<null>,name=x")])

    assert (row["started_at"], row["ended_at"]) == (utc(2019, 1, 1, 8), None)


def test_old_and_new_ways_may_be_mixed_with_nonsense(bench: LakeFixture) -> None:
    found = sprints(bench, [legacy("id=8,name=old"), {**MODERN, "startDate": "soon"}, 5])

    assert [(row["sprint_id"], row["sprint_name"]) for row in found] == [("7", "Sprint 7"), ("8", "old")]
    assert found[0]["started_at"] is None
    assert bench.nulled() == {"sprints": 1}
