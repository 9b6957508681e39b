from __future__ import annotations

import json

import pytest

from jira_assets.state import State
from jira_assets_tests.cli.conftest import Run, SmallSite
from jira_assets_tests.jira.scripted_site import Canned


def keys(state: State) -> list[str]:
    return [project.project_key for project in state.tracked_projects()]


def test_the_list_marks_what_is_tracked(run: Run, site: SmallSite) -> None:
    run("projects", "track", "PAY")
    result = run("projects", "list")
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [
        ["✓", "PAY"],
        ["WEB", "Web"],
        ["OPS", "Operations"],
    ]
    assert "3 projects, 1 of them tracked." in result.stderr


@pytest.mark.parametrize(("search", "found"), [("pay", ["PAY"]), ("SHOP", ["WEB"]), ("x", [])])
def test_the_list_can_be_searched_by_key_and_name(
    run: Run, site: SmallSite, search: str, found: list[str]
) -> None:
    result = run("projects", "list", search, "--json")
    assert [project["project_key"] for project in json.loads(result.stdout)] == found


def test_the_list_as_json_has_its_documented_keys(run: Run, site: SmallSite) -> None:
    run("projects", "track", "web")
    projects = json.loads(run("projects", "list", "--json").stdout)
    assert projects[1] == {
        "project_key": "WEB",
        "project_id": "10002",
        "name": "Web shop",
        "project_type": "software",
        "is_team_managed": True,
        "is_tracked": True,
    }


def test_projects_are_tracked_by_key_in_any_case(run: Run, site: SmallSite, state: State) -> None:
    result = run("projects", "track", "pay", "WEB", "Pay")
    assert result.exit_code == 0
    assert "2 projects newly tracked: PAY, WEB; 2 in all." in result.stderr
    assert keys(state) == ["PAY", "WEB"]
    assert "0 projects newly tracked; 2 in all." in run("projects", "track", "PAY").stderr


def test_all_projects_can_be_tracked(run: Run, site: SmallSite, state: State) -> None:
    run("projects", "track", "--all")
    assert keys(state) == ["OPS", "PAY", "WEB"]


@pytest.mark.parametrize("words", [[], ["--all", "PAY"]])
def test_tracking_needs_keys_or_all_but_not_both(run: Run, site: SmallSite, words: list[str]) -> None:
    assert run("projects", "track", *words).exit_code == 2


def test_an_unknown_key_tracks_nothing_and_names_the_close_ones(
    run: Run, site: SmallSite, state: State
) -> None:
    result = run("projects", "track", "PAY", "WEBB")
    assert result.exit_code == 1
    assert "Jira knows no project WEBB" in result.stderr
    assert "Did you mean WEB?" in result.stderr
    assert keys(state) == []


def test_what_is_no_key_is_not_asked_for(run: Run, site: SmallSite) -> None:
    assert run("projects", "track", "../myself").exit_code == 2
    assert [seen.path for seen in site.seen] == []


def test_a_key_of_the_past_tracks_the_project_under_its_present_key(
    run: Run, site: SmallSite, state: State
) -> None:
    result = run("projects", "track", "PAYMENTS")
    assert "PAYMENTS is now called PAY." in result.stderr
    assert keys(state) == ["PAY"]


def test_untracking_needs_no_jira(run: Run, site: SmallSite, state: State) -> None:
    run("projects", "track", "PAY", "WEB")
    site.answers.clear()
    assert run("projects", "untrack", "pay").exit_code == 0
    assert keys(state) == ["WEB"]
    assert run("projects", "untrack", "pay").exit_code == 1


def test_without_a_connection_the_list_ends_with_code_4(run: Run) -> None:
    result = run("projects", "list")
    assert result.exit_code == 4
    assert "JIRA_API_TOKEN" in result.stderr


def test_an_empty_list_for_dead_credentials_is_not_believed(run: Run, site: SmallSite) -> None:
    empty = {"isLast": True, "total": 0, "values": []}
    site.answers["/rest/api/3/project/search"] = Canned(empty)
    site.answers["/rest/api/3/myself"] = Canned({"message": "no"}, 401)
    result = run("projects", "list", "--json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "s3cret-token" not in result.stderr
