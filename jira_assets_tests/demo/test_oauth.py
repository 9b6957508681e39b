"""The OAuth side: consent, rotation, leeway, the end of a family, and bodies as seen at Atlassian's."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller
from jira_assets_tests.demo.test_access import assert_as_seen, bearer
from jira_assets_tests.shared_data import shared_data

CALLBACK = "http://127.0.0.1:8765/callback"
APP = {"client_id": "demo-app", "client_secret": "demo-app-secret"}
ASKED = {
    "client_id": "demo-app",
    "scope": "read:jira-work read:jira-user offline_access",
    "redirect_uri": CALLBACK,
    "state": "xyz",
}


@pytest.fixture
def gate(server: DemoServer) -> Caller:
    """Somebody without credentials at Atlassian's own addresses."""
    return Caller(server.url, auth=None)


def decide(gate: Caller, decision: str = "accept", **changed: str) -> dict[str, list[str]]:
    """Send the form of the consent page and return what the browser carries back."""
    form = {**ASKED, **changed, "decision": decision}
    response = gate.session.post(
        f"{gate.address}/authorize/decision", data=form, allow_redirects=False, timeout=10
    )
    assert response.status_code == 302, response.text
    target = urlsplit(response.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return parse_qs(target.query)


def redeem(gate: Caller, code: str, **changed: str) -> requests.Response:
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **APP, **changed}
    return gate.post("/oauth/token", **body)


def consent(gate: Caller, **changed: str) -> dict[str, Any]:
    [code] = decide(gate, **changed)["code"]
    answer = redeem(gate, code)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def refresh(gate: Caller, token: str) -> requests.Response:
    return gate.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **APP)


def test_a_consent_becomes_tokens_of_the_shape_seen_at_atlassians(gate: Caller) -> None:
    assert decide(gate)["state"] == ["xyz"]
    seen = json.loads((shared_data("contracts") / "success_responses.json").read_text(encoding="utf-8"))
    tokens = consent(gate)
    assert set(seen["token_refresh_200"]["body"]) <= set(tokens)
    assert tokens["expires_in"] == 3600
    again = refresh(gate, tokens["refresh_token"]).json()
    assert again["refresh_token"] != tokens["refresh_token"]


def test_a_page_asks_for_consent_and_names_the_scopes(gate: Caller) -> None:
    page = gate.get("/authorize", **ASKED).text
    assert "read:jira-work" in page
    assert "demo@example.com" in page


def test_a_wrong_callback_or_app_is_refused_on_a_page_and_never_sent_back(gate: Caller) -> None:
    for wrong in ({"redirect_uri": "http://localhost:8765/callback"}, {"client_id": "other"}):
        response = gate.get("/authorize", **(ASKED | wrong))
        assert response.status_code == 400
        assert "Something went wrong" in response.text


def test_a_refusal_and_a_scope_the_app_lacks_are_carried_back(gate: Caller) -> None:
    assert decide(gate, "deny")["error"] == ["access_denied"]
    answer = gate.session.get(
        f"{gate.address}/authorize",
        params=ASKED | {"scope": "write:jira-work"},
        allow_redirects=False,
        timeout=9,
    )
    assert "error=invalid_scope" in answer.headers["Location"]


def test_a_code_works_once_for_its_own_callback_and_for_ten_minutes(gate: Caller, site: DemoSite) -> None:
    [code] = decide(gate)["code"]
    assert redeem(gate, code).status_code == 200
    assert_as_seen(redeem(gate, code), "oauth_code_invalid_403")
    [code] = decide(gate)["code"]
    assert_as_seen(redeem(gate, code, redirect_uri="http://127.0.0.1:1/"), "oauth_code_invalid_403")
    [code] = decide(gate)["code"]
    site.clock.advance(timedelta(minutes=11))
    assert_as_seen(redeem(gate, code), "oauth_code_invalid_403")


def test_a_wrong_secret_is_denied(gate: Caller) -> None:
    [code] = decide(gate)["code"]
    answer = redeem(gate, code, client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "access_denied")


def test_a_refresh_token_may_be_used_again_for_ten_minutes(gate: Caller, site: DemoSite) -> None:
    first = consent(gate)["refresh_token"]
    refresh(gate, first)
    site.clock.advance(timedelta(minutes=9))
    again = refresh(gate, first)
    assert again.status_code == 200
    assert refresh(gate, again.json()["refresh_token"]).status_code == 200
    assert site.oauth.breaches == 0


@pytest.mark.parametrize("too_late", [True, False])
def test_a_token_used_too_late_or_two_steps_behind_ends_the_family(
    gate: Caller, site: DemoSite, too_late: bool
) -> None:
    first = consent(gate)["refresh_token"]
    newest = refresh(gate, first).json()["refresh_token"]
    if too_late:
        site.clock.advance(timedelta(minutes=11))
    else:
        newest = refresh(gate, newest).json()["refresh_token"]
    assert_as_seen(refresh(gate, first), "oauth_refresh_invalid_grant_403")
    assert_as_seen(refresh(gate, newest), "oauth_refresh_invalid_grant_403")
    assert site.oauth.breaches == 1


@pytest.mark.parametrize(
    ("days", "times", "lives"), [(89, 1, True), (91, 1, False), (80, 4, True), (80, 5, False)]
)
def test_a_grant_ends_after_ninety_idle_days_or_a_year(
    gate: Caller, site: DemoSite, days: int, times: int, lives: bool
) -> None:
    token, statuses = consent(gate)["refresh_token"], []
    for _ in range(times):
        site.clock.advance(timedelta(days=days))
        answer = refresh(gate, token)
        statuses.append(answer.status_code)
        token = answer.json().get("refresh_token", "")
    assert (statuses[-1] == 200) is lives


def test_without_offline_access_there_is_nothing_to_refresh_with(gate: Caller) -> None:
    assert "refresh_token" not in consent(gate, scope="read:jira-work")


def test_a_token_reaches_the_gateway_for_an_hour_within_its_scopes(
    gate: Caller, server: DemoServer, site: DemoSite
) -> None:
    token = consent(gate)["access_token"]
    with bearer(server, token) as caller:
        assert caller.get("/rest/api/3/myself").json()["emailAddress"] == "demo@example.com"
        assert_as_seen(caller.get("/rest/agile/1.0/board"), "gateway_scope_401")
        site.clock.advance(timedelta(hours=1))
        assert_as_seen(caller.get("/rest/api/3/myself"), "gateway_unauthorized_401")
        site.switches.expired_token_status = 404
        assert caller.get("/rest/api/3/myself").status_code == 404


def test_the_sites_a_token_reaches_are_listed_with_their_scopes(
    gate: Caller, server: DemoServer, site: DemoSite
) -> None:
    site.oauth.resources.append(
        {"id": site.cloud_id, "name": "Wiki", "url": server.url, "scopes": ["read:confluence-content.all"]}
    )
    token = consent(gate)["access_token"]
    with bearer(server, token) as caller:
        caller.address = server.url
        listed = caller.get("/oauth/token/accessible-resources").json()
    assert [resource["scopes"] for resource in listed] == [
        ["read:jira-user", "read:jira-work"],
        ["read:confluence-content.all"],
    ]
    assert gate.get("/oauth/token/accessible-resources").status_code == 401


def test_a_data_center_answers_none_of_the_clouds_addresses(gate: Caller, site: DemoSite) -> None:
    site.switches.data_center = True
    assert gate.get("/rest/api/2/serverInfo").json()["deploymentType"] == "Server"
    assert gate.get("/rest/api/3/serverInfo").status_code == 404
    assert gate.get("/_edge/tenant_info").status_code == 404
