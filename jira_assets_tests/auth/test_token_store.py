"""A stored grant: renewed in time, by one, kept before it is used; and what ends it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from jira_assets.auth.credentials import choose_connection
from jira_assets.auth.status import connected_as
from jira_assets.demo.clock import VirtualClock, epoch_ms
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults, site_faults
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.errors import (
    AuthenticationError,
    JiraUnavailable,
    NotFound,
    ReconnectNeeded,
    SettingsError,
    SiteUnavailable,
)
from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import BasicToken
from jira_assets.jira.http import Transport
from jira_assets.settings.load import Settings
from jira_assets.state import State, credentials
from jira_assets.state.encryption import open_secret_box
from jira_assets_tests.auth.grants import connected_settings, store_grant
from jira_assets_tests.sampling import sampled

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Connected:
    """A state that is connected to a site by OAuth, and the way to open clients for it."""

    site: DemoSite
    server: DemoServer
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
    def secrets(self) -> dict[str, str]:
        credential = self.state.credentials.current()
        assert credential is not None
        return open_secret_box(None, self.settings.secret_key_file).open(credential.secrets)


@pytest.fixture(params=sampled(["sqlite", "postgres"]))
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database: what is asked of it here is the same on both, as its own tests show."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def connected(tmp_path: Path, state_url: str) -> Iterator[Connected]:
    """Connect a state, on SQLite and on PostgreSQL."""
    clock = VirtualClock(NOON, frozen=True)
    site = DemoSite(generate_site(1, projects=1, issues=2, now_ms=epoch_ms(NOON)), clock=clock)
    with DemoServer(site) as server, State.open(state_url, clock.now) as state:
        settings = connected_settings(server, tmp_path / "home", state_url)
        store_grant(site, settings, state, clock.now, server.url)
        yield Connected(site, server, settings, state, clock)


def test_a_token_that_lives_is_used_as_it_is(connected: Connected) -> None:
    assert connected.client().prove_identity(None).email == "demo@example.com"
    assert connected.site.oauth.refreshes == 0


def test_tokens_are_renewed_before_they_expire_and_both_are_kept(connected: Connected) -> None:
    client, before = connected.client(), connected.secrets
    connected.clock.advance(timedelta(minutes=56))
    client.fetch_identity()
    client.fetch_identity()
    after = connected.secrets
    assert connected.site.oauth.refreshes == 1
    assert {name for name in after if after[name] != before[name]} == {"access_token", "refresh_token"}
    credential = connected.state.credentials.current()
    assert credential is not None
    assert credential.expires_at == connected.clock.now() + timedelta(hours=1)
    assert credential.reconnect_by == connected.clock.now() + timedelta(days=90)


def test_a_new_token_is_committed_before_it_is_used(connected: Connected) -> None:
    used: list[tuple[str, str]] = []

    def watch(event: str, token: str) -> None:
        if event == "used":
            used.append((token, connected.secrets["access_token"]))

    connected.site.oauth.watch = watch
    connected.clock.advance(timedelta(hours=2))
    connected.client().fetch_identity()
    assert len(used) == 1
    assert used[0][0] == used[0][1]


def test_of_many_threads_and_clients_one_renews(connected: Connected) -> None:
    clients = [connected.client() for _ in range(4)]
    connected.clock.advance(timedelta(hours=3))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: clients[number % 4].fetch_identity(), range(16)))
    assert connected.site.oauth.refreshes == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_token_that_expires_on_its_way_is_renewed_whatever_the_gateway_calls_it(
    connected: Connected, status: int
) -> None:
    def take_long(event: str, _token: str) -> None:
        if event == "used" and connected.site.oauth.refreshes == 0:
            connected.clock.advance(timedelta(minutes=10))

    connected.site.oauth.watch = take_long
    connected.site.switches.expired_token_status = status
    connected.clock.advance(timedelta(minutes=54))
    assert connected.client().fetch_identity().email == "demo@example.com"
    assert connected.site.oauth.refreshes == 1


def test_a_token_that_expired_before_its_time_is_renewed(connected: Connected) -> None:
    credential = connected.state.credentials.current()
    assert credential is not None
    with connected.state.credentials.exclusive() as held:
        held.keep(replace(credential, expires_at=connected.clock.now() + timedelta(days=1)))
    connected.clock.advance(timedelta(hours=2))
    assert connected.client().fetch_identity().email == "demo@example.com"
    assert connected.site.oauth.refreshes == 1


def test_a_thing_that_is_not_there_costs_no_token(connected: Connected) -> None:
    with pytest.raises(NotFound, match=r"answered GET .* with 404"):
        connected.client().fetch_project("NONE")
    assert connected.site.oauth.refreshes == 0


def test_a_token_that_goes_on_being_refused_is_renewed_only_once(connected: Connected) -> None:
    connected.site.faults.add(
        faults.answer(401, '{"code":401,"message":"Unauthorized"}', path="/rest/api/3/myself")
    )
    with pytest.raises(AuthenticationError, match="did not accept the OAuth grant"):
        connected.client().fetch_identity()
    assert connected.site.oauth.refreshes == 1


@pytest.mark.parametrize("lost", ["reset_midbody", "truncated", "invalid_json"])
def test_an_answer_that_is_lost_heals_within_the_leeway(connected: Connected, lost: faults.Kind) -> None:
    connected.clock.advance(timedelta(hours=1))
    connected.site.faults.add(faults.Fault(lost, count=2, path="/oauth/token"))
    client = connected.client()
    assert client.fetch_identity().email == "demo@example.com"
    connected.clock.advance(timedelta(hours=1))
    client.fetch_identity()
    assert connected.site.oauth.breaches == 0


@pytest.mark.parametrize("outage", [faults.server_error(503), site_faults.edge_page(), faults.answer(400)])
def test_an_outage_of_the_token_endpoint_is_no_matter_while_the_token_lives(
    connected: Connected, outage: faults.Fault
) -> None:
    connected.site.faults.add(replace(outage, path="/oauth/token"))
    connected.clock.advance(timedelta(minutes=56))
    assert connected.client().fetch_identity().email == "demo@example.com"
    connected.clock.advance(timedelta(minutes=5))
    with pytest.raises((JiraUnavailable, SiteUnavailable), match=r"instead of data|issued no OAuth token"):
        connected.client(attempts=2).fetch_identity()
    credential = connected.state.credentials.current()
    assert credential is not None
    assert credential.consent_lost_at is None


def test_a_consent_that_was_taken_back_stops_everything_and_says_how_to_go_on(connected: Connected) -> None:
    client = connected.client()
    connected.site.oauth.revoke()
    connected.clock.advance(timedelta(hours=1))
    with pytest.raises(ReconnectNeeded, match="no longer accepts the OAuth grant") as caught:
        client.fetch_identity()
    assert caught.value.exit_code == 4
    for ask in (client.fetch_identity, connected.client):
        with pytest.raises(ReconnectNeeded, match="invalid_grant") as caught:
            ask()
        assert "jira-assets connect" in caught.value.instruction
    assert connected.site.oauth.refreshes == 1
    store_grant(
        connected.site, connected.settings, connected.state, connected.clock.now, connected.server.url
    )
    assert connected.client().fetch_identity().email == "demo@example.com"


def test_the_check_of_the_connection_says_since_when_and_what_to_do(connected: Connected) -> None:
    def trouble() -> str | None:
        return connected_as(connected.settings, connected.state, connected.clock.now()).trouble

    assert trouble() is None
    connected.clock.advance(timedelta(days=80))
    assert trouble() == "The consent ends on 2027-02-21."
    connected.clock.advance(timedelta(days=11))
    assert trouble() == "The consent ended on 2027-02-21."
    with pytest.raises(
        ReconnectNeeded, match=r"no longer accepts the OAuth grant .* `jira-assets connect` again"
    ):
        connected.client().fetch_identity()
    told = connected_as(connected.settings, connected.state)
    assert told.trouble is not None
    assert told.trouble.startswith("Syncs have stopped: Atlassian no longer accepts the OAuth grant")
    assert "jira-assets connect" in (told.remedy or "")


def test_a_wrong_client_secret_is_told_apart_from_a_lost_consent(connected: Connected) -> None:
    connected.clock.advance(timedelta(hours=1))
    connected.site.oauth.app.client_secret = "another"
    with pytest.raises(AuthenticationError, match="access_denied") as caught:
        connected.client().fetch_identity()
    assert not isinstance(caught.value, ReconnectNeeded)


def test_another_account_is_not_taken_for_ours(connected: Connected) -> None:
    credential = connected.state.credentials.current()
    assert credential is not None
    with connected.state.credentials.exclusive() as held:
        held.keep(replace(credential, account_id="somebody-else"))
    with pytest.raises(AuthenticationError, match="connected as somebody-else"):
        connected.client().prove_identity(None)


def test_a_token_of_the_environment_comes_first(connected: Connected) -> None:
    settings = replace(
        connected.settings, jira_site_url=connected.server.url, jira_email="a@b.c", jira_api_token="t"
    )
    assert isinstance(choose_connection(settings, connected.state).credential, BasicToken)


def test_a_home_that_is_connected_does_not_go_to_another_site(connected: Connected) -> None:
    settings = replace(connected.settings, jira_site_url="https://other.atlassian.net")
    with pytest.raises(SettingsError, match="was connected to") as caught:
        choose_connection(settings, connected.state)
    assert "JIRA_ASSETS_HOME" in caught.value.instruction


def test_a_talkative_logger_tells_no_token(connected: Connected, caplog: pytest.LogCaptureFixture) -> None:
    connected.clock.advance(timedelta(hours=1))
    before = connected.secrets
    with caplog.at_level(logging.DEBUG):
        connected.client().fetch_identity()
    told = [secret for secret in (*before.values(), *connected.secrets.values()) if secret in caplog.text]
    assert told == []
    sealed = connected.state.credentials.current()
    assert sealed is not None
    assert sealed.secrets not in repr(sealed)


def test_waiting_for_the_credential_does_not_wait_for_ever(connected: Connected) -> None:
    """Whoever dies with the credential in hand leaves it as it was."""
    entered = threading.Event()

    def die() -> None:
        with connected.state.credentials.exclusive() as held:
            assert held.credential is not None
            held.keep(replace(held.credential, display_name="never committed"))
            entered.set()
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        die()
    assert entered.is_set()
    with connected.state.credentials.exclusive() as held:
        assert held.credential is not None
        assert held.credential.display_name == "Demo Analyst"


@pytest.mark.parametrize("state_url", ["postgres"], indirect=True)
def test_a_host_that_freezes_with_the_credential_in_hand_changes_nothing_and_others_go_on(
    connected: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected.clock.advance(timedelta(hours=1))
    with State.open(connected.settings.state_url) as host, ExitStack() as frozen:
        with monkeypatch.context() as patch:
            patch.setattr(credentials, "LONGEST_HOLD", timedelta(milliseconds=300))
            held = frozen.enter_context(host.credentials.exclusive())
        assert connected.client().fetch_identity().email == "demo@example.com"
        assert held.credential is not None
        with pytest.raises(DBAPIError):  # it wakes up, with the credential of before
            held.keep(held.credential)
        frozen.pop_all()
    assert connected.site.oauth.refreshes == 1
    assert connected.client().fetch_identity().email == "demo@example.com"
