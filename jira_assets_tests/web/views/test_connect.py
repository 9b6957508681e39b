"""Connecting an empty home, and importing its team, from the page."""

from __future__ import annotations

import html
import re
import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from jira_assets.auth.callback_server import callback_url
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets_tests.web.conftest import FROM_HERE, OpenPage, Page

TOKEN = "demo-token"
SECRET = "demo-app-secret"


@pytest.fixture
def atlassian() -> Iterator[DemoSite]:
    """A demo site that stands in for Atlassian."""
    site = DemoSite(generate_site(1, projects=3, issues=3, now_ms=1_795_435_200_000))
    with DemoServer(site):
        yield site


def connect(page: Page, **fields: str) -> str:
    """Send the form; give the page that follows, whatever its status."""
    return page.client.post("/connect", data=fields, headers=FROM_HERE).text


def test_an_empty_home_is_connected_by_a_token_that_is_never_shown(
    open_page: OpenPage, atlassian: DemoSite
) -> None:
    page = open_page({})
    assert 'href="/connect"' in page.get("/")
    site = atlassian.render.base_url
    text = connect(page, way="token", site=site, email="demo@example.com", api_token=TOKEN)
    assert "Connected." in text
    assert "as Demo Analyst" in text
    assert TOKEN not in text + page.get("/") + page.get("/connect")
    credential = page.state.credentials.current()
    assert credential is not None
    assert (credential.kind, credential.email) == ("api_token", "demo@example.com")
    assert TOKEN not in credential.secrets
    assert 'data-key="PAY"' in page.get("/projects/list")


def test_the_token_of_a_service_account_needs_no_email(open_page: OpenPage, atlassian: DemoSite) -> None:
    page = open_page({"JIRA_API_URL": atlassian.render.base_url})
    token = atlassian.add_service_account().token
    text = connect(page, way="token", site=atlassian.render.base_url, email="", api_token=token)
    assert "as Sync Bot, by stored API token, sent as Bearer" in text
    assert token not in text


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"api_token": "wrong-token"}, "neither as a classic token"),
        ({"api_token": ""}, "API token is missing"),
        ({"email": "somebody@example.com"}, "does not accept the API token"),
        ({"site": "no site"}, "address of the site"),
    ],
)
def test_what_does_not_work_is_told_and_can_be_corrected(
    open_page: OpenPage, atlassian: DemoSite, changed: dict[str, str], word: str
) -> None:
    page = open_page({"JIRA_API_URL": atlassian.render.base_url})
    fields = {"site": atlassian.render.base_url, "email": "demo@example.com", "api_token": TOKEN}
    fields |= {"way": "token", **changed}
    text = connect(page, **fields)
    assert word in text
    assert f'value="{fields["email"]}"' in text
    assert TOKEN not in text
    assert "wrong-token" not in text
    assert page.state.credentials.current() is None


def test_another_site_connects_nothing(open_page: OpenPage, atlassian: DemoSite) -> None:
    page = open_page({})
    form = {"way": "token", "site": "http://127.0.0.1:9", "email": "a@b.c", "api_token": "x" * 20}
    refused = page.client.post("/connect", data=form, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    rows = {"csv": "member_id,display_name,email\nm1,Ana,"}
    refused = page.client.post("/people/team", data=rows, headers={"origin": "http://evil.example"})
    assert refused.status_code == 403
    assert page.state.team.members() == []


def test_an_empty_home_is_connected_by_oauth(open_page: OpenPage, atlassian: DemoSite) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    atlassian.oauth.app.callbacks.add(callback_url(port))
    url = atlassian.render.base_url
    page = open_page({"JIRA_API_URL": url, "JIRA_AUTH_URL": url, "JIRA_OAUTH_CALLBACK_PORT": str(port)})
    text = connect(page, way="oauth", site=url, client_id="demo-app", client_secret=SECRET)
    assert SECRET not in text
    (link,) = re.findall(r'href="([^"]+/authorize[^"]*)"', text)
    agreed = requests.get(html.unescape(link), timeout=10)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', agreed.text)) | {"decision": "accept"}
    fields = {name: html.unescape(value) for name, value in fields.items()}
    back = requests.post(f"{url}/authorize/decision", data=fields, timeout=10)
    assert "Consent received" in back.text
    for thread in threading.enumerate():
        if thread.name == "consent":
            thread.join()
    text = page.get("/connect")
    assert "Connected." in text
    credential = page.state.credentials.current()
    assert credential is not None
    assert credential.kind == "oauth"
    assert SECRET not in text + credential.secrets


def test_an_empty_home_is_connected_by_a_service_account(open_page: OpenPage, atlassian: DemoSite) -> None:
    url, client = atlassian.render.base_url, atlassian.oauth.add_client(atlassian.add_service_account())
    page = open_page({"JIRA_API_URL": url, "JIRA_AUTH_URL": url})
    form = {"way": "service_account", "site": url, "client_id": client.client_id}
    refused = connect(page, **form, client_secret="a-wrong-secret")
    assert "does not accept the client id and secret" in refused
    assert f'value="{client.client_id}"' in refused
    assert "a-wrong-secret" not in refused
    assert "client secret is missing" in connect(page, **form)
    assert page.state.credentials.current() is None
    text = connect(page, **form, client_secret=client.client_secret)
    assert "as Sync Bot, by OAuth client credentials" in text
    assert "connect again by" not in text
    credential = page.state.credentials.current()
    assert credential is not None
    assert client.client_secret not in text + page.get("/connect") + credential.secrets


def test_a_consent_for_a_wrong_secret_is_told(open_page: OpenPage, atlassian: DemoSite) -> None:
    text = connect(open_page({}), way="oauth", site=atlassian.render.base_url, client_id="demo-app")
    assert "client secret is missing" in text
    assert 'value="demo-app"' in text


def test_the_team_is_imported_as_the_command_does_it(page: Page) -> None:
    assert "member_id" in page.get("/people/team")
    text = page.send(
        "/people/team", csv="member_id;display_name;email\r\nm1;Ana Silva;ana@acme.com\r\nm2;Bo;\r\n"
    )
    assert "Team imported." in text
    assert [member.member_id for member in page.state.team.members()] == ["m1", "m2"]


def test_a_wrong_line_of_the_team_is_named_and_nothing_is_imported(page: Page) -> None:
    rows = "member_id,display_name,email\nm1,Ana,\nm1,Bo,\n<b>,,"
    answer = page.client.post("/people/team", data={"csv": rows}, headers=FROM_HERE)
    assert answer.status_code == 400
    assert "team.csv, line" in answer.text
    assert "/tmp" not in answer.text  # noqa: S108
    assert "m1,Bo" in answer.text, "what was pasted is there to be corrected"
    assert "<b>" not in answer.text
    assert page.state.team.members() == []


def test_a_further_site_is_added_under_its_short_name(open_page: OpenPage, atlassian: DemoSite) -> None:
    page = open_page({})
    form = {"way": "token", "email": "demo@example.com", "api_token": TOKEN}
    assert "Short name" not in page.get("/connect")
    connect(page, site=atlassian.render.base_url, **form)
    page.client.post("/projects", data={"shown": "10000", "track": "10000"}, headers=FROM_HERE)
    other = DemoSite(generate_site(2, projects=2, issues=3, now_ms=1_795_435_200_000))
    other.cloud_id = "another-cloud-id"
    with DemoServer(other) as server:
        assert "Short name" in page.get("/connect")
        assert "to add another site" in page.get("/connect")
        refused = connect(page, site=server.url, site_name="9 lives", **form)
        assert "not a short name of a site" in html.unescape(refused)
        assert "Connected." in connect(page, site=server.url, site_name="Acme", **form)
        assert [site.short_name for site in page.state.sites.all()] == [None, "acme"]
        listed = page.get("/projects/list")
        assert 'data-key="PAY"' in listed
        assert 'data-key="acme:PAY"' in listed
        assert "and 1 more" in page.get("/")
