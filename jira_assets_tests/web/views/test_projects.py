from __future__ import annotations

from pathlib import Path

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import FieldMapping, Manifest
from jira_assets.state import ProjectRef
from jira_assets_tests.harness import credentials
from jira_assets_tests.web.conftest import FROM_HERE, OpenPage, Page
from jira_assets_tests.web.hand_made import land_projects

PROJECTS = [("1", "PAY", "Payments"), ("2", "WEB", "Web Shop"), ("3", "OPS", "Operations")]


def tracked(page: Page) -> list[str]:
    return [project.project_key for project in page.state.projects.tracked()]


def test_projects_come_from_jira_while_the_lake_has_none(open_page: OpenPage) -> None:
    with DemoServer(DemoSite(generate_site(1, projects=3, issues=3, now_ms=1_795_435_200_000))) as server:
        page = open_page(credentials(server))
        assert 'data-load="/projects/list' in page.get("/projects")
        assert "Payments" in page.get("/projects/list")
        chosen = page.get("/projects")  # known from now on
        assert chosen.count('name="track"') == 3
        project_id = chosen.split('name="track" value="')[1].split('"')[0]
        page.send("/projects", shown=[project_id], track=[project_id])
    assert len(tracked(page)) == 1


def test_what_jira_refuses_is_told_where_the_list_would_be(open_page: OpenPage) -> None:
    text = open_page({}).get("/projects/list")
    assert "No Jira site is connected" in text
    assert 'role="alert"' in text


def test_one_save_tracks_and_untracks(page: Page) -> None:
    land_projects(page.settings, PROJECTS)
    page.state.projects.track([ProjectRef("3", "OPS")])
    text = page.send("/projects", shown=["1", "2", "3"], track=["1", "2"])
    assert tracked(page) == ["PAY", "WEB"]
    assert "2 projects newly tracked" in text
    assert "1 project no longer tracked: synced data is kept" in text


def test_a_save_leaves_alone_what_was_not_shown(page: Page) -> None:
    land_projects(page.settings, PROJECTS)
    page.state.projects.track([ProjectRef("3", "OPS")])
    page.send("/projects?q=pay", shown=["1"], track=["1"])
    assert tracked(page) == ["OPS", "PAY"]


def test_a_project_nobody_was_offered_is_refused_and_nothing_changes(page: Page) -> None:
    land_projects(page.settings, PROJECTS)
    form = {"shown": ["1", "99"], "track": ["1", "99"]}
    answer = page.client.post("/projects", data=form, headers=FROM_HERE)
    assert answer.status_code == 400
    assert tracked(page) == []


def test_projects_are_found_by_key_and_name(page: Page) -> None:
    land_projects(page.settings, PROJECTS)
    assert page.get("/projects?q=shop").count('name="track"') == 1
    assert page.get("/projects?q=OPS").count('name="track"') == 1
    assert "No project matches" in page.get("/projects?only=tracked")


def test_a_tracked_project_that_jira_hides_now_can_still_be_untracked(page: Page) -> None:
    land_projects(page.settings, PROJECTS)
    page.state.projects.track([ProjectRef("7", "OLD", "Once upon a time")])
    assert "Not visible in Jira now" in page.get("/projects")
    page.send("/projects", shown=["7"])
    assert tracked(page) == []


def test_the_story_point_field_is_chosen_from_the_candidates(page: Page) -> None:
    land_projects(page.settings, PROJECTS)
    page.state.projects.track([ProjectRef("1", "PAY")])
    mapping = FieldMapping(
        "customfield_1", "customfield_9", "board estimation", ("customfield_1", "customfield_2")
    )
    Lake(page.settings.lake_dir).commit(Manifest("1", "PAY", mapping=mapping))
    text = page.get("/projects")
    assert "Automatic: Field (customfield_1), board estimation" in text
    page.send("/projects", shown=["1"], track=["1"], **{"points:1": "customfield_2"})
    (project,) = page.state.projects.tracked()
    assert project.story_points_field == "customfield_2"
    refused = page.client.post(
        "/projects", data={"shown": "1", "track": "1", "points:1": "customfield_3"}, headers=FROM_HERE
    )
    assert refused.status_code == 400
    page.send("/projects", shown=["1"], track=["1"], **{"points:1": ""})
    assert page.state.projects.tracked()[0].story_points_field is None


def test_ten_thousand_projects_are_searched_rather_than_scrolled(page: Page) -> None:
    land_projects(page.settings, [(str(n), f"P{n:05}", f"Project {n}") for n in range(10_000)])
    text = page.get("/projects")
    assert "The first 200 of 10\u202f000" in text
    assert len(text) < 400_000
    assert page.get("/projects?q=P09999").count('name="track"') == 1


def test_names_of_projects_are_no_markup(page: Page, home: Path) -> None:
    land_projects(page.settings, [("1", "PAY", '"><script>alert(1)</script>')])
    text = page.get("/projects?q=%22%3E%3Cscript%3E")
    assert "<script>alert" not in text
    assert '"><script>' not in text
