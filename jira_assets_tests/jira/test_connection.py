"""Connections: the right address, the right signature, no secret in sight."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests

from jira_assets.errors import AuthenticationError, SettingsError
from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import (
    BasicToken,
    Bearer,
    BearerToken,
    Connection,
    GatewayToken,
    JiraCredential,
    open_session,
)
from jira_assets.jira.http import Transport
from jira_assets_tests.jira.scripted_site import Canned, ScriptedSite

TOKEN = BasicToken("ann@example.com", "s3cret-token")
CLOUD_ID = "3036c423-78e7-442a-8bed-47870b5a7526"


@dataclass(frozen=True)
class FilledSettings:
    jira_site_url: str | None = "https://acme.atlassian.net/"
    jira_email: str | None = "ann@example.com"
    jira_api_token: str | None = "s3cret-token"
    jira_cloud_id: str | None = None
    jira_api_url: str | None = None


def test_a_token_goes_to_the_site() -> None:
    connection = Connection.from_settings(FilledSettings())
    assert connection.base_url == connection.browse_url == "https://acme.atlassian.net"


def test_a_cloud_id_sends_it_through_the_gateway() -> None:
    connection = Connection.from_settings(FilledSettings(jira_cloud_id=CLOUD_ID))
    assert connection.base_url == f"https://api.atlassian.com/ex/jira/{CLOUD_ID}"
    assert connection.browse_url == "https://acme.atlassian.net"
    assert connection.address("/_edge/tenant_info") == "https://acme.atlassian.net/_edge/tenant_info"


def test_another_gateway_may_stand_in() -> None:
    settings = FilledSettings(jira_cloud_id=CLOUD_ID, jira_api_url="http://127.0.0.1:1/")
    assert Connection.from_settings(settings).base_url == f"http://127.0.0.1:1/ex/jira/{CLOUD_ID}"


def test_a_token_without_an_email_goes_alone_through_the_gateway() -> None:
    settings = FilledSettings(jira_email=None, jira_cloud_id=CLOUD_ID)
    assert Connection.from_settings(settings).credential == BearerToken("s3cret-token")
    with pytest.raises(AuthenticationError, match="JIRA_EMAIL not set") as caught:
        Connection.from_settings(replace(settings, jira_cloud_id=None))
    assert "or JIRA_CLOUD_ID, for the API token of a service account" in caught.value.instruction
    with pytest.raises(AuthenticationError, match="but JIRA_SITE_URL not set"):
        Connection.from_settings(replace(settings, jira_site_url=None))


def test_a_token_of_the_gateway_is_sent_in_the_other_form_after_a_refusal() -> None:
    token = GatewayToken("ann@example.com", "s3cret-token")

    def sent() -> str:
        return token.auth()(requests.Request("GET", "http://127.0.0.1").prepare()).headers["Authorization"]

    basic = sent()
    assert basic.startswith("Basic ")
    assert not token.renew(basic, 403), "a thing that is forbidden is no reason"
    assert token.renew(basic, 401)
    assert sent() == "Bearer s3cret-token"
    assert not token.renew("s3cret-token", 404)
    assert sent() == "Bearer s3cret-token"
    assert not token.renew("s3cret-token", 401), "both were refused"
    assert sent() == basic


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("jira_site_url", "JIRA_SITE_URL"),
        ("jira_email", "JIRA_EMAIL"),
        ("jira_api_token", "JIRA_API_TOKEN"),
    ],
)
def test_a_missing_setting_is_named(field: str, name: str) -> None:
    with pytest.raises(AuthenticationError, match=f"{name} not set"):
        Connection.from_settings(replace(FilledSettings(), **{field: None}))


def test_a_bearer_needs_the_cloud_id() -> None:
    with pytest.raises(SettingsError, match="cloud id"):
        Connection("https://acme.atlassian.net", Bearer(lambda: "s3cret-token"))


@pytest.mark.parametrize(
    "credential",
    [
        TOKEN,
        Bearer(lambda: "s3cret-token"),
        BearerToken("s3cret-token"),
        GatewayToken("ann@example.com", "s3cret-token"),
    ],
)
def test_no_text_of_a_connection_shows_a_secret(credential: JiraCredential) -> None:
    connection = Connection("https://acme.atlassian.net", credential, CLOUD_ID)
    assert "s3cret" not in repr(connection) + str(connection) + str(credential)


def test_a_bearer_is_asked_for_anew_at_each_request() -> None:
    tokens = iter(["first", "second"])
    with ScriptedSite(Canned([])) as site:
        connection = Connection(
            "https://acme.atlassian.net", Bearer(lambda: next(tokens)), CLOUD_ID, site.url
        )
        transport = Transport(connection)
        client = JiraClient(transport)
        client.fetch_fields()
        client.fetch_fields()
        transport.close()
    assert [seen.headers["authorization"] for seen in site.seen] == ["Bearer first", "Bearer second"]
    assert site.seen[0].path == f"/ex/jira/{CLOUD_ID}/rest/api/3/field"


def test_a_netrc_entry_does_not_replace_the_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password wrong\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedSite(Canned([])) as site:
        connection = Connection("https://acme.atlassian.net", Bearer(lambda: "mine"), CLOUD_ID, site.url)
        transport = Transport(connection)
        JiraClient(transport).fetch_fields()
        transport.close()
    assert site.seen[0].headers["authorization"] == "Bearer mine"


def test_an_email_of_any_letters_can_sign() -> None:
    session = open_session(Connection("https://acme.atlassian.net", BasicToken("żółć@example.com", "tökén")))
    with ScriptedSite(Canned([])) as site:
        session.get(site.url, timeout=5)
    session.close()
    signed = base64.b64decode(site.seen[0].headers["authorization"].removeprefix("Basic "))
    assert signed.decode() == "żółć@example.com:tökén"
