"""Several processes ask one site: never more than the limit at a time, whichever of them die or freeze."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.jira.http import MAX_IN_FLIGHT
from jira_assets_tests.child_process import child_process
from jira_assets_tests.harness import credentials
from jira_assets_tests.shared_place import shared_place
from jira_assets_tests.waiting import wait_until

SHARE_SECONDS = 4.0
ROUND = 60
"""So many requests show how the site is divided."""


@dataclass
class Asking:
    """A site, and processes that ask it at the same time."""

    site: DemoSite
    environment: dict[str, str]
    homes: dict[str, Path]

    def start(self, name: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """Start a process."""
        return child_process(
            [sys.executable, "-m", "jira_assets_tests.asking_process", name, str(SHARE_SECONDS)],
            env=self.environment | {"JIRA_ASSETS_HOME": str(self.homes[name])},
        )

    def next_round(self) -> tuple[Counter[str], int]:
        """Return who sent the next requests, and how many were in flight at most."""
        mark = self.site.journal.mark()
        wait_until(lambda: self.site.journal.total >= mark + ROUND)
        asked = self.site.requests_since(mark)
        return Counter(each.query.removeprefix("from=") for each in asked), max(
            each.in_flight for each in asked
        )

    def have_asked(self, *names: str) -> bool:
        """Check that just these share the requests of a round, with none nearly left out."""
        by_name, _ = self.next_round()
        return set(by_name) == set(names) and min(by_name.values()) > ROUND / len(names) / 2


@contextmanager
def asking(settings: dict[str, str], homes: dict[str, Path]) -> Iterator[Asking]:
    site = DemoSite(generate_site(1, projects=1, issues=2, now_ms=int(time.time() * 1000)))
    with DemoServer(site, latency_ms=80) as server:
        kept = {name: os.environ[name] for name in os.environ if not name.startswith(("JIRA_", "DAGSTER"))}
        yield Asking(site, kept | credentials(server) | settings, homes)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Asking]:
    """One home on one machine."""
    with asking({}, dict.fromkeys("ab", tmp_path / "home")) as processes:
        yield processes


@pytest.fixture
def hosts(tmp_path: Path, postgres_url: str) -> Iterator[Asking]:
    """Hosts with homes of their own, and a shared lake."""
    with shared_place(tmp_path, postgres_url) as place:
        settings = {
            "JIRA_ASSETS_STATE_URL": place.state_url,
            "JIRA_ASSETS_LAKE": place.address,
            "JIRA_ASSETS_SECRET_KEY": place.settings["secret_key"],
        }
        with asking(settings, {name: tmp_path / name for name in "ab"}) as processes:
            yield processes


def test_the_processes_of_a_home_share_the_limit_and_a_killed_one_holds_nothing(home: Asking) -> None:
    with home.start("a"), home.start("b") as other:
        wait_until(lambda: home.have_asked("a", "b"))
        assert home.site.journal.most_in_flight == MAX_IN_FLIGHT
        other.kill()  # the site may still work on what it asked, which nobody waits for
        wait_until(lambda: home.next_round() == (Counter(a=ROUND), MAX_IN_FLIGHT))


@pytest.mark.prove
def test_hosts_share_the_limit_and_the_share_of_a_killed_one_comes_back(hosts: Asking) -> None:
    with hosts.start("a"), hosts.start("b") as other:
        wait_until(lambda: hosts.have_asked("a", "b"))
        assert hosts.next_round()[1] <= MAX_IN_FLIGHT
        other.kill()
        wait_until(lambda: hosts.next_round() == (Counter(a=ROUND), MAX_IN_FLIGHT))
    assert hosts.site.journal.most_in_flight == MAX_IN_FLIGHT


@pytest.mark.prove
def test_a_host_that_was_frozen_begins_nothing_before_it_has_a_share_again(hosts: Asking) -> None:
    with hosts.start("a"), hosts.start("b") as frozen:
        wait_until(lambda: hosts.have_asked("a", "b"))
        frozen.send_signal(signal.SIGSTOP)
        wait_until(lambda: hosts.next_round() == (Counter(a=ROUND), MAX_IN_FLIGHT))
        frozen.send_signal(signal.SIGCONT)
        wait_until(lambda: hosts.have_asked("a", "b"))
        assert hosts.next_round()[1] <= MAX_IN_FLIGHT
    # Of the frozen one, no more than it had: its requests that were about to be sent.
    assert hosts.site.journal.most_in_flight <= MAX_IN_FLIGHT + MAX_IN_FLIGHT / 2
