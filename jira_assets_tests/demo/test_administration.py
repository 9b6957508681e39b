"""What changes without an issue's `updated`: it shows in every later answer all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from jira_assets.demo.site import DemoSite, IssueTruth
from jira_assets_tests.demo.caller import Caller

Change = Callable[[DemoSite, IssueTruth], object]
Read = Callable[[dict[str, Any]], object]


@pytest.fixture
def issue(site: DemoSite) -> IssueTruth:
    """An issue that points to everything that can change."""
    chosen = next(each for each in site.issues_truth().values() if each.sprint_ids and each.assignee)
    project = site.project(chosen.project_key)
    project.versions.append({"id": "77001", "name": "1.0", "released": False, "archived": False})
    site.edit_issue(chosen.id, fix_versions=["1.0"])
    site.clock.advance(timedelta(minutes=5))
    return site.truth(chosen.id)


def status_id(site: DemoSite, issue: IssueTruth) -> str:
    return str(site.issue(issue.id).fields["status"])


CHANGES: dict[str, tuple[Change, Read, object]] = {
    "status": (
        lambda site, issue: site.rename_status(status_id(site, issue), "Parked"),
        lambda fields: fields["status"]["name"],
        "Parked",
    ),
    "category": (
        lambda site, issue: site.recategorize_status(status_id(site, issue), "indeterminate"),
        lambda fields: (fields["status"]["statusCategory"]["key"], fields["status"]["statusCategory"]["id"]),
        ("indeterminate", 4),
    ),
    "user": (
        lambda site, issue: site.rename_user(issue.assignee or "", "Nova Name"),
        lambda fields: fields["assignee"]["displayName"],
        "Nova Name",
    ),
    "former user": (
        lambda site, issue: site.forget_user(issue.assignee or ""),
        lambda fields: [fields["assignee"].get(name) for name in ("displayName", "emailAddress", "active")],
        ["Former user", None, False],
    ),
    "inactive user": (
        lambda site, issue: site.deactivate_user(issue.assignee or ""),
        lambda fields: fields["assignee"]["active"],
        False,
    ),
    "hidden e-mail": (
        lambda site, issue: site.hide_email(issue.assignee or ""),
        lambda fields: fields["assignee"].get("emailAddress"),
        None,
    ),
    "version": (
        lambda site, issue: site.rename_version(issue.project_key, "1.0", "1.0 final"),
        lambda fields: [version["name"] for version in fields["fixVersions"]],
        ["1.0 final"],
    ),
    "project name": (
        lambda site, issue: site.rename_project(issue.project_key, "Another name"),
        lambda fields: fields["project"]["name"],
        "Another name",
    ),
    "project key": (
        lambda site, issue: site.rename_project_key(issue.project_key, "FRESH"),
        lambda fields: fields["project"]["key"],
        "FRESH",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_shows_in_search_and_bulk_reads_without_a_new_updated(
    api: Caller, site: DemoSite, issue: IssueTruth, what: str
) -> None:
    change, read, wanted = CHANGES[what]

    def shown() -> list[dict[str, Any]]:
        searched: list[dict[str, Any]] = api.search(f"id = {issue.id}", fields=["*all"])["issues"]
        body = {"issueIdsOrKeys": [issue.id], "fields": ["*all"]}
        found: list[dict[str, Any]] = api.post("/rest/api/3/issue/bulkfetch", **body).json()["issues"]
        return searched + found

    before = shown()
    change(site, issue)
    after = shown()

    assert [read(each["fields"]) for each in after] == [wanted, wanted]
    assert [each["fields"]["updated"] for each in after] == [each["fields"]["updated"] for each in before]
    assert site.truth(issue.id).updated == issue.updated
    assert site.truth(issue.id).changes == issue.changes


def test_a_sprint_starts_closes_and_is_renamed_without_touching_its_issues(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    board = next(each.id for each in site.catalog.boards.values() if each.type == "scrum")
    sprint = site.create_sprint(board, "Next")
    site.set_sprints(issue.id, [sprint.id])
    before = site.truth(issue.id)
    site.clock.advance(timedelta(days=1))
    (field,) = site.catalog.sprint_fields

    def shown() -> dict[str, Any]:
        found = api.search(f"id = {issue.id}", fields=[field])["issues"][0]["fields"][field][0]
        agile = api.get(f"/rest/agile/1.0/sprint/{sprint.id}").json()
        for name in ("id", "name", "state", "startDate", "endDate", "completeDate"):
            assert found.get(name) == agile.get(name)
        assert (found["boardId"], agile["originBoardId"]) == (board, board)
        return dict(found)

    assert shown()["state"] == "future"
    assert "startDate" not in shown()
    site.start_sprint(sprint.id, days=7)
    assert (shown()["state"], shown()["startDate"]) == ("active", "2026-11-24T12:05:00.000Z")
    assert shown()["endDate"] == "2026-12-01T12:05:00.000Z"
    site.rename_sprint(sprint.id, "Next, renamed", goal="Win")
    assert (shown()["name"], shown()["goal"]) == ("Next, renamed", "Win")
    site.close_sprint(sprint.id)
    assert (shown()["state"], shown()["completeDate"]) == ("closed", "2026-11-24T12:05:00.000Z")
    assert site.truth(issue.id) == before


def test_a_renamed_project_key_renames_every_issue_and_may_be_used_again(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    old = issue.project_key
    site.rename_project_key(old, "FRESH")

    assert {key.split("-")[0] for key in api.keys(f"project = {issue.project_id}")} == {"FRESH"}
    assert api.keys(f"project = {old} and id = {issue.id}") == [f"FRESH-{issue.key.split('-')[1]}"]
    site.add_project("BRAND", "A newcomer")
    site.rename_project_key("BRAND", old)
    made = site.create_issue(old)
    assert api.keys(f"project = {old}") == [f"{old}-{made.number}"]
    assert api.get(f"/rest/api/3/project/{old}").json()["name"] == "A newcomer"


def test_new_people_and_projects_are_there_at_once(api: Caller, site: DemoSite) -> None:
    site.add_project("NEW", "New project", style="next-gen")
    site.add_user("712020:new", "Nia New", "nia@example.com")
    issue = site.create_issue("NEW", assignee="712020:new")

    (found,) = api.search("project = NEW", fields=["assignee", "project"])["issues"]
    assert found["id"] == str(issue.id)
    assert found["fields"]["assignee"]["emailAddress"] == "nia@example.com"
    assert found["fields"]["project"]["simplified"] is True
