"""Every answer fits Atlassian's own schema of its endpoint."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.atlassian_schemas import openapi, problems
from jira_assets_tests.demo.caller import Caller

API = "/rest/api/3"
AGILE = "/rest/agile/1.0"
GETS = [
    (f"{API}/myself", f"{API}/myself", {}),
    (f"{API}/serverInfo", f"{API}/serverInfo", {}),
    (f"{API}/project/search", f"{API}/project/search", {"maxResults": 2, "expand": "insight"}),
    (f"{API}/project/search", f"{API}/project/search", {"status": "archived"}),
    (f"{API}/project/{{projectIdOrKey}}", f"{API}/project/{{project}}", {}),
    (f"{API}/field", f"{API}/field", {}),
    (f"{API}/status", f"{API}/status", {}),
    (f"{API}/issuetype", f"{API}/issuetype", {}),
    (f"{API}/priority", f"{API}/priority", {}),
    (f"{API}/resolution", f"{API}/resolution", {}),
    (f"{API}/resolution/search", f"{API}/resolution/search", {"maxResults": 2}),
    (f"{API}/project/{{projectIdOrKey}}/components", f"{API}/project/{{parted}}/components", {}),
    (f"{API}/users/search", f"{API}/users/search", {}),
    (f"{API}/users", f"{API}/users", {}),
    (f"{API}/user/bulk", f"{API}/user/bulk", {"accountId": "{user}"}),
    (f"{API}/issue/{{issueIdOrKey}}", f"{API}/issue/{{issue}}", {"expand": "changelog"}),
    (f"{API}/issue/{{issueIdOrKey}}/changelog", f"{API}/issue/{{issue}}/changelog", {"maxResults": 1}),
    (f"{API}/issue/{{issueIdOrKey}}/comment", f"{API}/issue/{{talked_of}}/comment", {"maxResults": 1}),
    (f"{API}/issue/{{issueIdOrKey}}/worklog", f"{API}/issue/{{talked_of}}/worklog", {}),
    (f"{API}/issue/{{issueIdOrKey}}/remotelink", f"{API}/issue/{{talked_of}}/remotelink", {}),
    (f"{API}/worklog/updated", f"{API}/worklog/updated", {"since": "0"}),
    (f"{API}/worklog/deleted", f"{API}/worklog/deleted", {"since": "0"}),
    (f"{API}/search/jql", f"{API}/search/jql", {"jql": "project = {project}", "fields": "*all"}),
    (f"{AGILE}/board", f"{AGILE}/board", {"maxResults": 2}),
    (f"{AGILE}/board/{{boardId}}/configuration", f"{AGILE}/board/{{board}}/configuration", {}),
    (f"{AGILE}/board/{{boardId}}/configuration", f"{AGILE}/board/{{kanban}}/configuration", {}),
]
POSTS: list[tuple[str, dict[str, Any]]] = [
    (f"{API}/search/jql", {"jql": "project = {project}", "fields": ["*all"], "expand": "changelog"}),
    (f"{API}/search/jql", {"jql": "project = {project}", "maxResults": 2}),
    (f"{API}/search/approximate-count", {"jql": "project = {project}"}),
    (f"{API}/issue/bulkfetch", {"issueIdsOrKeys": ["{issue}", "NOPE-1"], "expand": ["changelog"]}),
    (
        f"{API}/issue/bulkfetch",
        {"issueIdsOrKeys": ["{talked_of}"], "fields": ["comment", "worklog", "attachment"]},
    ),
    (f"{API}/worklog/list", {"ids": ["{worklog}", "1"]}),
]


@pytest.fixture
def names(site: DemoSite) -> dict[str, str]:
    """What to put into paths: projects, an issue with changes, a person, and boards."""
    issue = next(each for each in site.issues_truth().values() if each.changes > 1)
    boards = {each.type: each.id for each in site.catalog.boards.values()}
    site.archive_project(site.truth(min(site.issues_truth())).project_key)
    talked_of = site.issue(issue.id)
    site.comment(talked_of.id, group="staff", public=False)
    site.attach(talked_of.id, "screenshot.png")
    site.link_remotely(talked_of.id, "https://wiki.example/1", "Runbook")
    worklog = site.log_work(talked_of.id, comment="Pairing", group="staff")
    site.delete_worklog(site.log_work(talked_of.id))
    site.clock.sleep(120)
    return {
        "talked_of": issue.key,
        "worklog": worklog,
        "project": issue.project_key,
        "parted": next(each.key for each in site.catalog.projects.values() if each.components),
        "issue": issue.key,
        "user": min(site.catalog.users),
        "board": str(boards["scrum"]),
        "kanban": str(boards["kanban"]),
    }


def filled(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, str):
        return part.format(**names)
    if isinstance(part, list):
        return [filled(each, names) for each in part]
    return {key: filled(value, names) for key, value in part.items()} if isinstance(part, dict) else part


@pytest.mark.parametrize(("documented", "path", "query"), GETS)
def test_a_get_answers_what_atlassian_documents(
    api: Caller, names: dict[str, str], documented: str, path: str, query: dict[str, Any]
) -> None:
    response = api.get(filled(path, names), **filled(query, names))

    assert response.status_code == 200, response.text
    assert response.json()
    assert problems("get", documented, response.json()) == []


@pytest.mark.parametrize(("path", "body"), POSTS)
def test_a_post_answers_what_atlassian_documents(
    api: Caller, names: dict[str, str], path: str, body: dict[str, Any]
) -> None:
    response = api.post(path, **filled(body, names))

    assert response.status_code == 200, response.text
    assert problems("post", path, response.json()) == []


@pytest.mark.parametrize("size", [5, 10_000])
def test_changelogs_answer_what_atlassian_documents(api: Caller, site: DemoSite, size: int) -> None:
    body = {"issueIdsOrKeys": sorted(site.issues_truth()), "maxResults": size}
    answer = api.post(f"{API}/changelog/bulkfetch", **body).json()

    assert answer["issueChangeLogs"]
    assert problems("post", f"{API}/changelog/bulkfetch", answer) == []


def test_sprints_have_the_properties_that_atlassian_shows(api: Caller, site: DemoSite) -> None:
    """The document gives no schema for sprints, but an example."""
    board = next(each for each in site.catalog.boards.values() if each.type == "scrum")
    answer = api.get(f"{AGILE}/board/{board.id}/sprint").json()
    examples = openapi("jira-software.json")["paths"][f"{AGILE}/sprint/{{sprintId}}"]["get"]["responses"][
        "200"
    ]
    shown = next(iter(examples["content"].values()))["example"]
    example = shown if isinstance(shown, dict) else json.loads(shown)

    assert answer["values"]
    for sprint in answer["values"]:
        assert set(sprint) <= set(example)
        assert {"id", "self", "state", "name", "originBoardId"} <= set(sprint)
        assert api.get(f"{AGILE}/sprint/{sprint['id']}").json() == sprint


def test_the_validator_notices_an_answer_that_differs(api: Caller) -> None:
    answer = api.get(f"{API}/myself").json()
    unknown, wrong = copy.deepcopy(answer), copy.deepcopy(answer)
    unknown["nickname"] = "D"
    wrong["active"] = "yes"

    assert problems("get", f"{API}/myself", unknown) != []
    assert problems("get", f"{API}/myself", wrong) != []
