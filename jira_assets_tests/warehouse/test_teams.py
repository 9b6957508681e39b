"""The team of an issue: by Jira's Team field, or by its assignee; and what there is of teams."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from jira_assets.lake.raw_writer import Observation
from jira_assets.people.publish_matches import derive_matches
from jira_assets.state import TeamMember
from jira_assets_tests.lake_fixture import TEAM_FIELD, LakeFixture, Row, at, seen

pytestmark = pytest.mark.few_tables("teams", "jira_teams", "jira_projects")

CORE = {"id": "t-1", "name": "Core"}
GROWTH = {"id": "t-2", "title": "Growth"}
MEMBERS = [
    TeamMember("m1", "Ana", None, "a1", "Core"),
    TeamMember("m2", "Bo", None, "a2", "Support"),
    TeamMember("m3", "Cy", None, "a3"),
]


def issue(number: str, team: Any = None, account: str | None = None, **given: Any) -> Observation:
    """An issue with this value of the Team field, assigned to an account."""
    person = account and {"accountId": account, "displayName": account, "accountType": "atlassian"}
    category = given.pop("category", "new")
    status = {"id": category, "name": category, "statusCategory": {"key": category}}
    return seen(number, {TEAM_FIELD: team, "assignee": person, "status": status}, **given)


def land(bench: LakeFixture, *issues: Observation, project: str = "10", minute: float = 0) -> None:
    """Land and derive issues of a project, and match its people."""
    bench.land_and_derive(*issues, project=project, asked_at=at(minute))
    derive_matches(bench.lake, project_ids=[project], members=MEMBERS, overrides=[])


def publish(bench: LakeFixture, *projects: str, **given: Any) -> None:
    bench.publish(*projects, team_members=[asdict(member) for member in MEMBERS], **given)


def of_issues(bench: LakeFixture, columns: str = "assignee_team, jira_team_id, jira_team, team") -> Row:
    """The columns of each issue by its id."""
    rows = bench.ask(f"select jira_id, {columns} from jira_issues")
    return {row.pop("jira_id"): tuple(row.values()) for row in rows}


def test_an_issue_has_the_team_of_the_field_and_that_of_its_assignee(bench: LakeFixture) -> None:
    land(
        bench,
        issue("1", GROWTH, "a1"),
        issue("2", None, "a2"),
        issue("3", CORE),
        issue("4", None, "a3"),
        issue("5"),
    )
    publish(bench)
    assert of_issues(bench) == {
        "1": ("Core", "t-2", "Growth", "Growth"),
        "2": ("Support", None, None, "Support"),
        "3": (None, "t-1", "Core", "Core"),
        "4": (None, None, None, None),
        "5": (None, None, None, None),
    }
    assert bench.ask_one("select team_fields from jira_projects")["team_fields"] == [TEAM_FIELD]


def test_a_setting_puts_the_team_of_the_assignee_first(bench: LakeFixture) -> None:
    land(bench, issue("1", GROWTH, "a1"), issue("2", GROWTH, "a3"))
    publish(bench)
    assert of_issues(bench, "team") == {"1": ("Growth",), "2": ("Growth",)}
    publish(bench, team_from="assignee")
    assert of_issues(bench, "team") == {"1": ("Core",), "2": ("Growth",)}


def test_a_bare_id_gets_the_name_that_another_issue_has_and_a_rename_reaches_all(bench: LakeFixture) -> None:
    land(bench, issue("1", "t-1"), issue("2", "t-9"), issue("3", CORE))
    land(bench, issue("4", {"id": "t-1", "name": "Kernel"}, project="11"), project="11", minute=5)
    publish(bench, "10", "11")
    assert of_issues(bench, "jira_team, team") == {
        "1": ("Kernel", "Kernel"),
        "2": ("t-9", "t-9"),
        "3": ("Kernel", "Kernel"),
        "4": ("Kernel", "Kernel"),
    }
    assert bench.ask("select jira_team_id, jira_team from jira_teams order by all") == [
        {"jira_team_id": "t-1", "jira_team": "Kernel"},
        {"jira_team_id": "t-9", "jira_team": "t-9"},
    ]


def test_teams_are_those_of_the_file_and_of_jira_together(bench: LakeFixture) -> None:
    land(
        bench, issue("1", CORE), issue("2", GROWTH, category="done"), issue("3", None, "a1", category="done")
    )
    publish(bench)
    rows = [tuple(row.values()) for row in bench.ask("select * from teams order by team")]
    assert rows == [
        ("Core", 1, ["t-1"], 2, 1),
        ("Growth", 0, ["t-2"], 1, 0),
        ("Support", 1, [], 0, 0),
    ]


def test_a_site_without_teams_has_none(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    bench.publish()
    assert of_issues(bench) == {"1": (None, None, None, None)}
    assert bench.ask("select * from teams") == bench.ask("select * from jira_teams") == []
