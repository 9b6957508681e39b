"""Keys as people give them: typed, or pasted as an address."""

from __future__ import annotations

import pytest

from jira_assets.cli.project_keys import key_in_address
from jira_assets.demo.site import DemoSite
from jira_assets.state import State
from jira_assets_tests.cli.conftest import Run

SITE = "https://acme.atlassian.net"


@pytest.mark.parametrize(
    "address",
    [
        "/browse/ABC-12",
        "/browse/ABC",
        "/browse/abc-12?focusedCommentId=1",
        "/projects/ABC",
        "/projects/ABC/boards/1",
        "/projects/ABC/issues/ABC-12?filter=allissues",
        "/jira/software/projects/ABC/boards/1?selectedIssue=XYZ-3",
        "/jira/software/c/projects/ABC/boards/1/backlog",
        "/jira/software/c/projects/ABC/boards/1/timeline#top",
        "/jira/core/projects/ABC/board",
        "/jira/servicedesk/projects/ABC/queues/custom/4",
        "/jira/discovery/share/project/ABC/x",
        "/secure/RapidBoard.jspa?rapidView=5&projectKey=ABC",
        "/jira/your-work?selectedIssue=ABC-12",
        "/issues/?jql=project%20%3D%20ABC%20ORDER%20BY%20created",
        '/issues/?jql=status=Done AND project in ("ABC", XYZ)',
    ],
)
def test_an_address_names_its_project(address: str) -> None:
    assert key_in_address(SITE + address) == "ABC"
    assert key_in_address("acme.atlassian.net" + address) == "ABC"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/",
        "/jira/dashboards/10000",
        "/secure/RapidBoard.jspa?rapidView=5",
        "/jira/people/5b10",
        "/issues/?jql=x",
    ],
)
def test_an_address_without_a_project_names_none(address: str) -> None:
    assert key_in_address(SITE + address) is None


def test_projects_are_tracked_by_the_address_of_a_board_or_an_issue(
    run: Run, site: DemoSite, state: State
) -> None:
    address = f"{state.credentials.site().url or ''}"
    assert address == ""
    assert run("projects", "track", "/jira/software/c/projects/PAY/boards/1", "web-3").exit_code == 0
    assert [project.project_key for project in state.projects.tracked()] == ["PAY", "WEB"]
    assert run("projects", "untrack", "/browse/PAY-1").exit_code == 0
    assert [project.project_key for project in state.projects.tracked()] == ["WEB"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"{SITE}/browse/PAY-1", "is on acme.atlassian.net, but this home is connected to http://127.0.0.1"),
        ("/jira/dashboards/10000", "does not identify a project. Use its key"),
        ("PAY,WEB", "Separate several keys with spaces."),
        ("Payments and more", "`jira-assets projects list` shows keys and names"),
        ("PAY-", "is not a project key"),
    ],
)
@pytest.mark.parametrize("words", [["projects", "track"], ["sync"], ["reconcile"], ["projects", "fields"]])
def test_what_is_no_key_is_said_before_anything_is_asked(
    run: Run, site: DemoSite, given: str, said: str, words: list[str]
) -> None:
    result = run(*words, given)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not site.requests


def test_the_name_of_a_project_leads_to_its_key(run: Run, site: DemoSite) -> None:
    result = run("projects", "track", "Mobile")
    assert result.exit_code == 1
    assert "Did you mean MOB?" in result.stderr
