"""A stored service account: its token is requested in time, and a refusal is reported and tried again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jira_assets.auth.credentials import choose_connection
from jira_assets.auth.status import Connected, connected_as
from jira_assets.auth.token_store import UNTIL_RETRY
from jira_assets.demo.clock import VirtualClock, epoch_ms
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.oauth import ServiceClient
from jira_assets.demo.site import DemoSite
from jira_assets.errors import AuthenticationError, JiraUnavailable, ReconnectNeeded
from jira_assets.jira.client import JiraClient
from jira_assets.jira.http import Transport
from jira_assets.settings.load import Settings
from jira_assets.state import Credential, State
from jira_assets.state.encryption import open_secret_box
from jira_assets_tests.auth.grants import connected_settings, store_client

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Home:
    """A state that is connected by a service account, and the way to open clients for it."""

    site: DemoSite
    service: ServiceClient
    settings: Settings
    state: State
    clock: VirtualClock

    def client(self, attempts: int = 16) -> JiraClient:
        connection = choose_connection(self.settings, self.state, self.clock.now)
        transport = Transport(
            connection,
            clock=self.clock.now,
            sleep=self.clock.sleep,
            attempts=attempts,
            pause=self.state.pauses,
        )
        return JiraClient(transport)

    @property
    def credential(self) -> Credential:
        credential = self.state.credentials.current()
        assert credential is not None
        return credential

    @property
    def secrets(self) -> dict[str, str]:
        return open_secret_box(None, self.settings.secret_key_file).open(self.credential.secrets)

    def status(self) -> Connected:
        return connected_as(self.settings, self.state, self.clock.now())


@pytest.fixture
def home(tmp_path: Path, state_url: str) -> Iterator[Home]:
    """Connect a state, on SQLite and on PostgreSQL; its first token was granted at noon."""
    clock = VirtualClock(NOON, frozen=True)
    site = DemoSite(generate_site(1, projects=1, issues=2, now_ms=epoch_ms(NOON)), clock=clock)
    with DemoServer(site) as server, State.open(state_url, clock.now) as state:
        settings = connected_settings(server, tmp_path / "home", state_url)
        service = store_client(site, settings, state, clock.now, server.url)
        yield Home(site, service, settings, state, clock)


def test_a_token_is_used_until_shortly_before_it_expires(home: Home) -> None:
    client = home.client()
    for minutes, grants in ((0, 1), (54, 1), (2, 2), (54, 2), (2, 3)):
        home.clock.advance(timedelta(minutes=minutes))
        assert client.fetch_identity().account_type == "app"
        assert home.site.oauth.grants == grants
    assert set(home.secrets) == {"access_token", "client_secret"}
    assert home.credential.expires_at == home.clock.now() + timedelta(hours=1)


def test_of_many_threads_and_clients_one_requests_a_token(home: Home) -> None:
    clients = [home.client() for _ in range(4)]
    home.clock.advance(timedelta(hours=3))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: clients[number % 4].fetch_identity(), range(16)))
    assert home.site.oauth.grants == 2


def test_a_refused_token_is_replaced_once(home: Home) -> None:
    unauthorized = faults.answer(401, '{"code":401,"message":"Unauthorized"}', path="/rest/api/3/myself")
    home.site.faults.add(replace(unauthorized, count=1))
    assert home.client().fetch_identity().display_name == "Sync Bot"
    assert home.site.oauth.grants == 2
    home.site.faults.add(unauthorized)
    with pytest.raises(
        AuthenticationError, match="did not accept the OAuth credential of the service account"
    ):
        home.client().fetch_identity()
    assert home.site.oauth.grants == 3


def test_there_is_no_date_to_reconnect_by(home: Home) -> None:
    home.clock.advance(timedelta(days=800))
    home.client().fetch_identity()
    status = home.status()
    assert (status.kind, status.reconnect_by, status.trouble) == ("OAuth client credentials", None, None)


def test_a_revoked_secret_is_reported_with_its_remedy(home: Home) -> None:
    home.service.is_revoked = True
    home.client().fetch_identity()  # the token lives on
    home.clock.advance(timedelta(hours=1))
    reported = r"Atlassian refused Sync Bot \(detected 2026-11-23 13:00 UTC\): Atlassian does not accept"
    for words in ("^Atlassian does not accept the client id and secret", reported):
        with pytest.raises(ReconnectNeeded, match=words) as caught:
            home.client().fetch_identity()
        assert "`jira-assets connect --service-account`" in caught.value.instruction
    status = home.status()
    assert not status.can_sync
    assert (status.trouble or "").startswith(
        "Syncs have stopped: Atlassian does not accept the client id and secret"
    )
    assert "Directory, Service accounts" in (status.remedy or "")
    assert home.service.client_secret not in repr((status, caught.value))


def test_a_refusal_is_tried_again_after_a_while_and_forgotten_when_it_ends(home: Home) -> None:
    home.service.is_revoked = True
    home.clock.advance(timedelta(hours=1))
    client = home.client()

    def refused(words: str) -> None:
        with pytest.raises(ReconnectNeeded, match=words):
            client.fetch_identity()

    refused("^Atlassian does not accept")
    refused("^Atlassian refused Sync Bot")
    assert home.site.oauth.refusals == 1
    home.clock.advance(UNTIL_RETRY)
    refused("^Atlassian does not accept")
    refused("^Atlassian refused Sync Bot")
    assert home.site.oauth.refusals == 2
    assert "Detected 2026-11-23 13:00 UTC" in (home.status().trouble or "")
    home.service.is_revoked = False
    home.clock.advance(UNTIL_RETRY)
    assert client.fetch_identity().display_name == "Sync Bot"
    assert home.status().trouble is None


def test_an_outage_of_the_token_endpoint_is_no_matter_while_the_token_lives(home: Home) -> None:
    home.site.faults.add(replace(faults.server_error(503), path="/oauth/token"))
    home.clock.advance(timedelta(minutes=56))
    home.client().fetch_identity()
    home.clock.advance(timedelta(minutes=5))
    with pytest.raises(JiraUnavailable):
        home.client(attempts=2).fetch_identity()
    assert home.status().trouble is None


def test_an_answer_that_blames_the_request_is_no_refusal_of_the_credential(home: Home) -> None:
    body = '{"error":"invalid_request","error_description":"Missing audience"}'
    home.site.faults.add(faults.answer(400, body, path="/oauth/token"))
    home.clock.advance(timedelta(hours=1))
    with pytest.raises(AuthenticationError, match="invalid_request: Missing audience"):
        home.client().fetch_identity()
    assert home.status().trouble is None


def test_a_talkative_logger_shows_no_secret(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    before = home.secrets
    home.clock.advance(timedelta(hours=1))
    with caplog.at_level(logging.DEBUG):
        home.client().fetch_identity()
    assert [secret for secret in (*before.values(), *home.secrets.values()) if secret in caplog.text] == []
