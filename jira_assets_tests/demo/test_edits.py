"""What people do to issues, and the changelog that comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jira_assets.demo.data import DemoIssue, DemoProject
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller


@pytest.fixture
def project(site: DemoSite) -> DemoProject:
    """A company-managed project with sprints and versions."""
    return next(each for each in site.catalog.projects.values() if each.style == "classic" and each.versions)


@pytest.fixture
def issue(site: DemoSite, project: DemoProject) -> DemoIssue:
    """A new issue, a minute old."""
    made = site.create_issue(project.key, summary="Try it", issue_type="Story", points=3)
    site.clock.advance(timedelta(minutes=1))
    return made


def fields(api: Caller, issue: DemoIssue) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/rest/api/3/issue/{issue.id}").json()["fields"]
    return found


def last_items(site: DemoSite, issue: DemoIssue) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = site.issue(issue.id).histories[-1]["items"]
    return items


def test_a_new_issue_has_the_next_number_and_the_time_of_the_clock(
    api: Caller, site: DemoSite, project: DemoProject
) -> None:
    highest = max(int(each.key.split("-")[1]) for each in site.issues_truth(project.key).values())
    truth = site.truth(site.create_issue(project.key, summary="Try it", issue_type="Bug", points=0.5).id)

    assert truth.key == f"{project.key}-{highest + 1}"
    assert (truth.issue_type, truth.points, truth.status_category) == ("Bug", 0.5, "new")
    assert truth.created == truth.updated == site.clock.now()
    assert truth.key in api.keys(f"project = {project.key}")


def test_an_issue_can_be_back_dated(site: DemoSite, project: DemoProject) -> None:
    at = datetime(2020, 2, 29, 12, tzinfo=UTC)

    assert site.truth(site.create_issue(project.key, at=at).id).created == at


def test_numbers_and_ids_of_deleted_issues_are_not_given_again(site: DemoSite, project: DemoProject) -> None:
    first = site.create_issue(project.key)
    site.delete_issue(first.id)
    second = site.create_issue(project.key)

    assert second.number > first.number
    assert second.id > first.id


def test_an_edit_shows_in_the_fields_in_updated_and_in_the_changelog(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    version = site.catalog.projects[issue.project_id].versions[0]
    user = next(each for each in site.catalog.users.values() if each.account_type == "atlassian")
    site.edit_issue(
        issue.id,
        points=8,
        assignee=user.account_id,
        labels=["a", "b"],
        fix_versions=[version["name"]],
        priority=next(iter(site.catalog.priorities.values())).name,
        due="2026-12-24",
    )

    shown = fields(api, issue)
    assert shown["assignee"]["displayName"] == user.display_name
    assert shown["fixVersions"][0]["name"] == version["name"]
    assert shown["labels"] == ["a", "b"]
    assert shown["duedate"] == "2026-12-24"
    assert site.truth(issue.id).points == 8
    assert site.truth(issue.id).updated == site.clock.now()
    items = {item["field"]: item for item in last_items(site, issue)}
    assert items["assignee"]["to"] == user.account_id
    assert (items["Fix Version"]["to"], items["Fix Version"]["toString"]) == (version["id"], version["name"])
    assert (items["labels"]["fromString"], items["labels"]["toString"]) == ("", "a b")
    points = next(item for item in items.values() if item["fieldtype"] == "custom")
    assert (points["fromString"], points["toString"]) == ("3", "8")


def test_an_edit_that_changes_nothing_leaves_no_trace(site: DemoSite, issue: DemoIssue) -> None:
    before = site.truth(issue.id)
    site.edit_issue(issue.id, summary=before.summary, points=before.points, status=before.status)

    assert site.truth(issue.id) == before


def test_updated_never_goes_back(site: DemoSite, issue: DemoIssue) -> None:
    before = site.truth(issue.id).updated
    site.clock.advance(timedelta(hours=-1))
    site.edit_issue(issue.id, summary="in the past")

    assert site.truth(issue.id).updated == before


def test_entering_a_done_status_resolves_and_leaving_it_clears_that(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    done = next(
        each.name
        for each in site.catalog.statuses.values()
        if each.category_key == "done" and each.project_id is None
    )
    new = site.truth(issue.id).status or ""

    site.transition(issue.id, done)
    assert site.truth(issue.id).status_category == "done"
    assert fields(api, issue)["resolution"]["name"]
    assert fields(api, issue)["resolutiondate"] == fields(api, issue)["updated"]
    assert {item["field"] for item in last_items(site, issue)} == {"status", "resolution"}

    site.transition(issue.id, new)
    assert fields(api, issue)["resolution"] is fields(api, issue)["resolutiondate"] is None


def test_sprints_are_kept_when_closed_and_written_as_lists_of_ids(
    api: Caller, site: DemoSite, issue: DemoIssue, project: DemoProject
) -> None:
    board = next(each.id for each in site.catalog.boards.values() if each.project_id == project.id)
    one, two, three = (site.create_sprint(board, f"Sprint, {name}") for name in "ABC")
    site.add_to_sprint(issue.id, one.id)
    site.add_to_sprint(issue.id, "Sprint, B")
    assert site.sprints_of(issue.id) == [two.id]
    site.close_sprint(two.id)
    site.add_to_sprint(issue.id, three.id)

    assert site.truth(issue.id).sprint_ids == (str(two.id), str(three.id))
    (item,) = last_items(site, issue)
    assert (item["field"], item["from"], item["to"]) == ("Sprint", str(two.id), f"{two.id}, {three.id}")
    assert item["toString"] == "Sprint, B, Sprint, C"
    shown = fields(api, issue)[site.catalog.sprint_fields[0]]
    assert [(each["id"], each["state"]) for each in shown] == [(two.id, "closed"), (three.id, "future")]
    site.remove_from_sprint(issue.id)
    assert site.sprints_of(issue.id) == [two.id]
    site.set_sprints(issue.id, [])
    assert fields(api, issue)[site.catalog.sprint_fields[0]] is None


def test_children_show_their_parent_as_it_is_now(api: Caller, site: DemoSite, issue: DemoIssue) -> None:
    child = site.create_issue(site.project(issue.project_id).key, parent=issue.id)
    before = site.truth(child.id)
    assert fields(api, child)["parent"]["fields"]["summary"] == "Try it"

    site.edit_issue(issue.id, summary="Renamed")
    other = next(each.key for each in site.catalog.projects.values() if each.id != issue.project_id)
    site.move_issue(issue.id, other)

    shown = fields(api, child)["parent"]
    assert shown["fields"]["summary"] == "Renamed"
    assert shown["key"] == site.truth(issue.id).key
    assert site.truth(child.id) == before
    assert api.keys(f"parent = {shown['key']}") == [before.key]


def test_a_deleted_parent_takes_its_sub_tasks_along_and_leaves_others_without(
    site: DemoSite, issue: DemoIssue
) -> None:
    key = site.project(issue.project_id).key
    subtask = next(
        each.name for each in site.catalog.issue_types.values() if each.subtask and not each.project_id
    )
    task = site.create_issue(key, issue_type=subtask, parent=issue.id)
    story = site.create_issue(key, parent=issue.id)
    site.delete_issue(issue.id)

    assert str(task.id) not in site.issues_truth()
    assert site.truth(story.id).parent_id is None
    (item,) = last_items(site, story)
    assert (item["field"], "fieldId" in item) == ("IssueParentAssociation", False)


def test_a_parent_that_is_deleted_silently_leaves_no_trace_in_its_children(
    site: DemoSite, issue: DemoIssue
) -> None:
    story = site.create_issue(site.project(issue.project_id).key, parent=issue.id)
    before = site.truth(story.id)
    site.clock.advance(timedelta(minutes=1))
    site.delete_issue(issue.id, silently=True)

    assert site.truth(story.id) == replace(before, parent_id=None)


def test_a_moved_issue_keeps_its_id_and_fits_into_its_new_project(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    target = next(each for each in site.catalog.projects.values() if each.style == "next-gen")
    old_key = site.truth(issue.id).key
    site.move_issue(issue.id, target.key)

    truth = site.truth(issue.id)
    shown = fields(api, issue)
    assert truth.key.startswith(f"{target.key}-")
    assert truth.updated == site.clock.now()
    assert shown["status"]["scope"]["project"]["id"] == str(target.id)
    assert shown["issuetype"]["scope"]["project"]["id"] == str(target.id)
    assert api.keys(f"project = {target.key} and id = {issue.id}") == [truth.key]
    items = {item["field"]: item for item in last_items(site, issue)}
    assert (items["Key"]["fromString"], items["Key"]["toString"]) == (old_key, truth.key)
    assert items["project"]["to"] == str(target.id)


def test_many_issues_are_edited_at_one_moment(site: DemoSite, project: DemoProject) -> None:
    ids = list(site.issues_truth(project.key))
    site.bulk_edit(ids, labels=["swept"])

    assert {site.truth(each).updated for each in ids} == {site.clock.now()}


def test_what_is_not_there_is_a_key_error(site: DemoSite, issue: DemoIssue) -> None:
    for change in ({"status": "Nowhere"}, {"sprints": [999_999]}, {"parent": "NOPE-1"}):
        with pytest.raises(KeyError, match=r"no issue|nothing is called"):
            site.edit_issue(issue.id, **change)
    with pytest.raises(KeyError, match="no issue NOPE-1"):
        site.edit_issue("NOPE-1", summary="x")
    with pytest.raises(KeyError, match="no project NOPE"):
        site.create_issue("NOPE")
