"""The demo site misbehaves as told, and notices who comes back too early."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from jira_assets.demo.http.faults import (
    Fault,
    Faults,
    broken,
    every_fault,
    html_page,
    html_rate_limit,
    quota_limit,
    rate_limit,
    server_error,
)
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller

PATH = "/rest/api/3/field"


@pytest.mark.parametrize(
    ("fault", "status", "headers"),
    [
        (server_error(500), 500, {"Retry-After": None}),
        (server_error(502), 502, {}),
        (server_error(503, retry_after=3), 503, {"Retry-After": "3"}),
        (rate_limit(2), 429, {"Retry-After": "2", "RateLimit-Reason": "jira-burst-based"}),
        (rate_limit(None, reason=None), 429, {"Retry-After": None, "RateLimit-Reason": None}),
        (html_rate_limit(), 429, {"Content-Type": "text/html"}),
        (html_page(), 200, {"Content-Type": "text/html;charset=UTF-8"}),
        (
            quota_limit(timedelta(minutes=30)),
            429,
            {
                "RateLimit-Reason": "jira-quota-global-based",
                "X-RateLimit-Reset": "2026-11-23T12:30Z",
                "X-RateLimit-Remaining": "0",
                "RateLimit": '"global-app-quota";r=0;t=1800',
            },
        ),
    ],
)
def test_a_fault_that_answers_does_so_instead_of_jira(
    api: Caller, site: DemoSite, fault: Fault, status: int, headers: dict[str, str | None]
) -> None:
    fault.count = 1
    site.faults.add(fault)
    response = api.get(PATH)

    assert response.status_code == status
    assert {name: response.headers.get(name) for name in headers} == headers
    assert api.get(PATH).json()
    assert site.faults.happened == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (broken("reset"), requests.ConnectionError),
        (broken("reset_midbody"), (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)),
        (broken("truncated"), (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)),
        (broken("chunk_cut"), (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)),
        (broken("invalid_json"), requests.JSONDecodeError),
    ],
)
def test_a_broken_answer_cannot_be_read_and_the_next_can(
    api: Caller, site: DemoSite, fault: Fault, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    fault.count = 1
    site.faults.add(fault)

    with pytest.raises(error):
        api.get(PATH).json()
    assert api.get(PATH).json()
    assert site.requests[0].fault == fault.kind


def test_a_fault_may_be_for_a_path_or_a_text_only(api: Caller, site: DemoSite) -> None:
    site.faults.add(
        server_error(500, path="/rest/api/3/project"),
        server_error(502, when="10001"),
        server_error(503, when="x=1"),
    )

    assert api.get("/rest/api/3/project/search").status_code == 500
    assert api.post("/rest/api/3/search/jql", jql="project = 10001").status_code == 502
    assert api.get(PATH, x=1).status_code == 503
    assert api.get(PATH).status_code == 200
    site.faults.clear()
    assert api.get(PATH, x=1).status_code == 200


def test_faults_of_a_seed_come_in_the_same_order_and_about_as_often_as_asked() -> None:
    def chosen(seed: int) -> list[str | None]:
        faults = Faults(seed)
        faults.add(*every_fault(0.1))
        found = [faults.choose("/rest", "") for _ in range(3000)]
        return [None if each is None else f"{each.kind} {each.status}" for each in found]

    assert chosen(1) == chosen(1) != chosen(2)
    fine = chosen(1).count(None) / 3000
    assert fine == pytest.approx(0.9**7, abs=0.05)
    assert {each.split()[0] for each in chosen(1) if each} == {
        "answer",
        "reset",
        "reset_midbody",
        "truncated",
        "chunk_cut",
        "invalid_json",
        "slow",
    }


def test_who_comes_back_before_retry_after_is_noticed(api: Caller, site: DemoSite) -> None:
    site.faults.add(rate_limit(5, count=1, path=PATH), server_error(503, retry_after=5, count=1, path=PATH))
    api.get(PATH)
    site.clock.advance(timedelta(seconds=5))
    api.get(PATH)
    assert site.early_returns == []

    site.clock.advance(timedelta(seconds=4))
    api.get("/rest/api/3/status")
    assert site.early_returns == []
    api.get(PATH)
    assert [request.path for request in site.early_returns] == [PATH]


def test_the_journal_tells_what_was_asked_and_answered(api: Caller, site: DemoSite) -> None:
    api.get(PATH)
    mark = site.journal.mark()
    api.search("created >= 0", maxResults=1)
    api.get("/rest/api/3/issue/NOPE-1", fields="summary")
    first, second = site.requests_since(mark)

    assert (first.method, first.path, first.status) == ("POST", "/rest/api/3/search/jql", 200)
    assert first.jql == "created >= 0"
    assert json.loads(first.body)["maxResults"] == 1
    assert (second.path, second.query, second.status) == ("/rest/api/3/issue/NOPE-1", "fields=summary", 404)
    assert site.journal.counts[PATH] == 1
    assert site.journal.statuses == {200: 2, 404: 1}
    assert site.journal.total == 3


def test_the_journal_adds_up_the_points_of_requests_and_of_the_objects_in_their_answers(
    api: Caller, site: DemoSite
) -> None:
    people = len(site.catalog.users)
    cases: dict[str, tuple[Callable[[], object], int]] = {
        "a page of a search": (lambda: api.search("created >= 0", maxResults=30), 1 + 30),
        "a count": (lambda: api.post("/rest/api/3/search/approximate-count", jql="created >= 0"), 1),
        "an issue": (lambda: api.get(f"/rest/api/3/issue/{min(site.store.documents)}"), 1 + 1),
        "a refusal": (lambda: api.get("/rest/api/3/issue/NOPE-1"), 1),
        "a list": (lambda: api.get("/rest/api/3/priority"), 1 + len(site.catalog.priorities)),
        "people": (lambda: api.get("/rest/api/3/users/search", maxResults=1000), 1 + 2 * people),
    }
    for name, (ask, points) in cases.items():
        before = site.journal.points
        ask()
        assert site.journal.points - before == points, name
