"""Who may ask, where, and how a refusal looks; the bodies are those seen at Atlassian's."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import pytest
import requests

from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller
from jira_assets_tests.shared_data import shared_data

API = "/rest/api/3"
ANONYMOUS: list[tuple[str, str, dict[str, Any], Any]] = [
    ("get", f"{API}/field", {}, []),
    ("get", f"{API}/status", {}, []),
    ("get", f"{API}/project/search", {}, None),
    ("post", f"{API}/search/jql", {"jql": "created >= 0"}, {"issues": [], "isLast": True}),
    ("post", f"{API}/search/approximate-count", {"jql": "created >= 0"}, {"count": 0}),
    ("post", f"{API}/issue/bulkfetch", {"issueIdsOrKeys": ["1"]}, {"issues": [], "issueErrors": []}),
]
PERSONAL = [f"{API}/myself", f"{API}/users/search", "/rest/agile/1.0/board"]


@lru_cache
def contract(name: str) -> dict[str, Any]:
    """Return an answer that was seen at Atlassian's."""
    text = (shared_data("contracts") / "error_responses.json").read_text(encoding="utf-8")
    found: dict[str, Any] = next(each for each in json.loads(text) if each["id"] == name)
    return found


def assert_as_seen(response: requests.Response, name: str) -> None:
    seen = contract(name)
    assert response.status_code == seen["status"]
    body = response.json() if isinstance(seen["body"], dict) else response.text
    assert body == seen["body"]


def bearer(server: DemoServer, token: str) -> Caller:
    caller = Caller(server.gateway_url, auth=None)
    caller.session.headers["Authorization"] = f"Bearer {token}"
    return caller


@pytest.mark.parametrize("credentials", [("demo@example.com", "wrong"), ("nobody@example.com", "demo-token")])
def test_wrong_credentials_are_refused_at_the_site(server: DemoServer, credentials: tuple[str, str]) -> None:
    with Caller(server.url, auth=credentials) as caller:
        for response in (caller.get(f"{API}/field"), caller.get(f"{API}/myself")):
            assert response.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
            text = response.headers["Content-Type"].startswith("text/html")
            assert_as_seen(response, "site_auth_401_text" if text else "site_auth_401_json")


def test_the_gateway_takes_basic_and_bearer_and_nothing_else(server: DemoServer, site: DemoSite) -> None:
    with (
        Caller(server.gateway_url) as basic,
        bearer(server, "demo-bearer") as oauth,
        bearer(server, "x") as wrong,
    ):
        for caller in (basic, oauth):
            assert caller.get(f"{API}/myself").json()["accountId"] == site.accounts.first.account_id
            assert caller.search("created >= 0")["issues"]
            assert caller.get("/rest/agile/1.0/board").status_code == 200
        assert_as_seen(wrong.get(f"{API}/field"), "gateway_unauthorized_401")
    with Caller(server.gateway_url, auth=None) as nobody:
        assert_as_seen(nobody.get(f"{API}/myself"), "gateway_unauthorized_401")
    with Caller(f"{server.url}/ex/jira/another-cloud") as elsewhere:
        assert elsewhere.get(f"{API}/myself").status_code == 404


def test_oauth_and_scoped_tokens_do_not_work_at_the_site(server: DemoServer, site: DemoSite) -> None:
    site.add_account("scoped@example.com", "scoped-token", scoped=True)
    with bearer(server, "demo-bearer") as oauth:
        oauth.address = server.url
        assert oauth.get(f"{API}/myself").status_code == 401
    with Caller(server.url, auth=("scoped@example.com", "scoped-token")) as scoped:
        assert scoped.get(f"{API}/myself").status_code == 401
        scoped.address = server.gateway_url
        assert scoped.get(f"{API}/myself").json()["emailAddress"] == "scoped@example.com"


def test_a_missing_scope_is_a_401_of_its_own_kind(server: DemoServer, site: DemoSite) -> None:
    scopes = frozenset({"read:jira-work"})
    site.add_account("work@example.com", "token", scoped=True, scopes=scopes)
    with Caller(server.gateway_url, auth=("work@example.com", "token")) as caller:
        assert caller.search("created >= 0")["issues"]
        for path in PERSONAL:
            assert_as_seen(caller.get(path), "gateway_scope_401")


@pytest.mark.parametrize("anonymous", [True, False])
@pytest.mark.parametrize(("method", "path", "body", "answer"), ANONYMOUS)
def test_dead_credentials_get_200_with_nothing_and_a_header(
    server: DemoServer,
    site: DemoSite,
    method: str,
    path: str,
    body: dict[str, Any],
    answer: Any,
    anonymous: bool,
) -> None:
    site.switches.dead_credentials = not anonymous
    with Caller(server.url, auth=None if anonymous else ("demo@example.com", "demo-token")) as caller:
        response = getattr(caller, method)(path, **body)

    assert response.status_code == 200
    assert (response.json()["values"] if answer is None else response.json()) == (
        [] if answer is None else answer
    )
    # A caller who shows no credentials has not failed to log in.
    assert response.headers.get("x-seraph-loginreason") == (None if anonymous else "AUTHENTICATED_FAILED")


def test_dead_credentials_are_refused_where_nobody_is_nobody(api: Caller, site: DemoSite) -> None:
    site.switches.dead_credentials = True

    for path in PERSONAL:
        assert api.get(path).status_code == 401
    assert api.post(f"{API}/changelog/bulkfetch", issueIdsOrKeys=["1"]).status_code == 401
    site.switches.dead_credentials = False
    assert api.get(f"{API}/myself").status_code == 200


@pytest.mark.parametrize(
    ("name", "method", "path", "body"),
    [
        ("search_removed_410", "get", f"{API}/search", {}),
        ("jql_unbounded_400", "post", f"{API}/search/jql", {"jql": "ORDER BY updated DESC"}),
        ("jql_unknown_project_400", "post", f"{API}/search/jql", {"jql": "project = VULN"}),
        ("jql_syntax_400", "post", f"{API}/search/jql", {"jql": "(project = VULN"}),
        ("issue_not_found_404", "get", f"{API}/issue/VULN-1", {}),
    ],
)
def test_refusals_are_those_seen_at_atlassians(
    api: Caller, name: str, method: str, path: str, body: dict[str, Any]
) -> None:
    assert_as_seen(getattr(api, method)(path, **body), name)


def test_an_address_that_is_none_is_a_404_and_a_wrong_method_a_405(api: Caller) -> None:
    assert api.get("/rest/api/3/nothing").status_code == 404
    assert api.post("/rest/api/3/myself").status_code == 405
