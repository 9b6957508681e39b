"""The page on a home of its own, and a browser that comes as a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from jira_assets.settings.load import Settings, load_settings
from jira_assets.state import State
from jira_assets.web.application import create_app
from jira_assets.web.token_access import Access
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.web.hand_made import CONNECTED, write_warehouse
from jira_assets_tests.web.published_site import published_site

FROM_HERE = {"sec-fetch-site": "same-origin"}


@dataclass
class Page:
    """The page of one home, with what stands behind it."""

    client: TestClient
    settings: Settings
    state: State

    def get(self, address: str) -> str:
        """Open an address and give its text; it has to be there."""
        answer = self.client.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, address: str, **fields: str | list[str]) -> str:
        """Send a form from the page and give the page that follows."""
        answer = self.client.post(address, data=fields, headers=FROM_HERE)
        assert answer.status_code == 200, answer.text
        return answer.text


OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def full_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """A published site with something for every chart; it takes seconds, and no test publishes it again."""
    with published_site(tmp_path_factory.mktemp("full")) as harness:
        yield harness


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DAGSTER_HOME", "DAGSTER_PG_URL"):  # of whoever runs the tests
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def open_page(home: Path) -> Iterator[OpenPage]:
    """Open the page of a home, connected unless told otherwise."""
    opened: list[Page] = []

    def open_page(environ: dict[str, str] | None = None, access: Access | None = None) -> Page:
        settings = load_settings({"home": str(home)}, CONNECTED if environ is None else environ, dotenv=None)
        app = create_app(lambda: settings, access)
        client = TestClient(app, "http://localhost", raise_server_exceptions=False)
        opened.append(Page(client, settings, State.open(settings.state_url)))
        return opened[-1]

    yield open_page
    for page in opened:
        page.state.close()
        page.client.close()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The page of a connected home in which nothing was synced yet."""
    return open_page()


@pytest.fixture
def published(page: Page) -> Page:
    """The page of a home with a published file in which a few people were seen."""
    write_warehouse(page.settings)
    return page
