"""Names, states and sprints change without any issue changing: the warehouse has those of today."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from jira_assets.lake.manifest import Derived, DerivedFile
from jira_assets.lake.rows import encode_rows, write_rows
from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen
from jira_assets_tests.sampling import sampled


def project(key: str, project_id: str = "10", **parts: Any) -> Row:
    return {"project_id": project_id, "project_key": key, "name": key.title(), "is_archived": False, **parts}


def sprint(sprint_id: int, state: str = "active", **parts: Any) -> Row:
    return {"id": sprint_id, "name": f"Sprint {sprint_id}", "state": state, "boardId": 1, **parts}


def published(bench: LakeFixture, *fields: Row, query: str = "select * from jira_issues") -> Row:
    bench.land_and_derive(*(seen(str(number), each) for number, each in enumerate(fields, 1)))
    bench.preview()
    return bench.ask_one(query)


def test_a_renamed_project_shows_in_every_key(bench: LakeFixture) -> None:
    bench.land_site("projects", project("NEW"))
    bench.land_and_derive(
        seen("1", {"parent": {"id": "2", "key": "P10-2"}}),
        seen("2"),
        seen("3", {"parent": {"id": "77", "key": "ELSE-5"}}),
    )
    bench.preview()

    found = {row["jira_id"]: row for row in bench.ask("select * from jira_issues")}
    assert (found["1"]["jira_key"], found["1"]["project_key"]) == ("NEW-1", "NEW")
    assert found["1"]["url"] == "https://acme.example/browse/NEW-1"
    assert (found["1"]["parent_key"], found["3"]["parent_key"]) == ("NEW-2", "ELSE-5")


def test_a_project_the_site_does_not_list_keeps_the_key_it_had(bench: LakeFixture) -> None:
    row = published(bench, {"summary": "x"})

    assert (row["jira_key"], row["project_key"]) == ("P10-1", "P10")
    assert bench.ask_one("select * from jira_projects")["is_tracked"] is True


def test_projects_say_whether_and_how_they_are_tracked(bench: LakeFixture) -> None:
    bench.land_site("projects", project("P10"), project("OTHER", "11"))
    bench.land_and_derive(seen("1"))
    bench.preview()

    found = {row["project_key"]: row for row in bench.ask("select * from jira_projects")}
    assert found["P10"]["is_tracked"] is True
    assert (found["P10"]["story_points_field"], found["P10"]["sprint_field"]) == (
        "customfield_16",
        "customfield_20",
    )
    assert (found["OTHER"]["is_tracked"], found["OTHER"]["story_points_field"]) == (False, None)


def test_a_status_is_called_what_the_site_calls_it_today(bench: LakeFixture) -> None:
    bench.land_site(
        "statuses",
        {"status_id": "1", "status": "Shared", "status_category": "done"},
        {"status_id": "2", "status": "Own", "status_category": "undefined", "project_id": "10"},
        {"status_id": "3", "status": "Alien", "status_category": "done", "project_id": "99"},
    )
    old = {"name": "Old", "statusCategory": {"key": "indeterminate"}}
    bench.land_and_derive(*(seen(each, {"status": {"id": each, **old}}) for each in "1234"))
    bench.preview()

    found = bench.ask("select status, status_category from jira_issues order by jira_id")
    assert [(row["status"], row["status_category"]) for row in found] == [
        ("Shared", "done"),
        ("Own", "new"),
        ("Old", "indeterminate"),
        ("Old", "indeterminate"),
    ]
    assert {row["status_id"] for row in bench.ask("select * from jira_statuses")} == {"1", "2", "3", "4"}


def test_a_sprint_is_what_the_site_says_of_it_today(bench: LakeFixture) -> None:
    bench.land_site(
        "sprints",
        {
            "sprint_id": "7",
            "sprint_name": "Renamed",
            "state": "closed",
            "completed_at": at(9),
            "as_of": at(10),
        },
    )
    row = published(bench, {"customfield_20": [sprint(7)]})

    assert (row["sprint_id"], row["sprint_name"]) == ("7", "Renamed")
    found = bench.ask_one("select * from jira_sprints")
    assert (found["state"], found["source"], found["board_id"]) == ("closed", "agile", "1")
    assert found["as_of"] == at(10).replace(tzinfo=None)
    assert bench.ask_one("select * from jira_issue_sprints")["state"] == "closed"


@pytest.mark.prove
def test_without_the_sites_sprints_the_newest_copy_in_any_issue_counts(bench: LakeFixture) -> None:
    bench.land([seen("1", {"customfield_20": [sprint(7, "future")]}, updated=at(5))], asked_at=at(6))
    bench.land_and_derive(seen("2", {"customfield_20": [sprint(7, "active", name="Go")]}), asked_at=at(7))
    bench.preview()

    found = bench.ask_one("select * from jira_sprints")
    assert (found["sprint_name"], found["state"], found["source"]) == ("Go", "active", "issue")
    assert {row["sprint_name"] for row in bench.ask("select * from jira_issues")} == {"Go"}


def moment(day: int) -> str:
    return f"2026-01-{day:02d}T00:00:00.000Z"


CURRENT: dict[str, list[Row]] = {
    "2": [sprint(1, "closed", completeDate=moment(9)), sprint(2, "active"), sprint(3, "future")],
    "15": [sprint(11, "closed"), sprint(15, "future", startDate=moment(8)), sprint(13, "future")],
    "25": [sprint(24, "future", startDate=moment(9)), sprint(25, "future", startDate=moment(8))],
    "9": [sprint(10, "future"), sprint(9, "future")],
    "32": [
        sprint(32, "closed", completeDate=moment(9), endDate=moment(1)),
        sprint(33, "closed", completeDate=moment(8), endDate=moment(30)),
    ],
    "42": [sprint(42, "closed", endDate=moment(9)), sprint(43, "closed", endDate=moment(8))],
    "100": [sprint(99, "closed"), sprint(100, "closed")],
    "999": [sprint(999, "closed", completeDate=moment(3)), sprint(1000, "closed")],
}
"""Sprints of an issue, by the one that is its current one."""


def test_the_current_sprint_is_not_the_last_listed(bench: LakeFixture) -> None:
    bench.land_and_derive(
        seen("none"),
        *(seen(current, {"customfield_20": sprints}) for current, sprints in CURRENT.items()),
        *(seen(f"-{current}", {"customfield_20": sprints[::-1]}) for current, sprints in CURRENT.items()),
    )
    bench.preview()

    for query in (
        "select jira_id, sprint_id from jira_issues where jira_id <> 'none'",
        "select jira_id, sprint_id from jira_issue_sprints where is_current",
    ):
        found = sorted((row["jira_id"], row["sprint_id"]) for row in bench.ask(query))
        assert found == sorted((issue, current) for current in CURRENT for issue in (current, f"-{current}"))
    assert bench.ask_one("select sprint_id from jira_issues where jira_id = 'none'") == {"sprint_id": None}


def test_renamed_components_and_versions_show(bench: LakeFixture) -> None:
    bench.land_site(
        "components", {"component_id": "1", "name": "Core 2"}, {"component_id": "3", "name": "Same"}
    )
    bench.land_site("versions", {"version_id": "8", "name": "1.0 final"})
    row = published(
        bench,
        {
            "components": [
                {"id": "2", "name": "Local"},
                {"id": "1", "name": "Core"},
                {"id": "3", "name": "Same"},
            ],
            "fixVersions": [{"id": "8", "name": "1.0"}],
        },
    )

    assert row["components"] == ["Local", "Core 2", "Same"]
    assert row["fix_versions"] == ["1.0 final"]


def test_lists_have_a_row_for_each_element(bench: LakeFixture) -> None:
    bench.land_site("components", {"component_id": "1", "name": "Core 2"})
    bench.land_site("versions", {"version_id": "8", "name": "1.0 final"})
    bench.land_and_derive(
        seen(
            "1",
            {
                "labels": ["ui", "übersetzung", "ui"],
                "components": [
                    {"id": "1", "name": "Core"},
                    {"id": "2", "name": "Local"},
                    {"name": "New"},
                ],
                "fixVersions": [{"id": "8", "name": "1.0"}],
            },
        ),
        seen("2", {"labels": ["ui"]}),
        seen("3"),
    )
    bench.preview()

    def rows(table: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in bench.ask(f"select * from {table} order by all")]

    assert rows("jira_issue_labels") == [("1", "ui"), ("1", "übersetzung"), ("2", "ui")]
    assert rows("jira_issue_components") == [
        ("1", "1", "Core 2"),
        ("1", "2", "Local"),
        ("1", None, "New"),
    ]
    assert rows("jira_issue_versions") == [("1", "8", "1.0 final", "fix")]


def test_rows_of_elements_say_what_the_lists_say(bench: LakeFixture) -> None:
    held = {"components": [{"id": "2", "name": "Local"}], "labels": ["a"]}
    bench.land_and_derive(seen("1", held, updated=at(1)), seen("2", held))
    bench.land_and_derive(
        seen("1", {**held, "labels": ["b"]}, key="P11-9", project="11", updated=at(2)), project="11"
    )
    bench.preview("10", "11")

    for table, element, column in (
        ("jira_issue_labels", "label", "labels"),
        ("jira_issue_components", "component", "components"),
        ("jira_issue_versions", "version", "fix_versions"),
    ):
        listed = bench.ask(f"select jira_id, unnest({column}) as element from jira_issues order by all")
        assert bench.ask(f"select jira_id, {element} as element from {table} order by all") == listed


def test_cycle_time_is_in_hours_with_two_decimals(bench: LakeFixture) -> None:
    created, resolved = "2026-01-01T00:00:00.000+0000", "2026-01-02T06:20:00.000+0500"
    bench.land_and_derive(
        seen("1", {"created": created, "resolutiondate": resolved}), seen("2", {"created": created})
    )
    bench.preview()

    found = bench.ask("select cycle_time_hours from jira_issues order by jira_id")
    assert [row["cycle_time_hours"] for row in found] == [25.33, None]


@pytest.mark.prove
def test_an_issue_that_moved_is_one_row_where_it_was_newest(bench: LakeFixture) -> None:
    parts = {"customfield_20": [sprint(7)], "assignee": {"accountId": "a"}}
    change = {"id": "1", "created": "2026-01-01T00:00:00Z", "items": [{"field": "x"}]}
    bench.land_and_derive(seen("1", parts, updated=at(1), histories=[change]), seen("2", parts))
    bench.land_and_derive(
        seen("1", parts, key="P11-9", project="11", updated=at(2), histories=[change]), project="11"
    )
    bench.preview("10", "11")

    found = {row["jira_id"]: row["jira_key"] for row in bench.ask("select * from jira_issues")}
    assert found == {"1": "P11-9", "2": "P10-2"}
    for table in ("jira_issue_sprints", "jira_issue_changes"):
        assert len(bench.ask(f"select * from {table} where jira_id = '1'")) == 1
    assert len(bench.ask("select * from jira_issue_fields where jira_id = '1'")) == 1


def test_a_moved_issue_is_among_the_deleted_with_its_new_key(bench: LakeFixture) -> None:
    bench.land([seen("1"), seen("3")])
    bench.land_and_derive(
        seen("1", kind="moved", payload=b'{"key": "P11-9"}'), seen("3", kind="gone", payload=b"null")
    )
    bench.land_and_derive(
        seen("1", key="P11-9", project="11"), seen("3", key="P11-3", project="11"), project="11"
    )
    bench.land_site("projects", project("P10"), project("ELEVEN", "11"))
    bench.preview("10", "11")

    assert bench.ask_one("select jira_key, project_key, moved_to_key from jira_deleted_issues") == {
        "jira_key": "P10-1",
        "project_key": "P10",
        "moved_to_key": "ELEVEN-9",
    }


def test_custom_fields_have_the_names_of_the_site(bench: LakeFixture) -> None:
    bench.land_site("fields", {"field_id": "customfield_5", "field_name": "Team"})
    row = published(bench, {"customfield_5": {"a": 1}}, query="select * from jira_issue_fields")

    assert row == {"jira_id": "1", "field_id": "customfield_5", "field_name": "Team", "value": '{"a":1}'}
    assert bench.ask_one("select (value ->> '$.a')::int as a from jira_issue_fields") == {"a": 1}


@pytest.mark.parametrize(
    ("value", "kept"),
    sampled(
        [
            (
                {"emailAddress": 'a"},b@x.org', "accountId": "a", "displayName": "Ann"},
                {"accountId": "a", "displayName": "Ann"},
            ),
            (
                [{"accountId": "a", "emailAddress": "a@x.org"}, {"emailAddress": None}],
                [{"accountId": "a"}, {}],
            ),
            ('say "emailAddress": "a@x.org"', 'say "emailAddress": "a@x.org"'),
        ]
    ),
)
def test_people_in_fields_come_without_addresses(bench: LakeFixture, value: object, kept: object) -> None:
    row = published(bench, {"customfield_5": value}, query="select * from jira_issue_fields")

    assert json.loads(row["value"]) == kept


def test_users_are_those_of_the_site_and_those_seen(bench: LakeFixture) -> None:
    bench.land_site(
        "users",
        {"account_id": "a", "display_name": "Former user", "is_active": False},
        {"account_id": "b", "display_name": "Bea"},
    )
    bench.land_and_derive(
        seen("1", {"assignee": {"accountId": "a", "displayName": "Ann", "emailAddress": "a@x.org"}}),
        seen("2", {"assignee": {"accountId": "c", "displayName": "Cy", "emailAddress": "c@x.org"}}),
        seen("3", {"assignee": {"accountId": "b", "displayName": "Beatrix", "emailAddress": "b@x.org"}}),
    )
    bench.preview()

    found = {row["account_id"]: row for row in bench.ask("select * from jira_users")}
    assert {key: (row["display_name"], row["email"]) for key, row in found.items()} == {
        "a": ("Former user", None),
        "b": ("Bea", None),
        "c": ("Cy", "c@x.org"),
    }
    assert found["a"]["is_active"] is False


def match(bench: LakeFixture, rows: list[Row], unmatched: list[Row]) -> None:
    """Put matches into the manifest as the matching of people does."""
    columns = {
        "jira_user_matches": ["project_key", "account_id", "display_name", "member_id", "matched_by"],
        "jira_unmatched_users": ["project_key", "account_id", "reason"],
    }
    manifest, files = bench.manifest(), {}
    for (table, names), given in zip(columns.items(), (rows, unmatched), strict=True):
        types = dict.fromkeys(names, "varchar")
        if table == "jira_unmatched_users":
            types["candidates"] = "varchar[]"
        relative = f"{table}/project=10/{len(given)}.parquet"
        write_rows(bench.engine, bench.lake.path(relative), encode_rows(given, types), types)
        files[table] = DerivedFile(relative, len(given))
    manifest.set_derived("people", Derived("x", files))
    bench.lake.commit(manifest)


def test_matches_show_in_issues_and_team_with_counts_of_today(bench: LakeFixture) -> None:
    bench.land_and_derive(
        seen("1", {"assignee": {"accountId": "a"}, "reporter": {"accountId": "z"}}),
        seen("2", {"assignee": {"accountId": "a"}, "reporter": {"accountId": "a"}}),
        seen("3", {"assignee": {"accountId": "z"}}),
    )
    match(
        bench,
        [
            {"account_id": "a", "member_id": "ann", "matched_by": "display_name"},
            {"account_id": "a2", "member_id": "ann", "matched_by": "email"},
        ],
        [{"account_id": "z", "reason": "no e-mail", "candidates": ["zoe"]}],
    )
    bench.land_site("projects", project("NEW"))
    team = [{"member_id": "ann", "display_name": "Ann"}, {"member_id": "zoe", "jira_account_id": "q"}]
    bench.preview(team_members=team)

    assigned = {row["jira_id"]: row["assignee_id"] for row in bench.ask("select * from jira_issues")}
    assert assigned == {"1": "ann", "2": "ann", "3": None}
    found = {row["account_id"]: row for row in bench.ask("select * from jira_user_matches")}
    assert (found["a"]["issues_assigned"], found["a"]["issues_reported"]) == (2, 1)
    assert (found["a2"]["issues_assigned"], found["a2"]["project_key"]) == (0, "NEW")
    unmatched = bench.ask_one("select * from jira_unmatched_users")
    assert (unmatched["candidates"], unmatched["issues_assigned"]) == (["zoe"], 1)
    members = {row["member_id"]: row for row in bench.ask("select * from team_members")}
    assert (members["ann"]["jira_account_id"], members["ann"]["matched_by"]) == ("a2", "email")
    assert (members["zoe"]["jira_account_id"], members["zoe"]["matched_by"]) == ("q", None)


def test_a_file_of_an_older_version_lacks_columns_and_is_read_all_the_same(
    bench: LakeFixture, engine: duckdb.DuckDBPyConnection
) -> None:
    fields = {"summary": "x", "priority": {"name": "High"}}
    bench.land_and_derive(seen("1", fields, project="11"), project="11")
    bench.land_and_derive(seen("2", fields))
    manifest = bench.manifest()
    file = manifest.derived["issues"].files["jira_issues"]
    older = DerivedFile("jira_issues/project=10/older-1.parquet", file.rows)
    engine.execute(
        f"copy (select * exclude (priority) from '{bench.lake.path(file.path)}') "
        f"to '{bench.lake.path(older.path)}' (format parquet)"
    )
    manifest.derived["issues"].files["jira_issues"] = older
    bench.lake.commit(manifest)
    bench.preview("10", "11")

    found = bench.ask("select jira_id, summary, priority from jira_issues order by jira_id")
    assert [tuple(row.values()) for row in found] == [("1", "x", "High"), ("2", "x", None)]
