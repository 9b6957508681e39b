"""Search: pages to the end, and nothing believed that does not add up."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from jira_assets.errors import IncompleteRead, SearchTokenExpired
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import Canned


def issue(number: int) -> dict[str, Any]:
    fields = {
        "updated": "2026-09-27T10:03:11.123+0200",
        "project": {"id": "10", "key": "PAY", "name": "Payments"},
        "summary": f"Sümmary {number}",
    }
    return {"id": str(10_000 + number), "key": f"PAY-{number}", "fields": fields}


def page(*numbers: int, **more: Any) -> Canned:
    return Canned({"issues": [issue(number) for number in numbers], **more})


def test_pages_are_read_until_there_is_no_token(scripted: Ask) -> None:
    client, site = scripted(
        page(1, 2, nextPageToken="a", isLast=False),
        page(nextPageToken="b"),
        page(3, isLast=True),
    )
    pages = list(client.search("project = 10", fields=["summary"], page_size=2))
    assert [[found.key for found in page] for page in pages] == [["PAY-1", "PAY-2"], [], ["PAY-3"]]
    assert [request.json.get("nextPageToken") for request in site.seen] == [None, "a", "b"]
    assert {request.json["jql"] for request in site.seen} == {"project = 10"}


def test_a_page_that_is_the_last_and_names_another_is_not_believed(scripted: Ask) -> None:
    client, _ = scripted(page(1, nextPageToken="a", isLast=True), page(2, isLast=True))
    assert [len(found) for found in client.search("project = 10", fields=["summary"])] == [1, 1]


@pytest.mark.parametrize(
    "further",
    [
        Canned({"errorMessages": ["The provided value is invalid."]}, status=400),
        page(nextPageToken="a", isLast=True),
    ],
)
def test_a_token_of_a_last_page_that_leads_nowhere_is_the_end(scripted: Ask, further: Canned) -> None:
    client, _ = scripted(page(1, nextPageToken="a", isLast=True), further)
    found = [each.id for some in client.search("project = 10", fields=["summary"]) for each in some]
    assert found == ["10001"]


def test_a_page_that_is_not_the_last_and_names_no_other_is_an_error(scripted: Ask) -> None:
    client, _ = scripted(page(1, isLast=False))
    with pytest.raises(IncompleteRead, match="has no token for the next page"):
        list(client.search_refs("project = 10"))


def test_a_page_that_jira_fails_to_give_is_asked_for_in_a_smaller_size(scripted: Ask) -> None:
    too_large = Canned("", status=504)
    client, site = scripted(too_large, too_large, too_large, page(1, isLast=True))
    [[found]] = client.search_refs("project = 10")
    assert found.id == "10001"
    assert [request.json["maxResults"] for request in site.seen] == [5000, 5000, 5000, 1000]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "10002"},
        {"id": 10002, "key": None, "fields": None},
        {"id": "10002", "fields": {"updated": "never", "project": "PAY"}},
        {"id": "10002", "key": 7, "fields": []},
        {"id": "10002", "fields": {"project": {"id": None, "key": None}, "updated": {}}},
    ],
)
def test_an_odd_issue_costs_neither_its_id_nor_its_page(scripted: Ask, odd: Any) -> None:
    client, _ = scripted(Canned({"issues": [issue(1), odd], "isLast": True}))
    [refs] = client.search_refs("project = 10")
    assert [(head.id, head.updated is None) for head in refs] == [("10001", False), ("10002", True)]


@pytest.mark.parametrize("odd", [{}, {"id": None, "key": "PAY-2"}, "PAY-2", None, 7])
def test_an_issue_without_an_id_is_listed_without_one(scripted: Ask, odd: Any) -> None:
    client, _ = scripted(Canned({"issues": [odd, issue(1)], "isLast": True}))
    [refs] = client.search_refs("project = 10")
    assert [head.id for head in refs] == ["", "10001"]


@pytest.mark.parametrize("token", [{}, {"nextPageToken": None}, {"nextPageToken": ""}])
def test_a_missing_token_ends_the_search(scripted: Ask, token: dict[str, Any]) -> None:
    client, site = scripted(page(1, **token))
    assert len(list(client.search("project = 10", fields=["summary"]))) == 1
    assert len(site.seen) == 1


def test_an_issue_comes_with_its_head_and_its_bytes(scripted: Ask) -> None:
    body = b'{"isLast":true, "issues":[ {"id":"7","key":"PAY-7", "fields":{"project":{"id":"10","key":"PAY"},'
    body += b'"x":1.50,"updated":"2026-09-27T10:03:11.123+0200"}} ]}'
    client, _ = scripted(Canned(body))
    [[found]] = client.search("project = 10", fields=["x"])
    assert (found.id, found.key, found.project_id, found.project_key) == ("7", "PAY-7", "10", "PAY")
    assert found.updated == datetime(2026, 9, 27, 8, 3, 11, 123000, tzinfo=UTC)
    assert found.payload in body
    assert b'"x":1.50' in found.payload


def test_what_an_issue_is_filed_under_is_always_asked_for(scripted: Ask) -> None:
    client, site = scripted(page(isLast=True))
    list(client.search("project = 10", fields=["summary", "project"]))
    list(client.search("project = 10", fields=["*all", "-comment"]))
    assert [request.json["fields"] for request in site.seen] == [
        ["summary", "project", "updated"],
        ["*all", "-comment"],
    ]


def test_heads_are_asked_for_by_thousands(scripted: Ask) -> None:
    client, site = scripted(page(1, 2, isLast=True))
    [refs] = client.search_refs("project = 10")
    assert [(head.id, head.project_key) for head in refs] == [("10001", "PAY"), ("10002", "PAY")]
    assert site.seen[0].json["maxResults"] == 5000
    assert site.seen[0].json["fields"] == ["updated", "project"]


def test_a_repeated_token_is_an_error(scripted: Ask) -> None:
    client, _ = scripted(page(1, nextPageToken="a"), page(2, nextPageToken="b"), page(3, nextPageToken="a"))
    with pytest.raises(IncompleteRead, match="same page token was returned twice"):
        list(islice(client.search("project = 10", fields=["summary"]), 10))


def test_a_page_with_warnings_is_an_error_and_none_of_it_is_given(scripted: Ask) -> None:
    warning = {"type": "CLAUSE_LIMIT_EXCEEDED", "message": "cut short"}
    client, _ = scripted(page(1, isLast=True, warnings=[warning]))
    pages = client.search("project = 10", fields=["summary"])
    with pytest.raises(IncompleteRead, match="cut short"):
        next(pages)


@pytest.mark.parametrize("body", [{}, {"isLast": True}, [], {"issues": None}])
def test_an_answer_without_proper_issues_is_no_empty_page(scripted: Ask, body: Any) -> None:
    client, _ = scripted(Canned(body))
    with pytest.raises(IncompleteRead, match=r"unexpected response: .*The response was discarded"):
        list(client.search("project = 10", fields=["summary"]))


def test_a_400_on_a_later_page_means_start_again(scripted: Ask) -> None:
    refusal = {"errorMessages": ["The provided value is invalid."], "errors": {}}
    client, _ = scripted(page(1, nextPageToken="a"), Canned(refusal, status=400))
    pages = client.search("project = 10", fields=["summary"])
    assert len(next(pages)) == 1
    with pytest.raises(SearchTokenExpired, match="provided value is invalid"):
        next(pages)


def test_an_issue_without_updated_has_none(scripted: Ask) -> None:
    bare = issue(1)
    bare["fields"]["updated"] = None
    client, _ = scripted(Canned({"issues": [bare], "isLast": True}))
    [[found]] = client.search("project = 10", fields=["summary"])
    assert found.updated is None


def test_a_count_is_a_number(scripted: Ask) -> None:
    client, site = scripted(Canned({"count": 153}))
    assert client.approximate_count("project = 10") == 153
    assert (site.seen[0].path, site.seen[0].json) == (
        "/rest/api/3/search/approximate-count",
        {"jql": "project = 10"},
    )
