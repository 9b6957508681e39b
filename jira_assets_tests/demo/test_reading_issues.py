"""Reading issues and changelogs from the data: by id, in bulk, page by page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller

BULK = "/rest/api/3/issue/bulkfetch"
CHANGES = "/rest/api/3/changelog/bulkfetch"
NOT_THERE = {
    "errorMessages": ["Issue does not exist or you do not have permission to see it."],
    "errors": {},
}


@pytest.fixture
def ids(site: DemoSite) -> list[str]:
    """Every issue id, ascending."""
    return sorted(site.issues_truth(), key=int)


def other_project(site: DemoSite, key: str) -> str:
    return next(each.key for each in site.catalog.projects.values() if each.key != key)


def test_an_issue_is_found_by_id_key_and_every_key_it_once_had(
    api: Caller, site: DemoSite, ids: list[str]
) -> None:
    before = site.truth(ids[0])
    site.move_issue(before.id, other_project(site, before.project_key))
    site.rename_project_key(site.truth(before.id).project_key, "FRESH")
    after = site.truth(before.id)
    old = f"{site.catalog.projects[int(after.project_id)].old_keys[-1]}-{after.key.split('-')[1]}"

    assert after.key.startswith("FRESH-")
    for name in (after.id, after.key, before.key, old):
        found = api.get(f"/rest/api/3/issue/{name}").json()
        assert (found["id"], found["key"]) == (after.id, after.key)
        assert found["fields"]["project"]["key"] == "FRESH"


def test_an_issue_that_is_gone_or_hidden_is_a_404(api: Caller, site: DemoSite, ids: list[str]) -> None:
    gone, hidden = site.truth(ids[0]), site.truth(ids[-1])
    site.delete_issue(gone.id)
    site.hide_project(hidden.project_key)

    for name in (gone.id, gone.key, hidden.id, hidden.key, "NOPE-1", "nonsense"):
        for path in (f"/rest/api/3/issue/{name}", f"/rest/api/3/issue/{name}/changelog"):
            response = api.get(path)
            assert response.status_code == 404
            assert response.json() == NOT_THERE


def test_bulk_reads_come_by_ascending_id_without_what_is_missing(
    api: Caller, site: DemoSite, ids: list[str]
) -> None:
    moved = site.truth(ids[5])
    site.move_issue(moved.id, other_project(site, moved.project_key))
    wanted = [ids[9], moved.key, "999999", ids[2], "NOPE-7", ids[2]]

    answer = api.post(BULK, issueIdsOrKeys=wanted, fields=["summary"]).json()

    assert [issue["id"] for issue in answer["issues"]] == [ids[2], ids[5], ids[9]]
    assert answer["issueErrors"] == []


def test_bulk_reads_take_a_hundred_or_a_thousand_when_the_fields_are_named(
    api: Caller, ids: list[str]
) -> None:
    def status(count: int, **body: Any) -> int:
        return api.post(BULK, issueIdsOrKeys=[str(n) for n in range(count)], **body).status_code

    assert [status(100), status(101), status(0)] == [200, 400, 400]
    assert [status(1000, fields=["summary"]), status(1001, fields=["summary"])] == [200, 400]
    assert status(101, fields=["*all"]) == 400
    assert status(101, fields=["-comment"]) == 400
    assert status(101, fields=["summary", "comment"]) == 400
    assert status(101, fields=["summary"], expand=["changelog"]) == 400
    assert status(1, expand="changelog") == 400
    assert status(1, unheard_of=1) == 400


def test_bulk_reads_may_fail_for_some_issues_and_work_the_next_time(
    api: Caller, site: DemoSite, ids: list[str]
) -> None:
    site.switches.retriable_issue_errors = 2
    first, second = (api.post(BULK, issueIdsOrKeys=ids[:5]).json() for _ in range(2))

    assert [error["id"] for error in first["issueErrors"]] == ids[:2]
    assert [issue["id"] for issue in first["issues"]] == ids[2:5]
    assert len(second["issues"]) == 5


def test_archived_projects_can_be_read_by_id(api: Caller, site: DemoSite, ids: list[str]) -> None:
    site.archive_project(site.truth(ids[0]).project_key)

    assert len(api.post(BULK, issueIdsOrKeys=ids[:1]).json()["issues"]) == 1


def test_changelogs_come_by_date_so_that_an_issue_spreads_over_pages(
    api: Caller, site: DemoSite, ids: list[str]
) -> None:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    pages_of: dict[str, int] = defaultdict(int)
    times: list[str] = []
    token, pages = None, 0
    while pages == 0 or token:
        body = {"issueIdsOrKeys": ids, "maxResults": 20} | ({"nextPageToken": token} if token else {})
        answer = api.post(CHANGES, **body).json()
        entries = [entry for log in answer["issueChangeLogs"] for entry in log["changeHistories"]]
        assert len(entries) <= 20
        assert min(entry["created"] for entry in entries) >= max(times, default="")
        times = [entry["created"] for entry in entries]
        for log in answer["issueChangeLogs"]:
            found[log["issueId"]] += log["changeHistories"]
            pages_of[log["issueId"]] += 1
        token, pages = answer["nextPageToken"], pages + 1

    assert pages > 3
    assert max(pages_of.values()) > 1
    for issue_id in ids:
        own = api.get(f"/rest/api/3/issue/{issue_id}/changelog", maxResults=100).json()
        assert found[issue_id] == own["values"]
        assert own["total"] == len(own["values"]) == site.truth(issue_id).changes


def test_the_changelog_of_one_issue_comes_in_pages_oldest_first(
    api: Caller, site: DemoSite, ids: list[str]
) -> None:
    for number in range(5):
        site.edit_issue(ids[0], summary=f"summary {number}")
    total = site.truth(ids[0]).changes
    path = f"/rest/api/3/issue/{ids[0]}/changelog"
    first = api.get(path, maxResults=total - 1).json()
    last = api.get(path, startAt=total - 1).json()

    assert (first["isLast"], last["isLast"]) == (False, True)
    assert "nextPage" in first
    assert last["values"][-1]["items"][0]["toString"] == "summary 4"


def test_changelog_times_are_texts_or_by_a_switch_epoch_milliseconds(
    api: Caller, site: DemoSite, ids: list[str]
) -> None:
    def created() -> list[Any]:
        logs = api.post(CHANGES, issueIdsOrKeys=ids).json()["issueChangeLogs"]
        return [entry["created"] for log in logs for entry in log["changeHistories"]]

    assert all(isinstance(each, str) for each in created())
    site.switches.changelog_epoch = True
    assert all(isinstance(each, int) for each in created())


def test_changelogs_can_be_narrowed_to_fields(api: Caller, site: DemoSite, ids: list[str]) -> None:
    logs = api.post(CHANGES, issueIdsOrKeys=ids, fieldIds=["status"]).json()["issueChangeLogs"]
    items = [item for log in logs for entry in log["changeHistories"] for item in entry["items"]]

    assert {item["fieldId"] for item in items} == {"status"}


def test_changelog_limits_are_those_of_jira(api: Caller) -> None:
    def status(count: int, **body: Any) -> int:
        return api.post(CHANGES, issueIdsOrKeys=[str(n) for n in range(count)], **body).status_code

    assert [status(1), status(1000), status(0), status(1001)] == [200, 200, 400, 400]
    assert [status(1, maxResults=10_000), status(1, maxResults=10_001), status(1, maxResults=0)] == [
        200,
        400,
        400,
    ]
    assert status(1, fieldIds=[str(n) for n in range(11)]) == 400
    assert status(1, nextPageToken="made up") == 400
