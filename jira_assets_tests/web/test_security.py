from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jira_assets.errors import SettingsError
from jira_assets.settings.load import load_settings
from jira_assets.state import ProjectRef
from jira_assets.web.application import create_app
from jira_assets.web.token_access import Access, check_access
from jira_assets_tests.web.conftest import FROM_HERE, OpenPage, Page
from jira_assets_tests.web.hand_made import CONNECTED, land_projects, write_warehouse

PAGES = ["/", "/projects", "/people", "/flow", "/sync/projects"]
TOKEN = "a-long-and-random-token-of-the-page"


@pytest.mark.parametrize("address", [*PAGES, "/nowhere", "/static/style.css"])
def test_every_answer_tells_the_browser_to_trust_nothing_else(page: Page, address: str) -> None:
    headers = page.client.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_script_or_style_of_its_own(published: Page, address: str) -> None:
    land_projects(published.settings, [("1", "PAY", "Payments")])
    text = published.client.get(address).text
    assert "<script>" not in text
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    assert "http://" not in text.replace("http://localhost", "").replace("http://127.0.0.1:3000", "").replace(
        "http://www.w3.org", ""
    )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),  # typed into the address bar, or a bookmark
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),  # another port of this machine
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost"}, 403),
        ({"origin": "http://localhost"}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://localhost:3000"}, 403),
        ({}, 303),  # no browser
    ],
)
def test_only_the_page_itself_changes_anything(page: Page, headers: dict[str, str], status: int) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    answer = page.client.post("/sync", data={"project": "PAY"}, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert len(page.state.sync_requests.all()) == (1 if status == 303 else 0)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_name_that_was_bound_to_this_machine_reaches_nothing(page: Page, host: str) -> None:
    answer = page.client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "Sync" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(page: Page, method: str) -> None:
    assert page.client.request(method, "/projects", headers=FROM_HERE).status_code == 405


def test_no_page_shows_a_secret(open_page: OpenPage) -> None:
    secret = CONNECTED["JIRA_API_TOKEN"]
    page = open_page({**CONNECTED, "JIRA_CLIENT_SECRET": "another-secret-of-the-app"})
    write_warehouse(page.settings)
    page.state.projects.track([ProjectRef("1", "PAY")])
    texts = [page.client.get(address).text for address in [*PAGES, "/people.csv", "/flow/velocity.json"]]
    assert not [text for text in texts if secret in text or "another-secret" in text or TOKEN in text]


def test_a_bug_shows_no_traceback(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("jira_assets.web.views.sync.read_overview", fail)
    answer = page.client.get("/")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert "An unexpected error occurred" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_state_that_cannot_be_read_is_told_like_every_error(home: Path) -> None:
    environ = CONNECTED | {"JIRA_ASSETS_STATE_URL": "sqlite:////proc/no-folder/state.db"}
    del environ["JIRA_SITE_URL"]
    settings = load_settings({"home": str(home)}, environ, dotenv=None, stored={})
    with TestClient(
        create_app(lambda: settings), "http://localhost", raise_server_exceptions=False
    ) as client:
        answer = client.get("/")
    assert answer.status_code in (500, 503)
    assert "The request failed" in answer.text


@pytest.mark.parametrize(
    ("bind", "token", "hosts"),
    [
        ("0.0.0.0", None, []),  # noqa: S104  # that is what is refused
        ("0.0.0.0", TOKEN, []),  # noqa: S104
        ("192.168.1.7", None, ["jira.acme.com"]),
        ("::", None, []),
        ("127.0.0.1", "short", []),
        ("127.0.0.1", TOKEN, ["*"]),
    ],
)
def test_an_open_door_is_refused(bind: str, token: str | None, hosts: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        check_access(bind, token, hosts)
    assert refused.value.instruction
    assert TOKEN not in str(refused.value)


def test_a_page_with_a_token_lets_in_who_shows_it(open_page: OpenPage) -> None:
    page = open_page(access=check_access("0.0.0.0", TOKEN, ["jira.acme.com"]))  # noqa: S104
    client = page.client
    assert client.get("/", headers={"host": "jira.acme.com"}).status_code == 401
    assert client.get("/flow/velocity.json").status_code == 401
    turned_away = client.get("/people?q=bo", headers={"accept": "text/html"}, follow_redirects=False)
    assert turned_away.headers["location"] == "/enter?next=/people%3Fq%3Dbo"
    assert client.post("/enter", data={"token": "wrong"}, headers=FROM_HERE).status_code == 403
    entered = client.post(
        turned_away.headers["location"], data={"token": TOKEN}, headers=FROM_HERE, follow_redirects=False
    )
    assert entered.headers["location"] == "/people?q=bo"
    cookie = entered.headers["set-cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/").status_code == 200


def test_a_program_shows_the_token_in_a_header(open_page: OpenPage) -> None:
    client = open_page(access=Access(token=TOKEN)).client
    assert client.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client.get("/", headers={"authorization": "Bearer another"}).status_code == 401
    assert client.get("/", headers={"cookie": "jira_assets_pass=guessed"}).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "localhost:80/static/?",  # starlette before 1.0.1 took the path of this for that of the request
        "localhost:80/enter?",
        "localhost:80/static/#",
        "localhost:80/static/;",
        "localhost:80\\static\\",
        "localhost:80/static/..",
    ],
)
def test_a_path_in_the_host_header_does_not_open_the_gate(open_page: OpenPage, host: str) -> None:
    page = open_page(access=Access(token=TOKEN))
    write_warehouse(page.settings)
    shown = page.client.get("/people", headers={"host": host})
    assert shown.status_code in (400, 401)
    assert "acc-1" not in shown.text
    form = {"account_id": "acc-2", "decision": "ignore"}
    sent = page.client.post("/people", data=form, headers={"host": host, **FROM_HERE})
    assert sent.status_code in (400, 401)
    assert page.state.team.overrides() == []


@pytest.mark.parametrize(
    "after", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1"]
)
def test_entering_leads_to_no_other_site(open_page: OpenPage, after: str) -> None:
    client = open_page(access=Access(token=TOKEN)).client
    entered = client.post(
        "/enter", params={"next": after}, data={"token": TOKEN}, headers=FROM_HERE, follow_redirects=False
    )
    assert entered.headers["location"] == "/"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"project": "PAY"}'),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/x-www-form-urlencoded", b"account_id=" + b"x" * 1_000_001),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 20_001)),
        ("application/x-www-form-urlencoded", b"account_id=%ff%fe"),
    ],
)
def test_what_no_form_of_ours_sends_is_refused_in_words(page: Page, kind: str, body: bytes) -> None:
    answer = page.client.post("/people", content=body, headers={**FROM_HERE, "content-type": kind})
    assert answer.status_code == 400
    assert "The request failed" in answer.text
    assert page.state.team.overrides() == []
