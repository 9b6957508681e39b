"""Comments, worklogs, attachments and remote links of a demo site."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from jira_assets.demo.data import DemoIssue, SiteData
from jira_assets.demo.entities import DemoComment, DemoEntity, DemoRemoteLink, DemoWorklog
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def data() -> SiteData:
    """A site with enough issues for every form."""
    return generate_site(3, projects=3, issues=3000, now_ms=1_767_200_000_000)


@pytest.fixture
def issue(site: DemoSite) -> DemoIssue:
    """A new issue."""
    return site.create_issue(next(iter(site.catalog.projects.values())).key)


def of_kind(data: SiteData, kind: type[DemoEntity]) -> list[Any]:
    return [each for each in data.entities if isinstance(each, kind)]


def embedded(api: Caller, issue: DemoIssue, name: str) -> Any:
    answer = api.post("/rest/api/3/issue/bulkfetch", issueIdsOrKeys=[str(issue.id)], fields=[name])
    (found,) = answer.json()["issues"]
    return found["fields"][name]


def comments(api: Caller, issue: DemoIssue, **query: Any) -> dict[str, Any]:
    page: dict[str, Any] = api.get(f"/rest/api/3/issue/{issue.id}/comment", **query).json()
    return page


def changed_worklogs(api: Caller, which: str, since: int = 0) -> dict[str, Any]:
    page: dict[str, Any] = api.get(f"/rest/api/3/worklog/{which}", since=since).json()
    return page


def test_a_generated_site_has_as_many_comments_as_a_public_archive(data: SiteData) -> None:
    each = Counter(comment.issue_id for comment in of_kind(data, DemoComment))
    assert 3.8 < sum(each.values()) / len(data.issues) < 4.6
    assert 0.01 < sum(number > 20 for number in each.values()) / len(data.issues) < 0.025
    assert 0.06 < 1 - len(each) / len(data.issues) < 0.1


def test_nothing_on_a_generated_site_is_newer_than_its_issue(data: SiteData) -> None:
    updated = {issue.id: issue.updated for issue in data.issues}
    dated = [*of_kind(data, DemoComment), *of_kind(data, DemoWorklog)]
    assert all(each.created <= each.updated <= updated[each.issue_id] for each in dated)


def test_the_worklogs_of_a_generated_issue_add_up_to_its_time_spent(data: SiteData) -> None:
    spent: Counter[int] = Counter()
    for worklog in of_kind(data, DemoWorklog):
        spent[worklog.issue_id] += worklog.seconds
    assert all((issue.fields.get("timespent") or 0) == spent[issue.id] for issue in data.issues)


def test_each_generated_remote_link_has_an_entry_in_the_changelog(data: SiteData) -> None:
    links = {(str(link.issue_id), str(link.id)) for link in of_kind(data, DemoRemoteLink)}
    entries = {
        (str(issue.id), item["to"])
        for issue in data.issues
        for history in issue.histories
        for item in history["items"]
        if item["field"] == "RemoteIssueLink"
    }
    assert links == entries != set()


def test_the_same_seed_gives_the_same_issues_with_and_without_entities() -> None:
    with_some, without = (
        generate_site(5, projects=2, issues=60, now_ms=1_767_200_000_000, entities=wanted)
        for wanted in (True, False)
    )
    assert [issue.updated for issue in with_some.issues] == [issue.updated for issue in without.issues]
    assert with_some.entities
    assert not without.entities


def test_an_issue_comes_with_twenty_of_its_comments_and_says_how_many_there_are(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    ids = [site.comment(issue.id) for _ in range(130)]
    field = embedded(api, issue, "comment")
    assert (len(field["comments"]), field["total"]) == (20, 130)
    pages = [comments(api, issue, startAt=start, maxResults=5000) for start in (0, 100)]
    assert [comment["id"] for page in pages for comment in page["comments"]] == ids


def test_comments_come_in_the_order_that_is_asked_for(api: Caller, site: DemoSite, issue: DemoIssue) -> None:
    ids = [site.comment(issue.id) for _ in range(3)]
    newest_first = comments(api, issue, orderBy="-created")["comments"]
    assert [comment["id"] for comment in newest_first] == ids[::-1]
    assert api.get(f"/rest/api/3/issue/{issue.id}/comment", orderBy="author").status_code == 400


def test_a_comment_moves_the_time_of_its_issue_unless_it_is_deleted_silently(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    def updated_after_a_minute() -> int:
        site.clock.sleep(60)
        return site.issue(issue.id).updated

    times = [updated_after_a_minute()]
    comment_id = site.comment(issue.id)
    times.append(updated_after_a_minute())
    site.edit_comment(comment_id, "Better")
    times.append(updated_after_a_minute())
    assert embedded(api, issue, "comment")["total"] == 1
    site.delete_comment(comment_id, silently=True)
    times.append(updated_after_a_minute())
    assert embedded(api, issue, "comment")["total"] == 0
    assert times[0] < times[1] < times[2] == times[3]


def test_what_is_restricted_to_a_group_is_not_shown_to_others(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    comment_id, worklog_id = site.comment(issue.id, group="board"), site.log_work(issue.id, group="board")
    (comment,) = embedded(api, issue, "comment")["comments"]
    assert comment["visibility"]["value"] == "board"
    site.clock.sleep(120)
    site.hide_group("board")

    assert embedded(api, issue, "comment")["comments"] == []
    assert embedded(api, issue, "worklog")["total"] == 0
    assert api.post("/rest/api/3/worklog/list", ids=[int(worklog_id)]).json() == []
    assert int(worklog_id) not in {each["worklogId"] for each in changed_worklogs(api, "updated")["values"]}
    assert comment_id not in site.comments_truth()
    assert worklog_id not in site.worklogs_truth()


def test_an_erased_author_is_left_out(api: Caller, site: DemoSite, issue: DemoIssue) -> None:
    author = min(site.catalog.users)
    site.comment(issue.id, author=author, public=False)
    site.anonymise(author)
    (comment,) = embedded(api, issue, "comment")["comments"]
    assert "author" not in comment
    assert comment["jsdPublic"] is False


def test_the_last_minute_of_worklogs_is_not_listed(api: Caller, site: DemoSite, issue: DemoIssue) -> None:
    before = site.clock.now_ms()
    worklog_id = int(site.log_work(issue.id))
    assert changed_worklogs(api, "updated", before)["values"] == []
    site.clock.sleep(61)
    page = changed_worklogs(api, "updated", before)
    assert [each["worklogId"] for each in page["values"]] == [worklog_id]
    assert (page["until"], page["lastPage"]) == (before, True)


def test_worklogs_of_one_moment_may_end_in_the_middle_of_a_page(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    at = site.clock.now_ms()
    for _ in range(5):
        site.log_work(issue.id)
    site.clock.sleep(61)
    site.switches.worklogs_a_page = 3
    page = changed_worklogs(api, "updated", at)
    assert (len(page["values"]), page["until"], page["lastPage"]) == (3, at, False)
    assert page["nextPage"].endswith(f"since={at}")


def test_worklogs_are_moved_and_deleted_with_the_time_spent_of_their_issues(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    other = site.create_issue(site.truth(issue.id).project_key)
    worklog_id = site.log_work(issue.id, 7200)
    site.log_work(issue.id, 1800)
    assert site.issue(issue.id).fields["timespent"] == 9000
    site.move_worklog(worklog_id, other.id)
    assert [site.issue(each.id).fields["timespent"] for each in (issue, other)] == [1800, 7200]
    (worklog,) = api.post("/rest/api/3/worklog/list", ids=[worklog_id]).json()
    assert (worklog["id"], worklog["issueId"]) == (worklog_id, str(other.id))
    site.delete_worklog(worklog_id)
    site.clock.sleep(61)
    assert site.issue(other.id).fields["timespent"] is None
    assert int(worklog_id) in {each["worklogId"] for each in changed_worklogs(api, "deleted")["values"]}


def test_a_deleted_issue_takes_its_worklogs_along_unlisted(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    worklog_id = site.log_work(issue.id)
    site.delete_issue(issue.id)
    site.clock.sleep(61)
    assert worklog_id not in site.worklogs_truth()
    listed = {each["worklogId"] for each in changed_worklogs(api, "deleted")["values"]}
    assert int(worklog_id) not in listed


def test_without_time_tracking_everything_about_worklogs_is_refused(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    site.switches.time_tracking_off = True
    answers = [
        api.get("/rest/api/3/worklog/updated"),
        api.get("/rest/api/3/worklog/deleted"),
        api.get(f"/rest/api/3/issue/{issue.id}/worklog"),
        api.post("/rest/api/3/worklog/list", ids=["1"]),
    ]
    assert {answer.status_code for answer in answers} == {404}


def test_attachments_and_remote_links_come_and_go_with_an_entry_in_the_changelog(
    api: Caller, site: DemoSite, issue: DemoIssue
) -> None:
    attachment = site.attach(issue.id, "log.txt", mime_type="text/plain")
    link = site.link_remotely(issue.id, "https://wiki.example/1", "Runbook")
    (file,) = embedded(api, issue, "attachment")
    (page,) = api.get(f"/rest/api/3/issue/{issue.id}/remotelink").json()
    assert (file["id"], file["filename"], page["id"]) == (attachment, "log.txt", int(link))
    site.remove_attachment(attachment)
    site.unlink_remotely(link)
    assert embedded(api, issue, "attachment") == []
    items = [item["field"] for history in site.issue(issue.id).histories for item in history["items"]]
    assert items == ["Attachment", "RemoteIssueLink", "Attachment", "RemoteIssueLink"]
