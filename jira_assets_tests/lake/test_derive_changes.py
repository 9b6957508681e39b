"""Changelogs, in every shape in which Jira answers them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen, utc

ITEM = {
    "field": "status",
    "fieldId": "status",
    "from": "1",
    "fromString": "To Do",
    "to": "3",
    "toString": "Done",
}


def changes(bench: LakeFixture, *histories: Any) -> list[Row]:
    bench.land_and_derive(seen("1", histories=histories))
    return sorted(bench.rows("jira_issue_changes"), key=lambda row: (row["change_id"], row["item"]))


def history(**parts: Any) -> dict[str, Any]:
    return {"id": "5", "created": "2026-01-01T10:00:00.000+0545", "items": [ITEM], **parts}


def test_a_change_has_a_row_for_each_field_in_order(bench: LakeFixture) -> None:
    author = {"accountId": "a", "displayName": "Ann"}
    first, second = changes(bench, history(author=author, items=[ITEM, {"field": "Sprint", "to": "7, 8"}]))

    assert (first["jira_id"], first["change_id"], first["author_account_id"]) == ("1", "5", "a")
    assert first["changed_at"] == utc(2026, 1, 1, 4, 15)
    assert (first["field"], first["field_id"]) == ("status", "status")
    assert (first["from_value"], first["from_string"]) == ("1", "To Do")
    assert (first["to_value"], first["to_string"]) == ("3", "Done")
    assert (second["field"], second["field_id"], second["to_value"], second["item"]) == (
        "Sprint",
        None,
        "7, 8",
        2,
    )


def test_the_time_of_a_change_may_be_text_or_a_number(bench: LakeFixture) -> None:
    forms: list[tuple[Any, datetime | None]] = [
        (1492070429, utc(2017, 4, 13, 8, 0, 29)),
        (1492070429123, utc(2017, 4, 13, 8, 0, 29, 123000)),
        ("2017-04-13T08:00:29.123+0000", utc(2017, 4, 13, 8, 0, 29, 123000)),
        ("2017-04-13T08:00:29Z", utc(2017, 4, 13, 8, 0, 29)),
        (None, None),
        ("later", None),
        ([], None),
    ]
    found = changes(
        bench, *(history(id=str(number), created=created) for number, (created, _) in enumerate(forms))
    )

    assert {row["change_id"]: row["changed_at"] for row in found} == {
        str(number): instant for number, (_, instant) in enumerate(forms)
    }


def test_a_change_at_a_time_that_no_reader_knows_stays_without_it(bench: LakeFixture) -> None:
    odd = ["12022-01-01T00:00:00.000Z", "infinity", -1e300, 1e300, -9e13, "later"]
    found = changes(bench, *(history(id=str(number), created=created) for number, created in enumerate(odd)))

    assert {row["change_id"]: row["changed_at"] for row in found} == {
        str(number): None for number in range(len(odd))
    }


def test_a_history_that_two_pages_repeat_counts_once(bench: LakeFixture) -> None:
    found = changes(bench, history(), history(id="6"), history(), history(id=6))

    assert [row["change_id"] for row in found] == ["5", "6"]


def test_long_texts_are_not_kept(bench: LakeFixture) -> None:
    fields = ["Comment", "description", "environment"]
    items = [{"field": field, "from": "a", "fromString": "b", "toString": "c"} for field in fields]
    found = changes(bench, history(items=items))

    assert sorted(row["field"] for row in found) == fields
    for row in found:
        assert [row[name] for name in ("from_value", "from_string", "to_value", "to_string")] == [None] * 4


def test_a_history_that_is_none_hides_no_other(bench: LakeFixture) -> None:
    odd: list[Any] = [
        5,
        "text",
        None,
        [],
        {"id": "9"},
        history(id=None),
        history(id="9", items="x"),
        history(id="9", items=[]),
    ]
    bench.land_and_derive(*(seen(str(n), histories=[each, history()]) for n, each in enumerate(odd)))

    found = sorted(
        (row["jira_id"], row["change_id"], row["field"]) for row in bench.rows("jira_issue_changes")
    )
    assert found == [(str(n), "5", "status") for n in range(len(odd))]


def test_only_the_changelog_of_the_standing_version_is_there(bench: LakeFixture) -> None:
    bench.land([seen("1", updated=at(1), histories=[history(id="1")])])
    bench.land_and_derive(seen("1", updated=at(2), histories=[history(id="1"), history(id="2")]))

    assert sorted(row["change_id"] for row in bench.rows("jira_issue_changes")) == ["1", "2"]
