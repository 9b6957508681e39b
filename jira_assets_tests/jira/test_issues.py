"""Issues and changelogs by id: what Jira keeps silent about is noticed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.errors import IncompleteRead, NotFound
from jira_assets_tests.jira.conftest import Ask
from jira_assets_tests.jira.scripted_site import Canned
from jira_assets_tests.jira.test_search import issue


def test_ids_that_jira_keeps_silent_about_are_named(scripted: Ask) -> None:
    client, site = scripted(Canned({"issues": [issue(1), issue(3)], "issueErrors": []}))
    fetched = client.fetch_issues(["10001", "10002", "10003"], fields=["summary"])
    assert [found.key for found in fetched.issues] == ["PAY-1", "PAY-3"]
    assert fetched.not_returned == {"10002"}
    assert site.seen[0].json == {
        "issueIdsOrKeys": ["10001", "10002", "10003"],
        "fields": ["summary", "updated", "project"],
    }


def test_an_issue_that_jira_fails_to_give_is_asked_for_once_more(scripted: Ask) -> None:
    error = {"id": "10002", "errorMessage": "could not be read"}
    client, site = scripted(
        Canned({"issues": [issue(1)], "issueErrors": [error]}), Canned({"issues": [issue(2)]})
    )
    fetched = client.fetch_issues(["10001", "10002"], fields=["summary"])
    assert {found.id for found in fetched.issues} == {"10001", "10002"}
    assert fetched.not_returned == set()
    assert site.seen[1].json["issueIdsOrKeys"] == ["10002"]


def test_an_issue_that_jira_keeps_failing_to_give_is_named_with_its_reason(scripted: Ask) -> None:
    error = {"id": 10002, "errorMessage": "could not be read"}
    client, _ = scripted(Canned({"issues": [issue(1)], "issueErrors": [error]}))
    fetched = client.fetch_issues(["10001", "10002"], fields=["summary"])
    assert [found.id for found in fetched.issues] == ["10001"]
    assert fetched.unreadable == {"10002": "could not be read"}
    assert fetched.not_returned == set()


def test_an_issue_asked_for_by_itself_is_that_issue_or_an_error(scripted: Ask) -> None:
    client, site = scripted(Canned(issue(1)))
    assert client.fetch_issue("10001", fields=["*all", "-comment"]).key == "PAY-1"
    assert (site.seen[0].path, site.seen[0].params) == (
        "/rest/api/3/issue/10001",
        {"fields": ["*all,-comment"]},
    )
    with pytest.raises(IncompleteRead, match="10002"):
        client.fetch_issue("10002", fields=["summary"])
    gone = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
    client, _ = scripted(Canned(gone, status=404))
    with pytest.raises(NotFound, match="Check in Jira whether it still exists"):
        client.fetch_issue("10001", fields=["summary"])


def test_nothing_is_asked_when_nothing_is_wanted(scripted: Ask) -> None:
    client, site = scripted(Canned({}))
    assert client.fetch_issues([], fields=["summary"]).issues == []
    assert client.fetch_changelogs([]).histories == {}
    assert site.seen == []


def test_more_ids_than_jira_takes_are_refused(scripted: Ask) -> None:
    client, _ = scripted(Canned({}))
    with pytest.raises(ValueError, match="101 ids"):
        client.fetch_issues([str(number) for number in range(101)], fields=["summary"])
    with pytest.raises(ValueError, match="1001 ids"):
        client.fetch_changelogs([str(number) for number in range(1001)])


def history(number: int, created: object = "2026-01-01T00:00:00.000+0000") -> dict[str, Any]:
    return {"id": str(number), "created": created, "items": [{"field": "status"}]}


def logs(*entries: tuple[str, list[dict[str, Any]]], token: str | None = None) -> Canned:
    changes = [{"issueId": issue_id, "changeHistories": histories} for issue_id, histories in entries]
    return Canned({"issueChangeLogs": changes, "nextPageToken": token})


def ids_of(histories: list[bytes]) -> list[str]:
    return [json.loads(entry)["id"] for entry in histories]


def test_histories_of_an_issue_are_gathered_over_pages(scripted: Ask) -> None:
    client, site = scripted(
        logs(("1", [history(10)]), ("2", [history(11)]), token="next"),
        logs(("2", [history(13)]), ("1", [history(12)])),
    )
    found = client.fetch_changelogs(["1", "2", "3"]).histories
    assert {issue_id: ids_of(histories) for issue_id, histories in found.items()} == {
        "1": ["10", "12"],
        "2": ["11", "13"],
        "3": [],
    }
    assert [request.json.get("nextPageToken") for request in site.seen] == [None, "next"]
    assert site.seen[0].json["maxResults"] == 10_000
    assert "fieldIds" not in site.seen[0].json


def test_histories_stay_verbatim(scripted: Ask) -> None:
    entry = b'{ "created":1492070429, "id":"7","items":[{"toString":"\\u017b","x":1.0}]}'
    client, _ = scripted(Canned(b'{"issueChangeLogs":[{"issueId":"1","changeHistories":[' + entry + b"]}]}"))
    assert client.fetch_changelogs(["1"]).histories == {"1": [entry]}


def test_an_entry_that_comes_twice_counts_once(scripted: Ask) -> None:
    client, _ = scripted(logs(("1", [history(10)]), token="next"), logs(("1", [history(10), history(11)])))
    assert ids_of(client.fetch_changelogs(["1"]).histories["1"]) == ["10", "11"]


def test_changelogs_that_repeat_their_token_cannot_be_read(scripted: Ask) -> None:
    client, _ = scripted(logs(("1", [history(10)]), token="same"))
    answer = client.fetch_changelogs(["1"])
    assert answer.histories == {}
    assert "same page token was returned twice" in answer.unreadable["1"]


@pytest.mark.parametrize(
    "entry",
    [
        {"created": 1},
        {"id": "x", "created": 1},
        {"id": "1"},
        {"id": "1", "created": "once"},
        {"id": []},
        None,
    ],
)
def test_an_odd_entry_stays_and_costs_no_other(scripted: Ask, entry: Any) -> None:
    client, _ = scripted(
        Canned({"issueChangeLogs": [{"issueId": "1", "changeHistories": [entry, history(10)]}]})
    )
    found = client.fetch_changelogs(["1"]).histories["1"]
    assert [json.loads(each) for each in found] == [entry, history(10)]


def test_a_changelog_that_fails_in_a_batch_is_read_by_itself(scripted: Ask) -> None:
    broken, site_is_up = Canned("", status=500), Canned({"accountId": "1"})
    single = Canned({"values": [history(10)], "isLast": True})
    client, site = scripted(broken, broken, broken, site_is_up, single)
    assert ids_of(client.fetch_changelogs(["1"]).histories["1"]) == ["10"]
    assert site.seen[-1].path == "/rest/api/3/issue/1/changelog"


def test_no_changes_of_issues_that_changed_are_not_believed(scripted: Ask) -> None:
    some = Canned({"values": [history(10)], "isLast": True})
    client, site = scripted(logs(), some, Canned({"accountId": "1"}), some)
    assert ids_of(client.fetch_changelogs(["1"], changed=["1"]).histories["1"]) == ["10"]
    client, site = scripted(logs(), Canned({"values": [], "isLast": True}))
    assert client.fetch_changelogs(["1"], changed=["1"]).histories == {"1": []}
    assert len(site.seen) == 2


# Each example starts its own site, so sharing the fixture between them is harmless.
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 999)), max_size=12, unique_by=lambda pair: pair[1]),
    st.sampled_from(["iso", "seconds", "milliseconds"]),
)
def test_histories_come_oldest_first_however_jira_sends_them(
    scripted: Ask, entries: list[tuple[int, int]], form: str
) -> None:
    def printed(minute: int) -> object:
        seconds = 1_767_225_600 + 60 * minute
        iso = f"2026-01-01T01:{minute:02d}:00.000+0100"
        return {"iso": iso, "seconds": seconds, "milliseconds": seconds * 1000}[form]

    client, _ = scripted(logs(("1", [history(number, printed(minute)) for minute, number in entries])))
    found = ids_of(client.fetch_changelogs(["1"]).histories["1"])
    assert found == [str(number) for _, number in sorted(entries)]
