"""Issues and projects that go out of sight, and come back: what a caller sees of it, everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from jira_assets.demo.site import DemoSite, IssueTruth
from jira_assets_tests.demo.atlassian_schemas import problems
from jira_assets_tests.demo.caller import Caller

API = "/rest/api/3"


@pytest.fixture
def issue(site: DemoSite) -> IssueTruth:
    """An issue that nobody is the parent of."""
    parents = {each.parent_id for each in site.issues_truth().values()}
    return next(each for each in site.issues_truth().values() if each.id not in parents)


def seen(api: Caller, issue: IssueTruth) -> list[bool]:
    """Tell whether an issue is seen by search, by count, in a bulk read, by its id and in its changelog."""
    around = f"created = {int(issue.created.timestamp() * 1000)} and project = {issue.project_id}"
    searched = api.post(f"{API}/search/jql", jql=around, fields=["id"])
    bulk = api.post(f"{API}/issue/bulkfetch", issueIdsOrKeys=[issue.id, issue.key], fields=["id"]).json()
    assert bulk["issueErrors"] == []  # what is not there is just not there
    return [
        searched.ok and issue.id in [each["id"] for each in searched.json()["issues"]],
        api.post(f"{API}/search/approximate-count", jql=around).json().get("count", 0) > 0,
        bool(bulk["issues"]),
        api.get(f"{API}/issue/{issue.id}").ok,
        api.get(f"{API}/issue/{issue.key}/changelog").ok,
    ]


def states(api: Caller, project_id: str) -> list[str]:
    """Tell under which states a project is listed."""
    listed = []
    for state in ("live", "archived", "deleted"):
        answer = api.get(f"{API}/project/search", status=state, id=project_id).json()
        assert problems("get", f"{API}/project/search", answer) == []
        listed += [state for each in answer["values"] if each["id"] == project_id]
    return listed


def test_a_hidden_issue_looks_exactly_like_a_deleted_one(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    assert seen(api, issue) == [True] * 5

    site.hide_issue(issue.id)

    assert seen(api, issue) == [False] * 5
    hidden = api.get(f"{API}/issue/{issue.id}")
    refused = api.refused(f"key = {issue.key}")
    assert issue.id not in site.issues_truth()
    site.show_issue(issue.id)
    site.delete_issue(issue.id)
    assert seen(api, issue) == [False] * 5
    deleted = api.get(f"{API}/issue/{issue.id}")
    assert (hidden.status_code, hidden.json()) == (deleted.status_code, deleted.json())
    assert refused == api.refused(f"key = {issue.key}")


def test_an_issue_that_is_shown_again_is_as_it_is_now(api: Caller, site: DemoSite, issue: IssueTruth) -> None:
    site.hide_issue(issue.id)
    site.show_issue(issue.id)
    assert seen(api, issue) == [True] * 5
    assert site.truth(issue.id) == issue

    site.hide_issue(issue.id)
    site.clock.advance(timedelta(hours=1))
    site.edit_issue(issue.id, summary="changed behind the curtain")
    assert seen(api, issue) == [False] * 5
    site.show_issue(issue.id)

    assert api.get(f"{API}/issue/{issue.id}").json()["fields"]["summary"] == "changed behind the curtain"


@pytest.mark.parametrize(
    ("change", "undo", "listed", "shown"),
    [
        (DemoSite.archive_project, {"archived": False}, ["archived"], [False, False, True, True, True]),
        (DemoSite.trash_project, {"trashed": False}, ["deleted"], [False] * 5),
        (DemoSite.hide_project, {"hidden": False}, [], [False] * 5),
        (DemoSite.forbid_project, {"forbidden": False}, ["live"], [False] * 5),
    ],
)
def test_a_project_goes_out_of_sight_and_comes_back_with_its_issues(
    api: Caller,
    site: DemoSite,
    issue: IssueTruth,
    change: Callable[..., None],
    undo: dict[str, bool],
    listed: list[str],
    shown: list[bool],
) -> None:
    change(site, issue.project_key)

    assert states(api, issue.project_id) == listed
    assert seen(api, issue) == shown
    change(site, issue.project_key, **undo)
    assert states(api, issue.project_id) == ["live"]
    assert seen(api, issue) == [True] * 5
    assert site.truth(issue.id) == issue


def test_a_project_says_since_when_it_is_archived_or_in_the_trash(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    site.archive_project(issue.project_key)
    (archived,) = api.get(f"{API}/project/search", status="archived").json()["values"]
    site.archive_project(issue.project_key, archived=False)
    site.clock.advance(timedelta(days=1))
    site.trash_project(issue.project_key)
    (trashed,) = api.get(f"{API}/project/search", status="deleted").json()["values"]

    assert (archived["archived"], archived["archivedDate"][:10]) == (True, "2026-11-23")
    assert (trashed["deleted"], trashed["deletedDate"][:10]) == (True, "2026-11-24")
    assert "archived" not in trashed


def test_a_project_deleted_for_good_is_gone_with_everything_in_it(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    other = next(each for each in site.issues_truth().values() if each.project_id != issue.project_id)
    site.move_issue(other.id, issue.project_key)
    with site.indexed_late(timedelta(days=1)):
        site.edit_issue(issue.id, summary="never to be seen")

    site.delete_project(issue.project_key)
    site.clock.advance(timedelta(days=2))

    assert states(api, issue.project_id) == []
    assert api.get(f"{API}/project/{issue.project_id}").status_code == 404
    assert seen(api, issue) == [False] * 5
    assert api.refused(f"project = {issue.project_id}")
    found = api.search("created >= 0", fields=["id"], maxResults=5000)["issues"]
    assert found
    assert other.id not in {each["id"] for each in found}
    boards = api.get("/rest/agile/1.0/board").json()["values"]
    assert issue.project_key not in {each["location"]["projectKey"] for each in boards}


def test_the_key_of_a_deleted_project_means_whoever_takes_it_next(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    site.delete_project(issue.project_key)
    newcomer = site.add_project(issue.project_key, "A newcomer")
    made = site.create_issue(issue.project_key)

    assert str(newcomer.id) != issue.project_id
    assert api.keys(f"project = {issue.project_key}") == [f"{issue.project_key}-1"]
    assert api.get(f"{API}/issue/{issue.project_key}-1").json()["id"] == str(made.id)
    assert api.refused(f"project = {issue.project_id}")


def test_ids_of_projects_are_never_used_again(site: DemoSite) -> None:
    last = site.add_project("LAST", "The last one")
    site.delete_project("LAST")

    assert site.add_project("NEXT", "The next one").id > last.id


def test_one_change_may_be_indexed_a_day_late_and_others_at_once(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    site.clock.advance(timedelta(minutes=1))
    other = next(each for each in site.issues_truth().values() if each.id != issue.id)
    with site.indexed_late(timedelta(days=1)):
        site.edit_issue(issue.id, summary="late")
    site.edit_issue(other.id, summary="at once")
    changed = f"updated >= {int(site.clock.now().timestamp() * 1000)}"

    def found() -> set[str]:
        return {each["id"] for each in api.search(changed, fields=["id"])["issues"]}

    assert found() == {other.id}
    assert api.get(f"{API}/issue/{issue.id}").json()["fields"]["summary"] == "late"
    site.clock.advance(timedelta(days=1, seconds=-1))
    assert found() == {other.id}
    site.clock.advance(timedelta(seconds=1))
    assert found() == {other.id, issue.id}


def test_an_outage_of_search_answers_200_with_nothing_while_all_else_works(
    api: Caller, site: DemoSite, issue: IssueTruth
) -> None:
    site.switches.search_outage = True

    response = api.post(f"{API}/search/jql", jql=f"project = {issue.project_key}")
    assert (response.status_code, response.json()) == (200, {"issues": [], "isLast": True})
    assert "x-seraph-loginreason" not in response.headers
    assert api.post(f"{API}/search/approximate-count", jql="created >= 0").json() == {"count": 0}
    assert api.get(f"{API}/myself").ok
    assert seen(api, issue)[2:] == [True, True, True]
    site.switches.search_outage = False
    assert seen(api, issue) == [True] * 5


@pytest.mark.parametrize("off_by", [-7, 5, -10_000])
def test_a_count_may_disagree_with_what_search_finds(
    api: Caller, site: DemoSite, issue: IssueTruth, off_by: int
) -> None:
    jql = f"project = {issue.project_key}"
    real = len(api.keys(jql))
    site.switches.count_is_off_by = off_by

    assert api.post(f"{API}/search/approximate-count", jql=jql).json() == {"count": max(0, real + off_by)}
    assert len(api.keys(jql)) == real


def test_a_site_that_shows_no_project_answers_404_where_told(api: Caller, site: DemoSite) -> None:
    for key in [each.key for each in site.catalog.projects.values()]:
        site.hide_project(key)

    assert api.get(f"{API}/project/search").json()["values"] == []
    site.switches.empty_project_list_is_404 = True
    assert api.get(f"{API}/project/search").status_code == 404
