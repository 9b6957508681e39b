"""Cycles of service level agreements, as Jira Service Management puts them into issues."""

from __future__ import annotations

from typing import Any

import pytest

from jira_assets_tests.lake_fixture import NOON, LakeFixture, Row, at, seen, utc
from jira_assets_tests.sampling import sampled

FIELD = "customfield_61"
HOUR = 3_600_000
NINE = 1_772_355_600_000
"""2026-03-01 09:00 UTC, in epoch milliseconds."""


def time(millis: int) -> Row:
    return {"iso8601": "2026-03-01T09:00:00+0000", "friendly": "Today 9:00 AM", "epochMillis": millis}


def lasting(millis: int) -> Row:
    return {"millis": millis, "friendly": "some hours"}


def cycle(**changed: Any) -> Row:
    """Write a completed cycle that took two of four hours."""
    return {
        "startTime": time(NINE),
        "stopTime": time(NINE + 2 * HOUR),
        "breachTime": time(NINE + 4 * HOUR),
        "breached": False,
        "goalDuration": lasting(4 * HOUR),
        "elapsedTime": lasting(2 * HOUR),
        "remainingTime": lasting(2 * HOUR),
        **changed,
    }


def ongoing(**changed: Any) -> Row:
    found = cycle(paused=False, withinCalendarHours=True, **changed)
    del found["stopTime"]
    return found


def agreement(*completed: Any, **named: Any) -> Row:
    return {"id": "1", "name": "Time to resolution", "completedCycles": list(completed), **named}


def land(bench: LakeFixture, value: Any, *, is_listed: bool = True) -> None:
    kind = {
        "schema_type": "sd-servicelevelagreement",
        "schema_custom": "com.atlassian.servicedesk:sd-sla-field",
    }
    fields = [{"field_id": FIELD, "field_name": "Time to done", **kind}] if is_listed else []
    bench.land_site("fields", *fields)
    bench.land_and_derive(seen("1", {FIELD: value}))
    bench.preview()


def cycles(bench: LakeFixture, value: Any, **given: Any) -> list[Row]:
    land(bench, value, **given)
    return bench.ask("select * from issue_sla_cycles order by jira_id, sla_field_id, cycle_no")


def test_a_completed_and_an_ongoing_cycle_are_two_rows(bench: LakeFixture) -> None:
    late = ongoing(startTime=time(NINE + 3 * HOUR), breached=True, remainingTime=lasting(-HOUR))
    completed, still = cycles(bench, agreement(cycle(), ongoingCycle=late))
    assert completed == {
        "jira_id": "1",
        "project_id": "10",
        "sla_field_id": FIELD,
        "sla_name": "Time to done",
        "cycle_no": 1,
        "is_ongoing": False,
        "started_at": utc(2026, 3, 1, 9),
        "stopped_at": utc(2026, 3, 1, 11),
        "breach_at": utc(2026, 3, 1, 13),
        "goal_ms": 4 * HOUR,
        "elapsed_ms": 2 * HOUR,
        "remaining_ms": 2 * HOUR,
        "is_breached": False,
        "is_paused": None,
        "is_within_calendar_hours": None,
        "as_of": NOON.replace(tzinfo=None),
    }
    assert still == completed | {
        "cycle_no": 2,
        "is_ongoing": True,
        "started_at": utc(2026, 3, 1, 12),
        "stopped_at": None,
        "remaining_ms": -HOUR,
        "is_breached": True,
        "is_paused": False,
        "is_within_calendar_hours": True,
    }


def test_cycles_are_numbered_by_their_start(bench: LakeFixture) -> None:
    rows = cycles(bench, agreement(cycle(startTime=time(NINE + HOUR)), cycle(), ongoingCycle=ongoing()))
    assert [(row["cycle_no"], row["started_at"].hour, row["is_ongoing"]) for row in rows] == [
        (1, 9, False),
        (2, 10, False),
        (3, 9, True),
    ]


@pytest.mark.parametrize(
    "value",
    sampled(
        [
            None,
            agreement(),
            {"errorMessage": "metric not found"},
            {"id": "1", "name": "x", "completedCycles": None, "ongoingCycle": None},
            {"completedCycles": "none", "ongoingCycle": "none"},
            agreement(None, "cycle", 7),
            "text",
            [1],
        ],
        5,
    ),
)
def test_what_has_no_cycles_has_no_rows(bench: LakeFixture, value: Any) -> None:
    assert cycles(bench, value) == []


def test_what_a_cycle_lacks_is_null_and_what_is_nonsense_as_well(bench: LakeFixture) -> None:
    odd = {
        "startTime": {"epochMillis": 10**18},
        "stopTime": "now",
        "breached": "perhaps",
        "elapsedTime": {"millis": "x"},
    }
    printed = cycle(startTime={"iso8601": "2026-03-01T10:00:00+0100"})
    rows = cycles(bench, agreement(printed, odd, {}))
    assert [row["started_at"] for row in rows] == [utc(2026, 3, 1, 9), None, None]
    empty = {"stopped_at", "breach_at", "goal_ms", "elapsed_ms", "remaining_ms", "is_breached"}
    assert {rows[place][name] for place in (1, 2) for name in empty} == {None}


@pytest.mark.prove
def test_a_field_is_known_by_its_cycles_where_the_fields_of_the_site_are_not_known(
    bench: LakeFixture,
) -> None:
    (row,) = cycles(bench, agreement(cycle()), is_listed=False)
    assert row["sla_name"] == "Time to resolution"


@pytest.mark.prove
def test_a_field_of_another_kind_has_no_cycles(bench: LakeFixture) -> None:
    bench.land_site(
        "fields", {"field_id": FIELD, "field_name": "Notes", "schema_type": "any", "schema_custom": "x:y"}
    )
    bench.land_and_derive(seen("1", {FIELD: agreement(cycle())}))
    bench.preview()
    assert bench.ask("select * from issue_sla_cycles") == []


def test_the_cycles_are_those_of_the_newest_answer_where_the_issue_is_now(bench: LakeFixture) -> None:
    land(bench, agreement(cycle()))
    newer = seen("1", {FIELD: agreement(cycle(), cycle())}, project="11", updated=at(1))
    bench.land_and_derive(newer, project="11", asked_at=at(2))
    bench.preview("10", "11")
    rows = bench.ask("select project_id, as_of from issue_sla_cycles")
    assert rows == [{"project_id": "11", "as_of": at(2).replace(tzinfo=None)}] * 2
