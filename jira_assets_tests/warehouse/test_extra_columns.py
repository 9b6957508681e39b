"""Fields that people chose are columns of jira_issues, by id or by name."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from jira_assets_tests.lake_fixture import LakeFixture, Row, seen

pytestmark = pytest.mark.few_tables(described=True)

FIELDS = [
    ("customfield_1", "Crew", "option"),
    ("customfield_2", "Risk (1-5)", "number"),
    ("customfield_3", "Due", "date"),
    ("customfield_4", "Watchers", "array"),
    ("customfield_5", "Checked at", "datetime"),
    ("customfield_6", "Status", "string"),
    ("customfield_7", "Owner", "user"),
    ("customfield_8", "Crew", "option"),
]


def land_fields(bench: LakeFixture) -> None:
    bench.land_site(
        "fields",
        *({"field_id": key, "field_name": name, "schema_type": kind} for key, name, kind in FIELDS),
    )


def row(bench: LakeFixture, *extra: str, **fields: object) -> Row:
    land_fields(bench)
    bench.land_and_derive(seen("1", fields), seen("2"))
    bench.publish(extra_fields=extra)
    return bench.ask_one("select * from jira_issues where jira_id = '1'")


def test_each_kind_of_field_becomes_what_analysts_expect(bench: LakeFixture) -> None:
    found = row(
        bench,
        "Risk (1-5)",
        "customfield_3",
        "watchers",
        "Checked at",
        "Owner",
        customfield_2=4,
        customfield_3="2026-01-31",
        customfield_4=[{"displayName": "Ann"}, "b"],
        customfield_5="2026-01-31T10:00:00.000+0200",
        customfield_7={"accountId": "a", "displayName": "Ann"},
    )

    assert found["risk_1_5"] == 4.0
    assert found["due"] == date(2026, 1, 31)
    assert found["field_watchers"] == ["Ann", "b"]
    assert found["checked_at"] == datetime(2026, 1, 31, 8)  # noqa: DTZ001  # the warehouse has UTC without zone
    assert found["owner"] == "Ann"


def test_fields_of_one_name_are_one_column(bench: LakeFixture) -> None:
    assert row(bench, "Crew", customfield_8={"value": "Core"})["crew"] == "Core"


def test_a_name_that_is_taken_gets_another(bench: LakeFixture) -> None:
    found = row(bench, "Status", customfield_6="odd", status={"id": "1", "name": "Open"})

    assert (found["status"], found["field_status"]) == ("Open", "odd")


def test_a_field_the_site_has_not_is_null_and_says_so(bench: LakeFixture) -> None:
    assert row(bench, "customfield_77")["customfield_77"] is None
    comment = bench.ask_one("select comment from duckdb_columns() where column_name = 'customfield_77'")
    assert comment == {"comment": "Field customfield_77 (customfield_77)"}


def test_another_choice_is_another_warehouse(bench: LakeFixture) -> None:
    assert "crew" in row(bench, "Crew", customfield_1={"value": "Core"})
    assert bench.publish() is not None
    assert "crew" not in bench.ask_one("select * from jira_issues where jira_id = '1'")
