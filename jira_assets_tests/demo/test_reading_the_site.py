"""Projects, people, fields, statuses, boards and sprints."""

from __future__ import annotations

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller

PROJECTS = "/rest/api/3/project/search"
USERS = "/rest/api/3/users/search"


def listed(api: Caller, **query: object) -> list[str]:
    return [project["key"] for project in api.get(PROJECTS, **query).json()["values"]]


def test_projects_come_in_pages_of_at_most_a_hundred(api: Caller, site: DemoSite) -> None:
    for number in range(110):
        site.add_project(f"ZZ{number:03d}", f"Project {number}")
    first = api.get(PROJECTS, maxResults=500).json()
    second = api.get(PROJECTS, maxResults=500, startAt=100).json()

    assert (first["maxResults"], len(first["values"]), first["isLast"]) == (100, 100, False)
    assert (len(second["values"]), second["isLast"]) == (14, True)
    assert first["total"] == second["total"] == 114


def test_projects_are_listed_by_what_has_become_of_them(api: Caller, site: DemoSite) -> None:
    live, archived, trashed, hidden = (each.key for each in site.catalog.projects.values())
    site.archive_project(archived)
    site.trash_project(trashed)
    site.hide_project(hidden)

    assert listed(api) == listed(api, status="live") == [live]
    assert listed(api, status="archived") == [archived]
    assert listed(api, status="deleted") == [trashed]
    assert set(listed(api, status=["live", "archived", "deleted"])) == {live, archived, trashed}
    site.archive_project(live)
    empty = api.get(PROJECTS)
    assert (empty.status_code, empty.json()["values"]) == (200, [])


def test_a_project_is_read_by_id_key_and_former_key_with_its_versions(api: Caller, site: DemoSite) -> None:
    project = next(each for each in site.catalog.projects.values() if each.versions)
    site.rename_project_key(project.key, "FRESH")

    for name in (project.id, "FRESH", project.old_keys[-1]):
        found = api.get(f"/rest/api/3/project/{name}").json()
        assert (found["id"], found["key"], found["style"]) == (str(project.id), "FRESH", project.style)
        assert {each["name"] for each in found["versions"]} == {each["name"] for each in project.versions}


@pytest.mark.parametrize(
    ("change", "status"), [("hide", 404), ("trash", 404), ("forbid", 403), ("archive", 200)]
)
def test_a_project_out_of_reach_answers_so(api: Caller, site: DemoSite, change: str, status: int) -> None:
    key = min(each.key for each in site.catalog.projects.values())
    getattr(site, f"{change}_project")(key)

    assert api.get(f"/rest/api/3/project/{key}").status_code == status


def test_a_project_that_is_not_there_is_a_404(api: Caller) -> None:
    response = api.get("/rest/api/3/project/NOPE")

    assert response.status_code == 404
    assert response.json()["errorMessages"] == ["No project could be found with key 'NOPE'."]


def test_people_are_a_bare_list_that_ends_with_an_empty_page(api: Caller, site: DemoSite) -> None:
    everyone, start = [], 0
    while page := api.get(USERS, startAt=start, maxResults=7).json():
        everyone += page
        start += 7

    assert {user["accountId"] for user in everyone} == set(site.catalog.users)
    assert len(everyone) == len(site.catalog.users)
    assert any("emailAddress" not in user for user in everyone)
    assert {user["accountType"] for user in everyone} >= {"atlassian", "app"}


def test_listing_people_may_be_forbidden_while_asking_for_some_is_not(api: Caller, site: DemoSite) -> None:
    site.switches.users_forbidden = True
    some = sorted(site.catalog.users)[:12]

    assert api.get(USERS).status_code == 403
    first = api.get("/rest/api/3/user/bulk", accountId=[*some, "nobody"]).json()
    assert (len(first["values"]), first["isLast"], first["total"]) == (10, False, 12)
    rest = api.get("/rest/api/3/user/bulk", accountId=some, startAt=10).json()
    assert [user["accountId"] for user in first["values"] + rest["values"]] == some
    assert api.get("/rest/api/3/user/bulk").status_code == 400


def test_fields_tell_which_project_they_belong_to(api: Caller, site: DemoSite) -> None:
    fields = {field["id"]: field for field in api.get("/rest/api/3/field").json()}
    scoped = [field for field in fields.values() if "scope" in field]

    assert {"summary", "status", "updated"} <= set(fields)
    assert all(field["scope"]["type"] == "PROJECT" for field in scoped)
    assert {field["schema"].get("custom") for field in fields.values() if field["custom"]} >= {
        "com.pyxis.greenhopper.jira:gh-sprint",
        "com.pyxis.greenhopper.jira:jsw-story-points",
    }
    site.hide_project(str(scoped[0]["scope"]["project"]["id"]))
    assert scoped[0]["id"] not in {field["id"] for field in api.get("/rest/api/3/field").json()}


def test_myself_tells_the_zone_of_the_profile(api: Caller, site: DemoSite) -> None:
    site.set_time_zone("Asia/Kathmandu")
    answer = api.get("/rest/api/3/myself").json()

    assert (answer["emailAddress"], answer["timeZone"]) == ("demo@example.com", "Asia/Kathmandu")
    assert answer["accountId"] == site.accounts.first.account_id


def test_the_cloud_id_is_told_without_credentials(server: object, site: DemoSite, api: Caller) -> None:
    with Caller(api.address, auth=None) as nobody:
        assert nobody.get("/_edge/tenant_info").json() == {"cloudId": site.cloud_id}
        assert nobody.get("/rest/api/3/serverInfo").json()["deploymentType"] == "Cloud"


def test_boards_estimate_and_hold_sprints_unless_they_are_kanban(api: Caller, site: DemoSite) -> None:
    project = next(each for each in site.catalog.projects.values() if each.style == "classic")
    kanban = site.catalog.boards[max(site.catalog.boards)]
    kanban.type, kanban.project_id = "kanban", project.id
    boards = api.get("/rest/agile/1.0/board", projectKeyOrId=project.key).json()["values"]
    scrum = next(board for board in boards if board["type"] == "scrum")
    configuration = api.get(f"/rest/agile/1.0/board/{scrum['id']}/configuration").json()
    refused = api.get(f"/rest/agile/1.0/board/{kanban.id}/sprint")

    assert {board["location"]["projectKey"] for board in boards} == {project.key}
    assert configuration["estimation"]["field"]["fieldId"] == site.catalog.points_field(project.id)
    assert (refused.status_code, refused.json()["errorMessages"]) == (
        400,
        ["The board does not support sprints"],
    )
    assert "estimation" not in api.get(f"/rest/agile/1.0/board/{kanban.id}/configuration").json()
    assert [board["id"] for board in api.get("/rest/agile/1.0/board", type="kanban").json()["values"]] == [
        each.id for each in site.catalog.boards.values() if each.type == "kanban"
    ]


def test_sprints_can_be_narrowed_by_state_and_missing_ones_are_404(api: Caller, site: DemoSite) -> None:
    board = next(each for each in site.catalog.boards.values() if each.type == "scrum")
    sprints = [each for each in site.catalog.sprints.values() if each.board_id == board.id]
    found = api.get(f"/rest/agile/1.0/board/{board.id}/sprint", state="active,future").json()["values"]

    assert {each["id"] for each in found} == {each.id for each in sprints if each.state != "closed"}
    for path in ("sprint/999999", "board/999999/sprint", "board/999999/configuration"):
        assert api.get(f"/rest/agile/1.0/{path}").status_code == 404
    site.switches.agile_forbidden = True
    assert api.get("/rest/agile/1.0/board").status_code == 403
