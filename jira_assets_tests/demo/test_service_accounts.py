"""Service accounts: client credentials without consent, and API tokens that are sent in one way only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal

import pytest
import requests

from jira_assets.demo.accounts import AS_BASIC, AS_BEARER
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.oauth import ServiceClient
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller
from jira_assets_tests.demo.test_access import assert_as_seen, bearer

MYSELF = "/rest/api/3/myself"
WORK_ONLY = frozenset({"read:jira-work"})


@pytest.fixture
def gate(server: DemoServer) -> Caller:
    """A caller without credentials at Atlassian's own addresses."""
    return Caller(server.url, auth=None)


@pytest.fixture
def client(site: DemoSite) -> ServiceClient:
    """An OAuth 2.0 credential of a service account."""
    return site.oauth.add_client(site.add_service_account())


def ask(gate: Caller, client: ServiceClient, **changed: str) -> requests.Response:
    body = {"client_id": client.client_id, "client_secret": client.client_secret}
    return gate.post("/oauth/token", **({"grant_type": "client_credentials", **body} | changed))


def test_a_client_gets_an_access_token_for_an_hour_and_nothing_to_refresh_it_with(
    gate: Caller, server: DemoServer, site: DemoSite, client: ServiceClient
) -> None:
    tokens = ask(gate, client).json()
    assert (tokens["expires_in"], tokens["token_type"]) == (3600, "Bearer")
    assert "refresh_token" not in tokens
    with bearer(server, tokens["access_token"]) as caller:
        us = caller.get(MYSELF).json()
        assert (us["displayName"], us["accountType"]) == ("Sync Bot", "app")
        assert us["emailAddress"] == "sync-bot@serviceaccount.atlassian.com"
        site.clock.advance(timedelta(hours=1))
        assert_as_seen(caller.get(MYSELF), "gateway_unauthorized_401")


def test_scopes_are_those_of_the_credential(gate: Caller, server: DemoServer, site: DemoSite) -> None:
    tokens = ask(gate, site.oauth.add_client(site.add_service_account(), WORK_ONLY)).json()
    assert tokens["scope"] == "read:jira-work"
    with bearer(server, tokens["access_token"]) as caller:
        assert caller.search("created >= 0")["issues"]
        assert_as_seen(caller.get(MYSELF), "gateway_scope_401")


@pytest.mark.parametrize("changed", [{"client_secret": "wrong"}, {"client_id": "unknown"}])
def test_a_wrong_id_or_secret_is_denied(gate: Caller, client: ServiceClient, changed: dict[str, str]) -> None:
    answer = ask(gate, client, **changed)
    assert answer.status_code == 401
    assert answer.json() == {"error": "access_denied", "error_description": "Unauthorized"}


def test_a_revoked_credential_is_denied_while_its_tokens_live_on(
    gate: Caller, server: DemoServer, client: ServiceClient
) -> None:
    token = ask(gate, client).json()["access_token"]
    client.is_revoked = True
    assert ask(gate, client).json()["error"] == "access_denied"
    with bearer(server, token) as caller:
        assert caller.get(MYSELF).status_code == 200


def test_an_app_and_a_service_account_have_each_their_own_grants(gate: Caller, client: ServiceClient) -> None:
    app = {"client_id": "demo-app", "client_secret": "demo-app-secret"}
    for answer in (ask(gate, client, **app), ask(gate, client, grant_type="refresh_token")):
        assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
        assert "not allowed for the client" in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("sites", "status", "listed"), [("listed", 200, 1), ("empty", 200, 0), ("refused", 403, 2)]
)
def test_its_sites_are_listed_or_not_or_refused(
    gate: Caller,
    server: DemoServer,
    client: ServiceClient,
    sites: Literal["listed", "empty", "refused"],
    status: int,
    listed: int,
) -> None:
    client.sites = sites
    with bearer(server, ask(gate, client).json()["access_token"]) as caller:
        caller.address = server.url
        answer = caller.get("/oauth/token/accessible-resources")
    assert (answer.status_code, len(answer.json())) == (status, listed)


@pytest.mark.parametrize("sent_as", [AS_BASIC, AS_BEARER, AS_BASIC | AS_BEARER])
def test_an_api_token_works_at_the_gateway_only_and_only_as_it_has_to_be_sent(
    server: DemoServer, site: DemoSite, sent_as: Iterable[str]
) -> None:
    account = site.add_service_account(token="a-token", sent_as=frozenset(sent_as))
    with (
        Caller(server.gateway_url, auth=(account.email, "a-token")) as basic,
        bearer(server, "a-token") as alone,
    ):
        for scheme, caller in {"basic": basic, "bearer": alone}.items():
            if scheme in sent_as:
                assert caller.get(MYSELF).json()["accountType"] == "app"
            else:
                assert_as_seen(caller.get(MYSELF), "gateway_unauthorized_401")
            caller.address = server.url
            assert caller.get(MYSELF).status_code == 401


def test_a_revoked_api_token_is_refused(server: DemoServer, site: DemoSite) -> None:
    account = site.add_service_account()
    with bearer(server, account.token) as caller:
        assert caller.get(MYSELF).status_code == 200
        site.accounts.revoke(account)
        assert_as_seen(caller.get(MYSELF), "gateway_unauthorized_401")
