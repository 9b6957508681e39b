"""Dagster beside the page: what the guards let through to it, and what they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field

import dagster as dg
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from jira_assets.definitions import defs
from jira_assets.state import ProjectRef
from jira_assets.web.application import create_app
from jira_assets.web.token_access import Access
from jira_assets_tests.web.conftest import Page
from jira_assets_tests.web.test_security import TOKEN

LAUNCH = "mutation { launchRun { __typename } }"
OWN = {"origin": "http://localhost"}
OWN_POLICY = "script-src 'nonce-1'"


@dataclass
class StandIn:
    """An application in the place of Dagster's; it keeps what reached it."""

    reached: list[str] = field(default_factory=list)

    def app(self) -> Starlette:
        """Answer everything under the prefix, as Dagster does."""
        socket = WebSocketRoute("/dagster/graphql", self.talk)
        return Starlette(routes=[socket, Route("/{path:path}", self.answer, methods=["GET", "POST"])])

    async def answer(self, request: Request) -> Response:
        self.reached.append(f"{request.method} {request.scope['path']}")
        return HTMLResponse("Dagster", headers={"content-security-policy": OWN_POLICY})

    async def talk(self, websocket: WebSocket) -> None:
        self.reached.append("websocket")
        await websocket.accept()
        await websocket.send_text("a run's log")
        await websocket.close()


@pytest.fixture
def dagster() -> StandIn:
    return StandIn()


@pytest.fixture
def client(page: Page, dagster: StandIn) -> TestClient:
    return TestClient(create_app(lambda: page.settings, dagster=dagster.app()), "http://localhost")


@pytest.mark.parametrize("path", ["/dagster", "/dagster/runs/1", "/dagster/_next/static/a.js"])
def test_what_is_asked_under_the_prefix_reaches_dagster(
    client: TestClient, dagster: StandIn, path: str
) -> None:
    assert client.get(path).text == "Dagster"
    assert dagster.reached == [f"GET {path}"]


@pytest.mark.parametrize("path", ["/", "/dagster.json", "/dagsters", "/static/style.css"])
def test_everything_else_is_the_page(client: TestClient, dagster: StandIn, path: str) -> None:
    client.get(path)
    assert dagster.reached == []


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:8080"},
        {"host": "evil.example"},  # a name that was bound to this machine
        {"host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_another_site_launches_nothing(
    client: TestClient, dagster: StandIn, headers: dict[str, str], kind: str
) -> None:
    sent = {**headers, "content-type": kind}
    body = f'{{"query": "{LAUNCH}"}}'
    answer = client.post("/dagster/graphql", params={"query": LAUNCH}, content=body, headers=sent)
    assert answer.status_code in (400, 403)
    assert dagster.reached == []


@pytest.mark.parametrize("path", ["/dagster/graphql", "/dagster/graphql/", "/dagster/graph%71l"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin"}, {"accept": "*/*"}])
def test_nothing_is_run_by_get(
    client: TestClient, dagster: StandIn, path: str, method: str, headers: dict[str, str]
) -> None:
    answer = client.request(method, path, params={"query": LAUNCH}, headers=headers)
    assert answer.status_code == 405
    assert dagster.reached == []


def test_the_editor_for_queries_is_shown_and_the_person_runs_them(
    client: TestClient, dagster: StandIn
) -> None:
    assert client.get("/dagster/graphql", headers={"accept": "text/html"}).status_code == 200
    assert client.post("/dagster/graphql", json={"query": LAUNCH}, headers=OWN).status_code == 200
    assert client.post("/dagster/graphql", json={"query": LAUNCH}).status_code == 200, "a program's"
    assert len(dagster.reached) == 3


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_may_link_to_dagster_and_embed_nothing_of_it(
    client: TestClient, dagster: StandIn, site: str
) -> None:
    link = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert client.get("/dagster/runs", headers=link).status_code == 200
    for mode, dest in (
        ("no-cors", "image"),
        ("navigate", "iframe"),
        ("cors", "empty"),
        ("no-cors", "script"),
    ):
        asked = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
        assert client.get("/dagster/logs/run/out", headers=asked).status_code == 403
        assert client.get("/people.csv", headers=asked).status_code == 403
    assert len(dagster.reached) == 1


def test_logs_come_by_websocket_to_the_page_itself(client: TestClient, dagster: StandIn) -> None:
    for headers in (OWN, {}):
        with client.websocket_connect("ws://localhost/dagster/graphql", headers=headers) as socket:
            assert socket.receive_text() == "a run's log"
    assert dagster.reached == ["websocket"] * 2


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:8080", "null", "http://["])
def test_no_other_origin_opens_a_websocket(client: TestClient, dagster: StandIn, origin: str) -> None:
    # A browser that does not compare origins for a websocket as for a fetch still names its own.
    headers = {"origin": origin, "sec-fetch-site": "same-origin"}
    with pytest.raises(WebSocketDisconnect):
        client.websocket_connect("ws://localhost/dagster/graphql", headers=headers).__enter__()
    assert dagster.reached == []


def test_a_websocket_needs_a_name_of_ours_and_the_token(page: Page, dagster: StandIn) -> None:
    access = Access(token=TOKEN)
    client = TestClient(create_app(lambda: page.settings, access, dagster.app()), "http://localhost")
    with pytest.raises(WebSocketDisconnect):
        client.websocket_connect("ws://localhost/dagster/graphql", headers=OWN).__enter__()
    assert client.post("/dagster/graphql", json={"query": LAUNCH}).status_code == 401
    shown = {"authorization": f"Bearer {TOKEN}"}
    rebound = {**shown, "host": "evil.example", "origin": "http://evil.example"}
    with pytest.raises(WebSocketDisconnect):
        client.websocket_connect("ws://localhost/dagster/graphql", headers=rebound).__enter__()
    assert dagster.reached == []
    with client.websocket_connect("ws://localhost/dagster/graphql", headers=shown | OWN) as socket:
        assert socket.receive_text() == "a run's log"


def test_no_other_page_frames_dagster_and_its_own_policy_holds(client: TestClient) -> None:
    headers = client.get("/dagster/runs").headers
    policies = headers.get_list("content-security-policy")
    assert policies[0] == OWN_POLICY
    assert "frame-ancestors 'none'" in policies[1]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "cache-control" not in client.get("/dagster/_next/static/a.js").headers


def test_links_lead_to_the_dagster_beside_the_page(page: Page, client: TestClient) -> None:
    page.state.projects.track([ProjectRef("1", "PAY")])
    assert 'href="/dagster/' in client.get("/").text
    assert "http://127.0.0.1:3000" not in client.get("/").text


def test_a_run_cannot_choose_another_home() -> None:
    job = defs.resolve_job_def("sync_jira")
    assert dg.validate_run_config(job, {})
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"resources": {"home": {"config": {"home": "/tmp/other"}}}})  # noqa: S108


@pytest.mark.prove
def test_a_page_without_dagster_loads_none_of_it(page: Page) -> None:
    program = """
import asyncio, sys
from jira_assets.settings.load import load_settings
from jira_assets.web import serve
from jira_assets.web.application import create_app
app = create_app(load_settings)
async def ask(path):
    sent = []
    async def receive():
        return {"type": "http.request"}
    async def send(message):
        sent.append(message)
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
    scope["headers"] = [(b"host", b"localhost")]
    await app(scope, receive, send)
    assert sent[0]["status"] == 200, (path, sent)
for path in ("/", "/projects", "/people", "/flow"):
    asyncio.run(ask(path))
print([name for name in sys.modules if name.split(".")[0] in ("dagster", "dagster_webserver", "graphql")])
"""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "JIRA_ASSETS_HOME": str(page.settings.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "[]"
