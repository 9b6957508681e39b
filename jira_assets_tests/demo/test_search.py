"""search/jql and approximate-count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller

SEARCH = "/rest/api/3/search/jql"


@pytest.fixture
def key(site: DemoSite) -> str:
    """The key of a project that several pages are needed for."""
    counts = {project.key: len(site.issues_truth(project.key)) for project in site.catalog.projects.values()}
    return max(counts, key=lambda each: counts[each])


def test_the_default_is_fifty_issues_with_nothing_but_their_id(api: Caller, site: DemoSite) -> None:
    page = api.search("created >= 0")

    assert len(page["issues"]) == 50
    assert all(set(issue) == {"id"} for issue in page["issues"])
    assert not page["isLast"]


def test_pages_of_several_fields_hold_a_hundred_issues_and_those_of_few_thousands(
    api: Caller, site: DemoSite
) -> None:
    full = api.search("created >= 0", fields=["*all"], maxResults=5000)
    named = api.search("created >= 0", fields=list("abcdef"), maxResults=5000)
    few = api.search("created >= 0", fields=["updated", "project"], maxResults=5000)

    assert [len(page["issues"]) for page in (full, named, few)] == [100, 100, 120]
    assert set(few["issues"][0]["fields"]) == {"updated", "project"}


def test_pages_add_up_to_every_issue_once_and_the_last_has_no_token(
    api: Caller, key: str, site: DemoSite
) -> None:
    keys = api.keys(f"project = {key}", maxResults=7)
    last = api.search(f"project = {key}", maxResults=5000)

    assert sorted(keys) == sorted(issue.key for issue in site.issues_truth(key).values())
    assert last["isLast"] is True
    assert "nextPageToken" not in last


def test_a_page_may_be_asked_for_again(api: Caller, key: str) -> None:
    first = api.search(f"project = {key}", maxResults=3)
    again = [api.search(f"project = {key}", maxResults=3, nextPageToken=first["nextPageToken"]) for _ in "ab"]

    assert again[0]["issues"] == again[1]["issues"] != first["issues"]


def test_a_query_with_too_many_values_fails_inside_jira(api: Caller, site: DemoSite, key: str) -> None:
    site.switches.unknown_projects_silent = True
    site.switches.most_operands = 20
    named = ", ".join([key, *map(str, range(1, 19))])

    assert api.keys(f"project in ({named}) and created >= 0")
    answer = api.post(SEARCH, jql=f"project in ({named}) and (created >= 0 or not updated < 0)")
    assert answer.status_code == 500
    assert "SearchInternalException: Failed to run query" in answer.json()["errorMessages"][0]


def test_a_token_belongs_to_its_query(api: Caller, key: str) -> None:
    token = api.search(f"project = {key}", maxResults=3)["nextPageToken"]

    assert api.refused(f"project = {key} order by created", maxResults=3, nextPageToken=token)
    assert api.refused(f"project = {key}", maxResults=3, nextPageToken=token + "x")


def test_tokens_expire_on_demand_and_after_seven_days(api: Caller, key: str, site: DemoSite) -> None:
    token = api.search(f"project = {key}", maxResults=3)["nextPageToken"]
    site.clock.advance(timedelta(days=7, minutes=-1))
    api.search(f"project = {key}", maxResults=3, nextPageToken=token)
    site.clock.advance(timedelta(minutes=2))
    assert api.refused(f"project = {key}", maxResults=3, nextPageToken=token)

    token = api.search(f"project = {key}", maxResults=3)["nextPageToken"]
    site.tokens.expire()
    assert api.refused(f"project = {key}", maxResults=3, nextPageToken=token)


def test_short_pages_even_empty_ones_come_in_the_middle(api: Caller, site: DemoSite) -> None:
    site.switches.short_pages = True
    page = api.search("created >= 0", maxResults=10)
    sizes, found = [len(page["issues"])], [issue["id"] for issue in page["issues"]]
    while not page["isLast"]:
        page = api.search("created >= 0", maxResults=10, nextPageToken=page["nextPageToken"])
        sizes.append(len(page["issues"]))
        found += [issue["id"] for issue in page["issues"]]

    assert sorted(found) == sorted(site.issues_truth())
    assert 0 in sizes[:-1]
    assert len(set(sizes)) > 2


def test_switches_leave_is_last_out_repeat_a_token_or_warn(api: Caller, site: DemoSite) -> None:
    site.switches.omit_is_last = True
    assert "isLast" not in api.search("created >= 0")
    site.switches.omit_is_last = False

    site.switches.repeat_token = True
    token = api.search("created >= 0", maxResults=5)["nextPageToken"]
    assert api.search("created >= 0", maxResults=5, nextPageToken=token)["nextPageToken"] == token

    site.switches.search_warnings = True
    assert api.search("created >= 0")["warnings"]


@pytest.mark.parametrize("jql", ["", "order by created", "ORDER BY key desc"])
def test_a_query_without_restriction_is_refused(api: Caller, jql: str) -> None:
    unbounded = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."

    assert api.refused(jql) == [unbounded]
    assert api.post("/rest/api/3/search/approximate-count", jql=jql).status_code == 400


def test_an_unknown_key_in_the_body_is_refused(api: Caller) -> None:
    assert api.refused("created >= 0", startAt=50)
    assert api.refused("created >= 0", expand=["changelog"])
    assert api.post("/rest/api/3/search/approximate-count", jql="created >= 0", fields=[]).status_code == 400


def test_get_and_post_give_the_same_page(api: Caller, key: str) -> None:
    posted = api.search(f"project = {key}", fields=["summary", "status"], maxResults=5)
    got = api.get(SEARCH, jql=f"project = {key}", fields="summary,status", maxResults=5).json()
    second = api.get(SEARCH, jql=f"project = {key}", maxResults=5, nextPageToken=got["nextPageToken"]).json()

    assert got["issues"] == posted["issues"]
    assert {issue["id"] for issue in second["issues"]}.isdisjoint(issue["id"] for issue in got["issues"])


def test_fields_may_be_left_out_by_name(api: Caller, key: str) -> None:
    (issue,) = api.search(f"project = {key}", fields=["*all", "-summary"], maxResults=1)["issues"]

    assert "summary" not in issue["fields"]
    assert "status" in issue["fields"]


def test_an_embedded_changelog_is_cut_at_forty(api: Caller, site: DemoSite, key: str) -> None:
    issue = site.create_issue(key)
    for number in range(45):
        site.edit_issue(issue.id, summary=f"summary {number}")

    (found,) = api.search(f"id = {issue.id}", fields=["summary"], expand="changelog")["issues"]

    assert found["changelog"]["total"] == 45
    assert len(found["changelog"]["histories"]) == 40
    assert found["changelog"]["histories"][0]["items"][0]["toString"] == "summary 44"


def test_search_and_count_see_a_change_after_the_lag_and_reading_by_id_at_once(
    api: Caller, site: DemoSite, key: str
) -> None:
    site.switches.index_lag = timedelta(seconds=30)
    before = site.clock.now()
    site.clock.advance(timedelta(seconds=1))
    made = site.create_issue(key, summary="not indexed yet")
    old = next(each for each in site.issues_truth(key).values() if each.id != str(made.id))
    site.edit_issue(old.id, summary="edited")
    jql = f"updated > {int(before.timestamp() * 1000)}"

    def read() -> dict[str, str]:
        body = {"issueIdsOrKeys": [str(made.id), old.id], "fields": ["summary"]}
        found = api.post("/rest/api/3/issue/bulkfetch", **body).json()["issues"]
        return {issue["id"]: issue["fields"]["summary"] for issue in found}

    assert api.keys(jql) == []
    assert api.post("/rest/api/3/search/approximate-count", jql=jql).json() == {"count": 0}
    assert read() == {str(made.id): "not indexed yet", old.id: "edited"}
    (indexed,) = api.search(f"id = {old.id}", fields=["summary", "updated"])["issues"]
    assert indexed["fields"]["summary"] == old.summary

    site.clock.advance(timedelta(seconds=30))
    assert len(api.keys(jql)) == 2
    assert api.post("/rest/api/3/search/approximate-count", jql=jql).json() == {"count": 2}


def test_reconciled_issues_are_seen_at_once(api: Caller, site: DemoSite, key: str) -> None:
    site.switches.index_lag = timedelta(hours=1)
    made = site.create_issue(key)

    assert api.search(f"id = {made.id}")["issues"] == []
    assert api.search(f"id = {made.id}", reconcileIssues=[made.id])["issues"] == [{"id": str(made.id)}]


def test_a_deleted_issue_stays_in_search_until_the_lag_is_over(api: Caller, site: DemoSite, key: str) -> None:
    site.switches.index_lag = timedelta(seconds=5)
    count = len(api.keys(f"project = {key}"))
    childless = next(i for i in site.issues_truth(key).values() if not site.store.children(int(i.id)))
    site.delete_issue(childless.id)

    assert len(api.keys(f"project = {key}")) == count
    site.clock.advance(timedelta(seconds=5))
    assert len(api.keys(f"project = {key}")) == count - 1


def test_archived_projects_are_left_out_unless_asked_for(api: Caller, site: DemoSite, key: str) -> None:
    site.archive_project(key)

    assert api.keys(f"project = {key}") == []
    assert api.keys(f"project = {key}", includeArchivedProjects=True) != []


def test_a_forbidden_project_is_a_403_alone_and_left_out_among_others(
    api: Caller, site: DemoSite, key: str
) -> None:
    other = next(each.key for each in site.catalog.projects.values() if each.key != key)
    site.forbid_project(key)

    assert api.post(SEARCH, jql=f"project = {key} and updated >= 0").status_code == 403
    assert {each.split("-")[0] for each in api.keys(f"project in ({key}, {other})")} == {other}


@pytest.mark.parametrize("path", ["/rest/api/3/search", "/rest/api/2/search"])
def test_the_old_search_is_gone(api: Caller, path: str) -> None:
    for response in (api.get(path, jql="project = X"), api.post(path, jql="project = X")):
        assert response.status_code == 410
        assert "migrate to the /rest/api/3/search/jql API" in response.json()["errorMessages"][0]
