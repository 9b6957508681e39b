"""Processes share one grant for two virtual days, and are killed at any moment.

Each has a home of its own, as on a host of its own: what they share is the database and the key.

The clock stands in a file that every process reads; it moves while they work, and tokens expire every hour.
One process is killed at every step. Every other time that the site replaces the refresh token, all of them
are killed before anybody has heard of it: the worst that can happen. Whoever comes next has to heal that
in the ten minutes for which an old token is forgiven: the clock waits for them to be born.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import random
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from jira_assets.auth.credentials import choose_connection
from jira_assets.auth.token_store import EARLY
from jira_assets.demo.clock import VirtualClock, epoch_ms, moment
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.errors import AuthenticationError, JiraUnavailable
from jira_assets.jira.client import JiraClient
from jira_assets.jira.http import Transport
from jira_assets.settings.load import Settings
from jira_assets.state import ProjectRef, State
from jira_assets.state.encryption import open_secret_box
from jira_assets_tests.auth.grants import connected_settings, store_grant

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEP = timedelta(minutes=6)  # less than the leeway, within which a lost answer has to heal
CONSENT_LOST = 9
SECONDS_TO_HEAL = 60
FORK = multiprocessing.get_context("fork")


class SharedClock:
    """A time in a file that processes share."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(struct.pack("q", epoch_ms(NOON)))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 8)

    def now(self) -> datetime:
        return moment(struct.unpack("q", self._memory[:8])[0])

    def set(self, at: datetime) -> None:
        self._memory[:8] = struct.pack("q", epoch_ms(at))


@dataclass
class Shared:
    """What the processes share, and what the site saw of them."""

    site: DemoSite
    settings_of: Callable[[int], Settings]
    """The settings of a process, by its number."""
    clock: SharedClock
    expires_at: Callable[[], datetime]
    stored: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    running: list[BaseProcess] = field(default_factory=list)
    lost: int = 0
    born: int = 0
    _spare_next: bool = False

    def lose_an_answer(self) -> None:
        """Kill everybody who could hear it, unless the answer before was lost as well."""
        self._spare_next = not self._spare_next
        if self._spare_next:
            self.lost += 1
            for process in self.running:
                process.kill()

    def heal(self) -> None:
        """Bring the dead back, until the token that is stored lives for a while again."""
        give_up = time.monotonic() + SECONDS_TO_HEAL
        self.revive()
        while self.expires_at() <= self.clock.now() + EARLY:
            assert time.monotonic() < give_up, "nobody has renewed the token"
            time.sleep(0.01)
            self.revive()

    def revive(self) -> None:
        """Start a process in the place of each that was killed."""
        for number, process in enumerate(self.running):
            assert process.exitcode != CONSENT_LOST
            if process.exitcode is not None:
                self.running[number] = self.start()

    def start(self) -> BaseProcess:
        """Start one more process."""
        self.born += 1
        seed = self.born - 1
        process = FORK.Process(
            target=ask_for_ever, args=(self.settings_of(seed), self.clock.now, seed), daemon=True
        )
        process.start()
        return process


def ask_for_ever(settings: Settings, now: Callable[[], datetime], seed: int) -> None:
    """Be one process: open everything afresh now and then, ask Jira, write an outcome."""
    chance = random.Random(seed)
    try:
        while True:
            with State.open(settings.state_url, now) as state:
                ask_a_while(state, settings, now, chance)
    except AuthenticationError:  # ReconnectNeeded is one
        os._exit(CONSENT_LOST)


def ask_a_while(state: State, settings: Settings, now: Callable[[], datetime], chance: random.Random) -> None:
    connection = choose_connection(settings, state, now)
    transport = Transport(connection, clock=now, sleep=lambda _: time.sleep(0.01), attempts=4)
    with closing(transport):
        client = JiraClient(transport)
        for _ in range(chance.randint(1, 20)):
            with suppress(JiraUnavailable):
                client.prove_identity(None)
                state.records.revise("10", "PAY", lambda record: record)
            time.sleep(chance.random() * 0.04)


@contextmanager
def sharing(tmp_path: Path, state_url: str) -> Iterator[Shared]:
    """Connect a state, and note each token that was stored, and each that was used before."""
    clock = SharedClock(tmp_path / "clock")
    virtual = VirtualClock(NOON, frozen=True)
    site = DemoSite(generate_site(1, projects=1, issues=2, now_ms=epoch_ms(NOON)), clock=virtual)
    with DemoServer(site) as server, State.open(state_url, clock.now) as state:
        key = Fernet.generate_key().decode()

        def settings_of(number: int) -> Settings:
            return connected_settings(server, tmp_path / f"home-{number}", state_url, key)

        settings = settings_of(0)
        store_grant(site, settings, state, clock.now, server.url)
        state.projects.track([ProjectRef("10", "PAY")])
        box = open_secret_box(key, settings.secret_key_file)

        def expires_at() -> datetime:
            credential = state.credentials.current()
            assert credential is not None
            assert credential.expires_at is not None
            return credential.expires_at

        shared = Shared(site, settings_of, clock, expires_at)

        def watch(event: str, token: str) -> None:
            # What is stored stays until the next refresh, so looking at each request misses none.
            credential = state.credentials.current()
            assert credential is not None
            shared.stored.add(box.open(credential.secrets)["access_token"])
            if event == "used" and token not in shared.stored:
                shared.unknown.append(token)
            if event == "issued":
                shared.lose_an_answer()

        site.oauth.watch = watch
        yield shared


def live(shared: Shared, processes: int, days: float, seed: int) -> None:
    """Let so many processes live for so many virtual days, and die all the time."""
    chance = random.Random(seed)
    shared.running = [shared.start() for _ in range(processes)]
    try:
        for _ in range(int(timedelta(days=days) / STEP)):
            shared.clock.set(shared.clock.now() + STEP)
            shared.site.clock.advance(STEP)
            time.sleep(0.05)
            shared.running[chance.randrange(processes)].kill()
            shared.heal()
    finally:
        for process in shared.running:
            process.kill()
            process.join()


@pytest.mark.parametrize(
    ("state_url", "processes", "days"),
    [
        pytest.param("sqlite", 3, 0.09, id="sqlite-some hours"),
        *(
            pytest.param(database, 8, days, id=f"{database}-{hours}", marks=pytest.mark.prove)
            for database, days, hours in [
                ("postgres", 0.15, "some hours"),
                ("sqlite", 2, "two days"),
                ("postgres", 2, "two days"),
            ]
        ),
    ],
    indirect=["state_url"],
)
def test_the_grant_outlives_every_kill_and_no_process_uses_what_it_did_not_store(
    tmp_path: Path, state_url: str, processes: int, days: float
) -> None:
    with sharing(tmp_path, state_url) as shared:
        live(shared, processes, days, seed=5)
        shared.site.oauth.watch = lambda event, token: None
        oauth = shared.site.oauth
        assert oauth.breaches == 0
        assert shared.unknown == []
        assert oauth.refreshes >= days * 24 - 1  # a token lives for an hour
        assert shared.lost >= days * 12 - 1
        settings = shared.settings_of(0)
        with State.open(settings.state_url, shared.clock.now) as state:
            transport = Transport(choose_connection(settings, state, shared.clock.now))
            with closing(transport):
                assert JiraClient(transport).fetch_identity().email == "demo@example.com"
