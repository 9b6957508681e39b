from __future__ import annotations

import json
import re

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets.sync.pipeline import open_pipeline
from jira_assets_tests.cli.conftest import Run


def keys(state: State) -> list[str]:
    return [project.project_key for project in state.projects.tracked()]


def test_the_list_marks_what_is_tracked(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY")
    result = run("projects", "list")
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [
        ["MOB", "Mobile"],
        ["✓", "PAY"],
        ["WEB", "Web"],
    ]
    assert "3 projects, 1 of them tracked." in result.stderr


@pytest.mark.parametrize(("search", "found"), [("pay", ["PAY"]), ("MOBILE", ["MOB"]), ("x", [])])
def test_the_list_can_be_searched_by_key_and_name(
    run: Run, site: DemoSite, search: str, found: list[str]
) -> None:
    result = run("projects", "list", search, "--json")
    assert [project["project_key"] for project in json.loads(result.stdout)] == found


def test_the_list_as_json_has_its_documented_keys(run: Run, site: DemoSite) -> None:
    run("projects", "track", "mob")
    projects = json.loads(run("projects", "list", "--json").stdout)
    assert [project["is_team_managed"] for project in projects] == [True, False, False]
    assert projects[0] == {
        "project_key": "MOB",
        "project_id": "10006",
        "name": "Mobile App",
        "project_type": "software",
        "is_team_managed": True,
        "is_tracked": True,
    }


def test_projects_are_tracked_by_key_in_any_case(run: Run, site: DemoSite, state: State) -> None:
    result = run("projects", "track", "pay", "WEB", "Pay")
    assert result.exit_code == 0
    assert "2 projects newly tracked: PAY, WEB; 2 in all." in result.stderr
    assert keys(state) == ["PAY", "WEB"]
    assert "0 projects newly tracked; 2 in all." in run("projects", "track", "PAY").stderr


def test_all_projects_can_be_tracked(run: Run, site: DemoSite, state: State) -> None:
    run("projects", "track", "--all")
    assert keys(state) == ["MOB", "PAY", "WEB"]


@pytest.mark.parametrize("words", [[], ["--all", "PAY"]])
def test_tracking_needs_keys_or_all_but_not_both(run: Run, site: DemoSite, words: list[str]) -> None:
    assert run("projects", "track", *words).exit_code == 2


def test_an_unknown_key_tracks_nothing_and_names_the_close_ones(
    run: Run, site: DemoSite, state: State
) -> None:
    result = run("projects", "track", "PAY", "WEBB")
    assert result.exit_code == 1
    assert "Jira has no project WEBB" in result.stderr
    assert "Did you mean WEB?" in result.stderr
    assert keys(state) == []


def test_what_is_no_key_is_not_asked_for(run: Run, site: DemoSite) -> None:
    assert run("projects", "track", "../myself").exit_code == 2
    assert not site.requests


def test_a_key_of_the_past_tracks_the_project_under_its_present_key(
    run: Run, site: DemoSite, state: State
) -> None:
    site.rename_project_key("PAY", "MONEY")
    result = run("projects", "track", "PAY", "money")
    assert "PAY was renamed to MONEY in Jira." in result.stderr
    assert keys(state) == ["MONEY"]


def test_untracking_needs_no_jira(run: Run, site: DemoSite, state: State) -> None:
    run("projects", "track", "PAY", "WEB")
    site.switches.dead_credentials = True
    assert run("projects", "untrack", "pay").exit_code == 0
    assert keys(state) == ["WEB"]
    assert run("projects", "untrack", "pay").exit_code == 1


def test_without_a_connection_the_list_ends_with_code_4(run: Run) -> None:
    result = run("projects", "list")
    assert result.exit_code == 4
    assert "JIRA_API_TOKEN" in result.stderr


def test_an_empty_list_for_dead_credentials_is_not_believed(run: Run, site: DemoSite) -> None:
    site.switches.dead_credentials = True
    result = run("projects", "list", "--json")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "demo-token" not in result.stderr


def test_a_project_that_this_account_may_not_see_is_unknown(run: Run, site: DemoSite, state: State) -> None:
    site.hide_project("WEB")
    assert "WEB" not in run("projects", "list").stdout
    assert run("projects", "track", "WEB").exit_code == 1
    assert keys(state) == []


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    given = iter(answers)
    monkeypatch.setattr("jira_assets.cli.commands.projects._is_terminal", lambda: True)
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(given))


@pytest.mark.parametrize(
    ("answers", "tracked"),
    [
        (["1 3"], ["MOB", "WEB"]),
        (["pay,web"], ["PAY", "WEB"]),
        (["nothing like it", "payments", "1"], ["PAY"]),
        (["4", "2"], ["PAY"]),
    ],
)
def test_at_a_terminal_projects_are_picked_from_a_list(
    run: Run,
    site: DemoSite,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    answers: list[str],
    tracked: list[str],
) -> None:
    at_a_terminal(monkeypatch, *answers)
    result = run("projects", "track")
    assert result.exit_code == 0, result.stderr
    assert "   1  MOB          Mobile App" in result.stderr
    assert keys(state) == tracked


def test_the_list_to_pick_from_leaves_out_what_is_tracked(
    run: Run, site: DemoSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("projects", "track", "MOB", "WEB")
    at_a_terminal(monkeypatch, "1")
    assert "   1  PAY" in run("projects", "track").stderr
    assert "all projects that this account can see are tracked" in run("projects", "track").stderr


def test_fields_are_chosen_by_hand_for_a_project_and_survive_untracking(
    run: Run, site: DemoSite, state: State
) -> None:
    run("projects", "track", "PAY")
    field = next(name for name in site.catalog.fields if name.startswith("customfield_"))
    result = run("projects", "fields", "pay", "--story-points", field)
    assert result.exit_code == 0, result.stderr
    assert field in result.stdout
    run("projects", "fields", "PAY", "--sprint", field)
    told = run("projects", "untrack", "PAY").stderr
    assert "The lake keeps their data" in told
    run("projects", "track", "PAY")
    [project] = state.projects.tracked()
    assert (project.story_points_field, project.sprint_field) == (field, field)
    assert "has not been read yet" in run("projects", "fields", "PAY", "--discover").stdout


def test_a_field_that_jira_does_not_have_is_not_chosen(run: Run, site: DemoSite, state: State) -> None:
    run("projects", "track", "PAY")
    result = run("projects", "fields", "PAY", "--story-points", "customfield_999999")
    assert result.exit_code == 1
    assert "Jira has no field 'customfield_999999'." in result.stderr
    assert state.projects.tracked()[0].story_points_field is None
    assert run("projects", "fields", "PAY", "--story-points", "x", "--discover").exit_code == 2


def test_an_account_that_sees_no_project_is_told_whom_to_ask(run: Run, site: DemoSite) -> None:
    for project in list(site.catalog.projects.values()):
        site.hide_project(project.key)
    for words in (["list"], ["track", "--all"]):
        result = run("projects", *words)
        assert result.exit_code == 1
        assert "No project is visible to this account." in result.stderr
        assert "Ask a Jira admin for the permission to browse projects." in result.stderr


def test_fields_say_what_was_discovered_and_why(run: Run, site: DemoSite, settings: Settings) -> None:
    run("projects", "track", "PAY")
    assert "`jira-assets sync PAY` discovers" in run("projects", "fields", "PAY").stderr
    with open_pipeline(settings) as bench:
        bench.sync(bench.state.projects.tracked())
    result = run("projects", "fields", "PAY")
    assert "story points  customfield_10034  Story Points  a board of the project uses it" in result.stdout
    assert "sprint        customfield_10020  Sprint" in result.stdout
    assert "team          customfield_10001  Team          a Team field of Atlassian" in result.stdout
    assert "--story-points FIELD" in result.stderr
    found = json.loads(run("projects", "fields", "PAY", "--json").stdout)
    assert {each["field_id"]: each["name"] for each in found["candidates"]} == {
        "customfield_10004": "Story Points",
        "customfield_10034": "Story Points",
    }
    assert all(isinstance(each["issues"], int) for each in found["candidates"])
    assert found["is_current"]

    told = run("projects", "fields", "PAY", "--story-points", "story points").stderr
    assert "is the name of customfield_10034 and customfield_10004" in told

    result = run("projects", "fields", "PAY", "--story-points", "customfield_10004")
    assert "story points  customfield_10004  Story Points  set by hand for this project" in result.stdout
    assert "`jira-assets publish` applies it" in result.stderr


@pytest.mark.parametrize(("option", "kind"), [("--story-points", "Story Points"), ("--sprint", "Sprint")])
def test_an_unknown_field_is_answered_with_those_of_its_kind(
    run: Run, site: DemoSite, option: str, kind: str
) -> None:
    run("projects", "track", "PAY")

    told = run("projects", "fields", "PAY", option, "Story pointz").stderr

    named = re.findall(r"customfield_\d+ \(([^)]*)\)", told)
    assert named[0] == kind
    assert ("Sprint" in named) is (option == "--sprint")


def test_a_search_that_finds_nothing_says_so(run: Run, site: DemoSite) -> None:
    told = run("projects", "list", "zzz").stderr
    assert "No key and no name of a project contains 'zzz'. Without SEARCH, all 3 projects" in told


def test_a_key_that_is_not_tracked_is_answered_with_those_that_are(run: Run, site: DemoSite) -> None:
    run("projects", "track", "PAY", "WEB")
    told = run("projects", "untrack", "NOPE").stderr
    assert "NOPE is not tracked." in told
    assert "Tracked: PAY, WEB." in told
