"""Projects, fields, statuses, people, boards: lists read to their end."""

from __future__ import annotations

import pytest

from jira_assets.errors import BadQuery, Forbidden, IncompleteRead
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import Canned

PROJECTS = [{"id": str(number), "key": f"P{number}", "name": f"Project {number}"} for number in range(5)]


def test_projects_are_read_page_by_page(scripted: Ask) -> None:
    client, site = scripted(
        Canned({"values": PROJECTS[:2], "isLast": False, "total": 5}),
        Canned({"values": PROJECTS[2:3], "isLast": False}),
        Canned({"values": PROJECTS[3:], "isLast": True}),
    )
    assert [project.key for project in client.fetch_projects()] == ["P0", "P1", "P2", "P3", "P4"]
    assert [request.params["startAt"] for request in site.seen] == [["0"], ["2"], ["3"]]
    assert "status" not in site.seen[0].params


def test_pages_that_never_say_last_end_with_an_empty_one(scripted: Ask) -> None:
    client, _ = scripted(Canned({"values": PROJECTS}), Canned({"values": []}))
    assert len(list(client.fetch_projects("archived"))) == 5


def test_a_404_on_a_list_of_projects_means_none(scripted: Ask) -> None:
    client, site = scripted(Canned({"errorMessages": ["No projects could be found."]}, 404))
    assert list(client.fetch_projects("deleted")) == []
    assert site.seen[0].params["status"] == ["deleted"]


def test_a_project_comes_with_its_versions(scripted: Ask) -> None:
    versions = [{"id": "7", "name": "1.0", "released": True, "releaseDate": "2026-01-01"}]
    body = {**PROJECTS[1], "style": "next-gen", "versions": versions, "components": []}
    client, site = scripted(Canned(body))
    project = client.fetch_project("P1")
    assert project.is_team_managed
    assert [(version.name, version.released) for version in project.versions or []] == [("1.0", True)]
    assert site.seen[0].path == "/rest/api/3/project/P1"


def test_a_field_tells_its_kind_and_its_project(scripted: Ask) -> None:
    points = {
        "id": "customfield_10016",
        "name": "Story point estimate",
        "custom": True,
        "schema": {
            "type": "number",
            "custom": "com.pyxis.greenhopper.jira:jsw-story-points",
            "customId": 10016,
        },
        "scope": {"type": "PROJECT", "project": {"id": "10001"}},
    }
    client, _ = scripted(
        Canned([points, {"id": "summary", "name": "Summary", "schema": None, "scope": None}])
    )
    first, second = client.fetch_fields()
    assert first.schema
    assert first.schema.custom == "com.pyxis.greenhopper.jira:jsw-story-points"
    assert (first.scope_project_id, second.scope_project_id) == ("10001", None)


def test_statuses_and_types_are_read(scripted: Ask) -> None:
    status = {"id": "3", "name": "In Arbeit", "statusCategory": {"id": 4, "key": "indeterminate"}}
    client, _ = scripted(Canned([status]), Canned([{"id": "1", "name": "Bug", "hierarchyLevel": 0}]))
    [found] = client.fetch_statuses()
    assert found.category
    assert found.category.key == "indeterminate"
    assert [(kind.name, kind.hierarchy_level, kind.subtask) for kind in client.fetch_issue_types()] == [
        ("Bug", 0, False)
    ]


def test_users_are_read_to_the_empty_page_and_given_once(scripted: Ask) -> None:
    people = [{"accountId": f"u{number}", "displayName": "Kim", "emailAddress": None} for number in range(4)]
    client, site = scripted(Canned(people[:3]), Canned(people[2:]), Canned([]))
    assert [user.account_id for user in client.fetch_users()] == ["u0", "u1", "u2", "u3"]
    assert [request.params["startAt"] for request in site.seen] == [["0"], ["3"], ["5"]]


def test_users_need_a_right(scripted: Ask) -> None:
    client, _ = scripted(Canned({"errorMessages": ["Forbidden"]}, 403))
    with pytest.raises(Forbidden, match="Ask a Jira admin to give the API token"):
        list(client.fetch_users())


def test_users_by_id_are_asked_for_in_portions(scripted: Ask) -> None:
    client, site = scripted(Canned({"values": [{"accountId": "u1"}], "isLast": True}))
    found = client.fetch_users_by_id([f"u{number}" for number in range(60)])
    assert [len(request.params["accountId"]) for request in site.seen] == [50, 10]
    assert site.seen[0].params["maxResults"] == ["50"]
    assert [user.display_name for user in found] == [None, None]
    assert client.fetch_users_by_id([]) == []


def test_a_board_names_the_field_it_estimates_with(scripted: Ask) -> None:
    board = {"id": 7, "name": "Board", "type": "scrum", "location": {"projectId": 1, "projectKey": "P1"}}
    estimation = {"type": "field", "field": {"fieldId": "customfield_10016", "displayName": "SP"}}
    client, site = scripted(
        Canned({"values": [board], "isLast": True}),
        Canned({"id": 7, "name": "Board", "estimation": estimation}),
        Canned({"id": 8, "name": "Board", "estimation": {"type": "none"}}),
    )
    [found] = client.fetch_boards("10001")
    assert client.fetch_board_configuration(found.id).estimation_field == "customfield_10016"
    assert client.fetch_board_configuration(8).estimation_field is None
    assert site.seen[0].params["projectKeyOrId"] == ["10001"]


def test_sprints_come_with_what_they_have(scripted: Ask) -> None:
    sprint = {
        "id": 37,
        "name": "Sprint 1",
        "state": "closed",
        "originBoardId": 5,
        "endDate": "2015-04-20T01:22:00.000+10:00",
    }
    client, site = scripted(Canned({"values": [sprint], "isLast": True}), Canned(sprint))
    [found] = client.fetch_board_sprints(5, state="active,future")
    assert found == client.fetch_sprint(37)
    assert (found.board_id, found.goal, found.start_date) == (5, None, None)
    assert site.seen[0].params["state"] == ["active,future"]


def test_a_board_without_sprints_has_none(scripted: Ask) -> None:
    refusal = {"errorMessages": ["The board does not support sprints"], "errors": {}}
    client, _ = scripted(Canned(refusal, 400), Canned({"errorMessages": ["Something else"]}, 400))
    assert client.fetch_board_sprints(5) == []
    with pytest.raises(BadQuery, match="Something else"):
        client.fetch_board_sprints(5)


def test_a_list_that_is_none_is_an_error(scripted: Ask) -> None:
    client, _ = scripted(Canned({"values": []}))
    with pytest.raises(IncompleteRead, match="Expected `array`, got `object`"):
        client.fetch_fields()
