"""Values of fields over time, replayed from changes and compared with those of today."""

from __future__ import annotations

from typing import Any

import pytest

from jira_assets_tests.lake_fixture import LakeFixture, Row, seen, utc
from jira_assets_tests.sampling import sampled

CREATED = "2026-03-01T10:00:00.000+0000"
SELECT = "com.atlassian.jira.plugin.system.customfieldtypes:select"
MULTISELECT = "com.atlassian.jira.plugin.system.customfieldtypes:multiselect"


def item(field: str, before: Any = None, after: Any = None, field_id: str | None = None, **named: Any) -> Row:
    """Write an item; a pair is an id and a name, everything else a name."""
    (old_id, old), (new_id, new) = (
        each if isinstance(each, tuple) else (None, each) for each in (before, after)
    )
    found = {"field": field, "from": old_id, "fromString": old, "to": new_id, "toString": new, **named}
    return found if field_id is None else found | {"fieldId": field_id}


def change(minute: int, *items: Row, **named: Any) -> Row:
    """Write a change at a minute past eleven."""
    made = f"2026-03-01T11:{minute:02}:00.000+0000"
    return {"id": str(minute), "created": made, "author": {"accountId": "ada"}, "items": items, **named}


def land(bench: LakeFixture, fields: Row, *changes: Row, jira_id: str = "1", project: str = "10") -> None:
    observed = seen(jira_id, {"created": CREATED, **fields}, histories=changes, project=project)
    bench.land([observed], project=project)
    bench.derive(project)


def site_fields(bench: LakeFixture, *fields: tuple[str, str, str, str]) -> None:
    """Have the site list fields, each by number, name, type and kind."""
    rows = [
        {
            "field_id": f"customfield_{number}",
            "field_name": name,
            "schema_type": kind,
            "schema_custom": custom,
        }
        for number, name, kind, custom in fields
    ]
    bench.land_site("fields", *rows)


def spans(bench: LakeFixture, columns: str = "value_id, value", **given: Any) -> list[tuple[Any, ...]]:
    """Return the spans of the issue: these columns, both ends in minutes, and whether all is right."""
    bench.preview(**given)
    rows = bench.ask(
        f"select {columns}, entered_at, left_at, contradiction from issue_field_spans where jira_id = '1' "
        "order by field, entered_at, left_at nulls last, value"
    )
    return [
        (
            *list(row.values())[:-3],
            minute(row["entered_at"]),
            minute(row["left_at"]),
            row["contradiction"] is None,
        )
        for row in rows
    ]


def minute(moment: Any) -> int | None:
    return None if moment is None else int((moment - utc(2026, 3, 1, 11)).total_seconds() // 60)


HIGH, LOW = ("2", "High"), ("4", "Low")


def test_a_value_is_there_from_its_change_to_the_next_and_the_first_one_since_the_creation(
    bench: LakeFixture,
) -> None:
    land(
        bench,
        {"priority": {"id": "2", "name": "High"}},
        change(1, item("priority", HIGH, LOW, "priority")),
        change(4, item("priority", LOW, HIGH, "priority")),
    )
    assert spans(bench) == [
        ("2", "High", -60, 1, True),
        ("4", "Low", 1, 4, True),
        ("2", "High", 4, None, True),
    ]
    assert spans(bench, "is_current, author_account_id") == [
        (False, None, -60, 1, True),
        (False, "ada", 1, 4, True),
        (True, "ada", 4, None, True),
    ]


def test_times_without_a_value_have_no_row_and_neither_have_fields_that_never_changed(
    bench: LakeFixture,
) -> None:
    land(
        bench,
        {"assignee": None, "priority": {"id": "2", "name": "High"}},
        change(1, item("assignee", None, ("ada", "Ada"), "assignee")),
        change(3, item("assignee", ("ada", "Ada"), None, "assignee")),
    )
    assert spans(bench, "field, value_id, value") == [("assignee", "ada", "Ada", 1, 3, True)]


def test_all_spans_of_a_field_are_flagged_if_they_do_not_lead_to_the_value_of_today(
    bench: LakeFixture,
) -> None:
    changes = (
        change(1, item("assignee", ("bob", "Bob"), ("ada", "Ada"), "assignee")),
        change(2, item("priority", HIGH, LOW, "priority")),
    )
    today: dict[str, Row | None] = {
        "bob": {"accountId": "bob"},
        "nobody": None,
        "ada": {"accountId": "ada"},
        "renamed": {"accountId": "ada", "displayName": "Ada Lovelace"},
    }
    always = {"created": CREATED, "priority": {"id": "4", "name": "Low"}}
    bench.land_and_derive(
        *(seen(name, {**always, "assignee": value}, histories=changes) for name, value in today.items())
    )
    bench.preview()
    found = bench.ask("select jira_id, field, contradiction is null as is_right from issue_field_spans")
    assert {(row["jira_id"], row["field"], row["is_right"]) for row in found} == {
        *((name, "assignee", name in ("ada", "renamed")) for name in today),
        *((name, "priority", True) for name in today),
    }


@pytest.mark.prove
def test_a_value_that_the_changes_do_not_know_is_flagged(bench: LakeFixture) -> None:
    changes = change(1, item("assignee", ("ada", "Ada"), None, "assignee"))
    land(bench, {"assignee": {"accountId": "ada"}}, changes)
    assert spans(bench) == [("ada", "Ada", -60, 1, False)]


KINDS: dict[str, tuple[str, Any, Any, Any]] = {
    "duedate": (
        "duedate",
        "2026-03-05",
        ("2026-03-01", "2026-03-01 00:00:00.0"),
        ("2026-03-05", "2026-03-05 00:00:00.0"),
    ),
    "timeestimate": ("timeestimate", 3600, ("7200", "7200"), ("3600", "3600")),
    "summary": ("summary", "New", "Old", "New"),
    "customfield_1": ("Number", 5.0, "3", "5"),
    "customfield_2": ("Day", "2026-03-05", ("2026-03-01", "1/Mar/26"), ("2026-03-05", "5/Mar/26")),
    "customfield_3": ("Text", "new", "old", "new"),
    "customfield_4": ("Option", {"id": "7", "value": "B"}, ("6", "A"), ("7", "B")),
    "customfield_5": ("Person", {"accountId": "ada", "displayName": "Ada"}, None, ("ada", "Ada")),
}
"""The name of a field of each kind, its value of today, and both ends of its change."""


def test_each_kind_of_value_is_compared_with_that_of_today(bench: LakeFixture) -> None:
    site_fields(
        bench,
        ("1", "Number", "number", "types:float"),
        ("2", "Day", "date", "types:datepicker"),
        ("3", "Text", "string", "types:textfield"),
        ("4", "Option", "option", SELECT),
        ("5", "Person", "user", "types:userpicker"),
    )
    today = {field: value for field, (_, value, *_) in KINDS.items()}
    right = [item(name, before, after, field) for field, (name, _, before, after) in KINDS.items()]
    land(bench, today, change(1, *right))
    present = {found for found in spans(bench, "field_id, is_current") if found[1]}
    assert present == {(field, True, 1, None, True) for field in KINDS}

    wrong = [item(name, after, before, field) for field, (name, _, before, after) in KINDS.items()]
    land(bench, today, change(1, *wrong))
    found = spans(bench, "field_id")
    assert {field for field, *_ in found} == KINDS.keys()
    assert not any(is_right for *_, is_right in found)


def test_days_are_written_as_days_and_numbers_as_numbers(bench: LakeFixture) -> None:
    land(
        bench,
        {"duedate": "2026-03-05", "timespent": 60},
        change(1, item("duedate", None, ("2026-03-05", "2026-03-05 00:00:00.0"), "duedate")),
        change(2, item("timespent", None, ("60", "60"), "timespent")),
    )
    assert [row[:2] for row in spans(bench)] == [(None, "2026-03-05"), (None, "60")]


@pytest.mark.prove
def test_a_field_of_jira_s_own_is_known_without_an_id(bench: LakeFixture) -> None:
    land(
        bench,
        {"fixVersions": [{"id": "5", "name": "1.0"}], "parent": {"id": "9", "key": "P10-9"}},
        change(
            1, item("Fix Version", None, ("5", "1.0")), item("IssueParentAssociation", None, ("9", "P10-9"))
        ),
        change(2, item("priority", HIGH, LOW)),
        change(3, item("priority", LOW, HIGH, "priority")),
    )
    assert [row[0] for row in spans(bench, "field_id")] == [
        "fixVersions", "parent", "priority", "priority", "priority"
    ]  # fmt: skip


def test_a_custom_field_without_an_id_is_the_only_one_of_its_name(bench: LakeFixture) -> None:
    site_fields(
        bench,
        ("1", "Impact", "option", SELECT),
        ("2", "Effort", "number", "types:float"),
        ("3", "Effort", "number", "types:float"),
        ("16", "Story Points", "number", "types:float"),
        ("17", "Story Points", "number", "types:float"),
    )
    land(
        bench,
        {"customfield_16": 3, "customfield_1": {"id": "6", "value": "A"}},
        change(1, item("impact", None, ("6", "A"))),
        change(2, item("Effort", None, "3")),
        change(3, item("Story Points", None, "3")),
    )
    assert spans(bench, "field_id, field") == [
        (None, "Effort", 2, None, True),
        ("customfield_1", "Impact", 1, None, True),
        ("customfield_16", "Story Points", 3, None, True),
    ]


def test_a_renamed_field_and_a_renamed_option_are_one(bench: LakeFixture) -> None:
    site_fields(bench, ("1", "Severity", "option", SELECT))
    land(
        bench,
        {"customfield_1": {"id": "6", "value": "Minor"}},
        change(1, item("Impact", ("6", "Trivial"), ("7", "Big"), "customfield_1")),
        change(2, item("Severity", ("7", "Big"), ("6", "Minor"), "customfield_1")),
    )
    assert spans(bench, "field, value_id, value") == [
        ("Severity", "6", "Minor", -60, 1, True),
        ("Severity", "7", "Big", 1, 2, True),
        ("Severity", "6", "Minor", 2, None, True),
    ]


@pytest.mark.prove
def test_an_option_that_was_renamed_since_has_the_name_that_issues_show(bench: LakeFixture) -> None:
    site_fields(bench, ("1", "Severity", "option", SELECT))
    changes = change(1, item("Severity", ("7", "Big"), ("6", "Trivial"), "customfield_1"))
    land(bench, {"customfield_1": {"id": "6", "value": "Minor"}}, changes)
    assert [row[1] for row in spans(bench)] == ["Big", "Minor"]


def test_a_renamed_version_and_a_renamed_status_have_their_names_of_today(bench: LakeFixture) -> None:
    bench.land_site("versions", {"version_id": "5", "name": "2026.1", "project_id": "10"})
    bench.land_site("statuses", {"status_id": "2", "status": "In work", "status_category": "indeterminate"})
    land(
        bench,
        {"fixVersions": [{"id": "5", "name": "1.0"}], "status": {"id": "2", "name": "Doing"}},
        change(1, item("Fix Version", None, ("5", "1.0"), "fixVersions")),
        change(2, item("status", ("1", "To Do"), ("2", "Doing"), "status")),
    )
    assert [row[1] for row in spans(bench)] == ["2026.1", "To Do", "In work"]


@pytest.mark.prove
def test_the_values_of_a_deleted_field_stay_and_are_not_current(bench: LakeFixture) -> None:
    land(
        bench,
        {},
        change(1, item("Impact", None, ("6", "A"), "customfield_1")),
        change(2, item("Impact", ("6", "A"), ("7", "B"))),
    )
    assert spans(bench, "field_id, field, value, is_current") == [
        ("customfield_1", "Impact", "A", False, 1, 2, True),
        ("customfield_1", "Impact", "B", False, 2, None, True),
    ]


@pytest.mark.prove
def test_a_field_that_no_issue_of_the_project_shows_contradicts_nothing(bench: LakeFixture) -> None:
    site_fields(bench, ("1", "Impact", "option", SELECT))
    changes = change(1, item("Impact", None, ("6", "A"), "customfield_1"))
    land(bench, {}, changes)
    assert spans(bench, "is_current") == [(False, 1, None, True)]

    land(bench, {"customfield_1": {"id": "6", "value": "A"}}, jira_id="2")
    assert spans(bench, "is_current") == [(False, 1, None, False)]


def test_the_elements_of_a_list_come_and_go_one_by_one(bench: LakeFixture) -> None:
    land(
        bench,
        {"components": [{"id": "1", "name": "Web"}, {"id": "3", "name": "App"}]},
        change(2, item("Component", ("2", "Api"), None, "components")),
        change(3, item("Component", None, ("3", "App"), "components")),
    )
    assert spans(bench) == [
        ("2", "Api", -60, 2, True),
        ("1", "Web", -60, None, True),
        ("3", "App", 3, None, True),
    ]


def test_labels_are_separated_by_blanks_and_one_that_stays_is_one_span(bench: LakeFixture) -> None:
    land(
        bench,
        {"labels": ["a", "c"]},
        change(1, item("labels", "a b", "a b c", "labels")),
        change(2, item("labels", "a b c", "a c", "labels")),
    )
    assert spans(bench) == [
        (None, "b", -60, 2, True),
        (None, "a", -60, None, True),
        (None, "c", 1, None, True),
    ]


def test_options_are_listed_in_brackets_and_may_have_commas_in_their_names(bench: LakeFixture) -> None:
    site_fields(bench, ("1", "Platforms", "array", MULTISELECT))
    comma, web = {"id": "7", "value": "iOS, iPadOS"}, {"id": "8", "value": "Web"}
    land(
        bench,
        {"customfield_1": [comma, web]},
        change(1, item("Platforms", ("", ""), ("[6]", "Android"), "customfield_1")),
        change(2, item("Platforms", ("[6]", "Android"), ("[7, 8]", "iOS, iPadOS,Web"), "customfield_1")),
    )
    assert spans(bench) == [
        ("6", "Android", 1, 2, True),
        ("8", "Web", 2, None, True),
        ("7", "iOS, iPadOS", 2, None, True),
    ]


@pytest.mark.prove
def test_brackets_make_a_list_of_a_field_that_the_site_has_no_longer(bench: LakeFixture) -> None:
    land(bench, {}, change(1, item("Old", None, ("[6, 7]", "A,B"), "customfield_9")))
    assert spans(bench) == [("6", "A", 1, None, True), ("7", "B", 1, None, True)]


@pytest.mark.prove
@pytest.mark.parametrize("labels", sampled([["a", "b"], []]))
def test_a_list_that_the_changes_do_not_lead_to_is_flagged(bench: LakeFixture, labels: list[str]) -> None:
    land(bench, {"labels": ["x"]}, jira_id="2")
    land(bench, {"labels": labels}, change(1, item("labels", "b", "a", "labels")))
    assert not any(right for *_, right in spans(bench))


@pytest.mark.prove
def test_a_field_that_is_not_read_contradicts_nothing_and_is_not_current(bench: LakeFixture) -> None:
    land(bench, {}, change(1, item("labels", "b", "a", "labels"), item("priority", HIGH, LOW, "priority")))
    assert [row[-1] for row in spans(bench)] == [True] * 4
    assert {row[0] for row in spans(bench, "is_current")} == {False}


@pytest.mark.prove
def test_only_the_sprint_field_of_the_project_is_compared(bench: LakeFixture) -> None:
    sprint = "com.pyxis.greenhopper.jira:gh-sprint"
    site_fields(bench, ("20", "Sprint", "array", sprint), ("30", "Sprint", "array", sprint))
    fields = {"customfield_20": [{"id": 8, "name": "S8"}], "customfield_30": None}
    items = [item("Sprint", None, ("7", "S7"), field) for field in ("customfield_20", "customfield_30")]
    land(bench, fields, change(1, *items))
    rows = spans(bench, "field_id, contradiction is null as is_right")
    assert {row[:2] for row in rows} == {("customfield_20", False), ("customfield_30", True)}


@pytest.mark.prove
def test_a_text_that_begins_with_a_bracket_is_one_value(bench: LakeFixture) -> None:
    site_fields(bench, ("1", "Text", "string", "types:textfield"))
    land(
        bench,
        {"customfield_1": "[b]"},
        change(1, item("Text", ("[a]", "[a]"), ("[b]", "[b]"), "customfield_1")),
    )
    assert [row[1] for row in spans(bench)] == ["[a]", "[b]"]


@pytest.mark.prove
def test_affected_versions_are_not_compared_where_jira_does_not_return_them(bench: LakeFixture) -> None:
    changes = change(1, item("Version", None, ("5", "1.0"), "versions"))
    land(bench, {}, changes)
    assert spans(bench) == [("5", "1.0", 1, None, True)]
    land(bench, {"versions": []}, changes)
    assert spans(bench) == [("5", "1.0", 1, None, False)]


@pytest.mark.prove
def test_a_change_without_a_time_is_left_out_and_flags_its_field(bench: LakeFixture) -> None:
    land(
        bench,
        {"priority": {"id": "4", "name": "Low"}, "labels": ["a"]},
        change(1, item("priority", HIGH, LOW, "priority")),
        change(2, item("priority", LOW, HIGH, "priority"), item("labels", "", "b", "labels"), created=None),
        change(3, item("labels", "", "a", "labels")),
    )
    rows = spans(bench, "field, value, contradiction as reason")
    assert {row[2] for row in rows} == {"a change has no time"}
    assert [row[:2] for row in rows] == [("labels", "a"), ("priority", "High"), ("priority", "Low")]


def test_texts_ranks_links_and_remarks_have_no_spans(bench: LakeFixture) -> None:
    site_fields(bench, ("1", "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank"))
    land(
        bench,
        {},
        change(
            1,
            item("description", "a", "b", "description"),
            item("Rank", "", "Ranked higher", "customfield_1"),
        ),
        change(2, item("Link", None, ("P10-2", "This issue blocks P10-2")), item("Comment", "a", None)),
        change(
            3, item("RemoteIssueLink", None, ("1", "This issue links to x")), item("WorklogId", ("1", "1"))
        ),
    )
    assert spans(bench) == []


@pytest.mark.prove
def test_changes_of_one_moment_are_in_the_order_of_their_numbers(bench: LakeFixture) -> None:
    moment = "2026-03-01T11:05:00.000+0000"
    land(
        bench,
        {"priority": {"id": "2", "name": "High"}},
        change(10, item("priority", LOW, HIGH, "priority"), created=moment),
        change(9, item("priority", HIGH, LOW, "priority"), created=moment),
    )
    assert spans(bench) == [
        ("2", "High", -60, 5, True),
        ("4", "Low", 5, 5, True),
        ("2", "High", 5, None, True),
    ]


@pytest.mark.prove
def test_changes_from_before_the_creation_count_from_it(bench: LakeFixture) -> None:
    imported = change(1, item("priority", HIGH, LOW, "priority"), created="2025-01-01T00:00:00.000+0000")
    land(bench, {"priority": {"id": "4", "name": "Low"}}, imported)
    assert spans(bench) == [("2", "High", -60, -60, True), ("4", "Low", -60, None, True)]


@pytest.mark.prove
def test_the_parent_of_an_issue_whose_parent_was_deleted_contradicts_nothing(bench: LakeFixture) -> None:
    bench.land([seen("9", kind="gone", payload=b"null")])
    changes = change(1, item("IssueParentAssociation", None, ("9", "P10-9")))
    land(bench, {"parent": {"id": "9", "key": "P10-9"}}, changes)
    assert spans(bench) == [("9", "P10-9", 1, None, True)]
