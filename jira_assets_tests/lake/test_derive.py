"""From what Jira said to columns."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jira_assets.lake.derive import DeriveOptions, derive_alone
from jira_assets.lake.derived_state import derive_fingerprint
from jira_assets.lake.manifest import FieldMapping
from jira_assets_tests.lake_fixture import NOON, TEAM_FIELD, LakeFixture, Row, at, seen, utc
from jira_assets_tests.sampling import sampled


def only(rows: list[Row]) -> Row:
    (row,) = rows
    return row


def test_every_column_of_an_issue_is_filled(bench: LakeFixture) -> None:
    bench.land_and_derive(
        seen(
            "1",
            {
                "summary": "Zürich ✈ 東京",
                "issuetype": {"id": "5", "name": "Sub-task", "subtask": True, "hierarchyLevel": -1},
                "status": {"id": "3", "name": "Doing", "statusCategory": {"key": "indeterminate"}},
                "priority": {"id": "2", "name": "High"},
                "resolution": {"id": "10", "name": "Fixed"},
                "assignee": {"accountId": "a"},
                "reporter": {"accountId": "b"},
                "creator": {"accountId": "c"},
                "parent": {"id": "2", "key": "P10-2"},
                "labels": ["x", "y"],
                "components": [{"id": "7", "name": "Core"}],
                "fixVersions": [{"id": "8", "name": "1.0"}, {"id": "9", "name": "2.0"}],
                "created": "2026-01-01T10:00:00.000+0100",
                "updated": "2026-01-02T10:00:00.000+0100",
                "resolutiondate": "2026-01-03T10:00:00.000+0100",
                "duedate": "2026-01-04",
                "customfield_16": 2.5,
                "versions": [{"id": "8", "name": "1.0"}],
                "issuelinks": [],
                "environment": "Firefox",
                "timeoriginalestimate": 7200,
                "timeestimate": 3600,
                "timespent": 3600,
                "aggregatetimeoriginalestimate": 14400,
                "aggregatetimeestimate": 7200,
                "aggregatetimespent": 7200,
                "security": {"id": "6", "name": "Staff only"},
                "votes": {"votes": 2, "hasVoted": False},
                "watches": {"watchCount": 3, "isWatching": True},
                "statuscategorychangedate": "2026-01-02T12:00:00.000+0100",
            },
        )
    )

    row = only(bench.rows("jira_issues"))
    assert row.pop("updated_at") == row.pop("synced_at") == NOON.replace(tzinfo=None)
    row["people"] = [(part["role"], part["person"]["accountId"]) for part in row["people"]]
    assert row == {
        "jira_id": "1",
        "jira_key": "P10-1",
        "project_id": "10",
        "project_key": "P10",
        "summary": "Zürich ✈ 東京",
        "issue_type": "Sub-task",
        "issue_type_id": "5",
        "hierarchy_level": -1,
        "is_subtask": True,
        "parent_id": "2",
        "parent_key": "P10-2",
        "status": "Doing",
        "status_id": "3",
        "status_category": "indeterminate",
        "priority": "High",
        "priority_id": "2",
        "resolution": "Fixed",
        "resolution_id": "10",
        "assignee_account_id": "a",
        "reporter_account_id": "b",
        "creator_account_id": "c",
        "people": [("assignee", "a"), ("reporter", "b"), ("creator", "c")],
        "story_points": 2.5,
        "jira_team_id": None,
        "jira_team": None,
        "labels": ["x", "y"],
        "component_ids": ["7"],
        "components": ["Core"],
        "fix_version_ids": ["8", "9"],
        "fix_versions": ["1.0", "2.0"],
        "affects_version_ids": ["8"],
        "affects_versions": ["1.0"],
        "environment": "Firefox",
        "original_estimate_seconds": 7200,
        "remaining_estimate_seconds": 3600,
        "time_spent_seconds": 3600,
        "total_original_estimate_seconds": 14400,
        "total_remaining_estimate_seconds": 7200,
        "total_time_spent_seconds": 7200,
        "security_level_id": "6",
        "security_level": "Staff only",
        "votes": 2,
        "watchers": 3,
        "status_category_changed_at": utc(2026, 1, 2, 11),
        "shows_links": True,
        "issue_created_at": utc(2026, 1, 1, 9),
        "resolved_at": utc(2026, 1, 3, 9),
        "due_date": date(2026, 1, 4),
        "nulled": [],
    }


def test_an_issue_with_nothing_in_it_is_still_an_issue(bench: LakeFixture) -> None:
    payloads = [b'{"id": "1"}', b'{"fields": null}', b'{"fields": {"summary": null}}', b"{}"]
    bench.land_and_derive(*(seen(str(number), payload=each) for number, each in enumerate(payloads)))

    rows = bench.rows("jira_issues")
    assert len(rows) == len(payloads)
    for row in rows:
        assert row["summary"] is None
        assert row["story_points"] is None
        assert (row["labels"], row["components"], row["nulled"]) == ([], [], [])
        assert [row[column] for column in UNKNOWN] == [None] * len(UNKNOWN)


UNKNOWN = (
    "affects_versions",
    "environment",
    "original_estimate_seconds",
    "total_time_spent_seconds",
    "security_level_id",
    "votes",
    "watchers",
    "status_category_changed_at",
)
"""Columns that are null where the field is missing: it is not known then that there is none."""


@pytest.mark.parametrize("odd", sampled(["x", 3, [], {"a": 1}, [["x"]], True, [None], "2026-13-01"]))
def test_a_small_field_of_a_wrong_type_spoils_nothing_else(bench: LakeFixture, odd: Any) -> None:
    names = (
        "versions",
        "issuelinks",
        "votes",
        "watches",
        "security",
        "timespent",
        "statuscategorychangedate",
    )
    for number, name in enumerate((*names, "environment", "description"), 1):
        bench.land([seen(str(number), {name: odd, "summary": "A"})], asked_at=at(number))
    bench.derive()

    rows = bench.rows("jira_issues")
    assert {row["summary"] for row in rows} == {"A"}
    assert len(rows) == len(names) + 2
    assert bench.rows("jira_issue_links") == []


@pytest.mark.parametrize("extra", [(), ("votes", "issuelinks", "environment")])
def test_a_field_that_people_chose_is_read_as_well(bench: LakeFixture, extra: tuple[str, ...]) -> None:
    link = {"id": "5", "type": {"id": "1", "name": "Blocks"}, "outwardIssue": {"id": "2", "key": "P10-2"}}
    bench.land([seen("1", {"votes": {"votes": 4}, "issuelinks": [link], "environment": "Tablet"})])
    bench.derive(extra_fields=extra)

    row = only(bench.rows("jira_issues"))
    assert (row["votes"], row["environment"], row["shows_links"]) == (4, "Tablet", True)
    assert only(bench.rows("jira_issue_links"))["other_id"] == "2"
    assert {row["field_id"] for row in bench.rows("jira_issue_fields")} == set(extra)


WRONG: dict[str, tuple[str, list[Any]]] = {
    "story_points": ("customfield_16", ["abc", [1], {"a": 1}, True, "NaN", "infinity"]),
    "due_date": ("duedate", ["soon", 5, ["2026-01-01"], "infinity", "12022-03-01", "0044-03-15 (BC)"]),
    "issue_created_at": (
        "created",
        ["yesterday", {}, "-infinity", "2026-13-01T00:00:00.000+0000", "12022-01-01T00:00:00.000+0000"],
    ),
    "resolved_at": ("resolutiondate", [False, "x", "9999-12-31T23:59:59.999-1200"]),
    "assignee_account_id": ("assignee", ["bob", 5, [], {"name": "bob"}]),
    "sprints": ("customfield_20", [5, "Sprint 5", [5], [{"name": "no id"}], True]),
    "labels": ("labels", ["x", {"a": 1}, 3]),
    "components": ("components", ["x", 3]),
    "fix_versions": ("fixVersions", [{"id": 1}]),
    "status": ("status", ["Done", 3, []]),
    "issue_type": ("issuetype", ["Bug"]),
    "parent_id": ("parent", ["P-1"]),
    "priority": ("priority", [1]),
    "resolution": ("resolution", ["Fixed"]),
    "summary": ("summary", [{"a": 1}, ["a"]]),
}


def test_a_value_of_a_wrong_type_becomes_null_and_is_counted(bench: LakeFixture) -> None:
    bench.land_and_derive(
        *(
            seen(f"{field}-{number}", {field: value})
            for field, values in WRONG.values()
            for number, value in enumerate(values)
        )
    )

    found = bench.rows("jira_issues")
    assert bench.nulled() == {column: len(values) for column, (_, values) in WRONG.items()}
    assert len(found) == sum(len(values) for _, values in WRONG.values())
    assert bench.rows("jira_issue_sprints") == []
    for column, (field, values) in WRONG.items():
        of_field = [row for row in found if row["jira_id"].startswith(f"{field}-")]
        assert [row["nulled"] for row in of_field] == [[column]] * len(values)
        if column in ("components", "fix_versions", "labels"):
            assert all(not row[column] for row in of_field), column
        elif column != "sprints":
            assert all(row[column] is None for row in of_field), column


def test_half_a_surrogate_pair_spoils_one_letter_and_nothing_else(bench: LakeFixture) -> None:
    broken = b'{"fields": {"summary": "cut \\ud83d", "customfield_16": 3}}'
    bench.land_and_derive(seen("1", payload=broken), seen("2", {"summary": "whole 😀"}))

    found = {row["jira_id"]: row for row in bench.rows("jira_issues")}
    assert (found["1"]["summary"], found["1"]["story_points"]) == ("cut \ufffd", 3.0)
    assert found["2"]["summary"] == "whole 😀"


def test_a_time_keeps_its_instant_whatever_offset_is_printed(bench: LakeFixture) -> None:
    instants = {
        "2026-03-01T12:00:00.000+0000": utc(2026, 3, 1, 12),
        "2026-03-01T12:00:00.123+0545": utc(2026, 3, 1, 6, 15, 0, 123000),
        "2026-03-01T12:00:00.000-0330": utc(2026, 3, 1, 15, 30),
        "2026-03-01T12:00:00Z": utc(2026, 3, 1, 12),
        "2026-03-01T12:00:00.5+10:00": utc(2026, 3, 1, 2, 0, 0, 500000),
        "2026-03-29T02:30:00.000+0200": utc(2026, 3, 29, 0, 30),
    }
    bench.land_and_derive(*(seen(written, {"created": written}) for written in instants))

    assert {row["jira_id"]: row["issue_created_at"] for row in bench.rows("jira_issues")} == instants


def test_a_status_category_is_one_of_three(bench: LakeFixture) -> None:
    kept = {
        "new": "new",
        "indeterminate": "indeterminate",
        "done": "done",
        "undefined": "new",
        "x": None,
    }
    bench.land_and_derive(
        *(
            seen(given, {"status": {"id": "1", "name": "S", "statusCategory": {"key": given}}})
            for given in kept
        )
    )

    assert {row["jira_id"]: row["status_category"] for row in bench.rows("jira_issues")} == kept


def test_custom_fields_are_kept_as_jira_gave_them(bench: LakeFixture) -> None:
    fields = {
        "customfield_16": 1,
        "customfield_31": {"b": [1, "ü"]},
        "customfield_32": None,
        "environment": "prod",
    }
    bench.land([seen("1", fields), seen("2", {"customfield_40": "only here"})])
    bench.derive()
    found = {(row["jira_id"], row["field_id"]): row["value"] for row in bench.rows("jira_issue_fields")}
    assert found == {
        ("1", "customfield_16"): "1",
        ("1", "customfield_31"): '{"b":[1,"ü"]}',
        ("2", "customfield_40"): '"only here"',
    }

    assert bench.derive(extra_fields=["environment"])
    assert ("1", "environment") in {
        (row["jira_id"], row["field_id"]) for row in bench.rows("jira_issue_fields")
    }


def test_nothing_is_derived_while_nothing_changed(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    before = bench.files()

    assert not bench.derive()
    assert bench.files() == before


def test_a_team_is_read_in_every_form_that_sites_send(bench: LakeFixture) -> None:
    forms: list[tuple[Any, str | None, str | None]] = [
        ({"id": "36885b3c", "name": "Core", "title": "Core", "isShared": True}, "36885b3c", "Core"),
        ({"id": "36885b3c", "title": " Core "}, "36885b3c", "Core"),
        ({"id": 27, "name": ""}, "27", None),
        ("36885b3c", "36885b3c", None),
        (27, "27", None),
        ({"id": "10100", "value": "Core"}, "10100", "Core"),
        ([{"id": "10100", "value": "Core"}, {"id": "10101", "value": "Growth"}], "10100", "Core"),
        ([], None, None),
        ("", None, None),
        (None, None, None),
    ]
    bench.land_and_derive(
        *(seen(str(number), {TEAM_FIELD: value}) for number, (value, _, _) in enumerate(forms))
    )
    found = {row["jira_id"]: (row["jira_team_id"], row["jira_team"]) for row in bench.rows("jira_issues")}
    assert found == {str(number): (team_id, name) for number, (_, team_id, name) in enumerate(forms)}


def test_the_first_team_field_that_is_set_counts(bench: LakeFixture) -> None:
    bench.land([seen("1", {"customfield_1": None, "customfield_2": "b"}), seen("2", {"customfield_1": "a"})])
    manifest = bench.manifest()
    manifest.mapping = FieldMapping(team_fields=("customfield_1", "customfield_2"))
    bench.lake.commit(manifest)
    bench.derive()
    assert {row["jira_id"]: row["jira_team_id"] for row in bench.rows("jira_issues")} == {"1": "b", "2": "a"}


def test_another_mapping_derives_again_without_another_raw_file(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1", {"customfield_16": 1, "customfield_17": 8}))
    manifest = bench.manifest()
    manifest.mapping = FieldMapping("customfield_17", None)
    bench.lake.commit(manifest)

    assert bench.derive()
    assert only(bench.rows("jira_issues"))["story_points"] == 8.0


def test_the_fingerprint_knows_every_input(bench: LakeFixture) -> None:
    bench.land([seen("1")])
    manifest = bench.manifest()
    prints = {derive_fingerprint(manifest), derive_fingerprint(manifest, ["environment"])}
    manifest.mapping = FieldMapping("customfield_1", "customfield_20")
    prints.add(derive_fingerprint(manifest))
    manifest.mapping = FieldMapping("customfield_1", "customfield_20", team_fields=("customfield_2",))
    prints.add(derive_fingerprint(manifest))
    manifest.raw = [*manifest.raw, manifest.raw[0]]
    prints.add(derive_fingerprint(manifest))

    assert len(prints) == 5


def test_what_was_written_before_a_crash_does_not_exist(bench: LakeFixture) -> None:
    bench.land([seen("1")])
    derive_alone(bench.lake, bench.manifest(), DeriveOptions())  # and never committed
    assert "issues" not in bench.manifest().derived
    assert bench.derive()
    assert [row["jira_id"] for row in bench.rows("jira_issues")] == ["1"]


def test_a_project_without_issues_has_empty_tables(bench: LakeFixture) -> None:
    bench.lake.commit(bench.manifest())

    assert bench.derive()
    assert bench.rows("jira_issues") == bench.rows("people_seen") == bench.rows("jira_issue_changes") == []


def test_no_stage_is_left_behind(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"), asked_at=at(1))

    assert list(bench.lake.root.rglob(".part-*")) == []
