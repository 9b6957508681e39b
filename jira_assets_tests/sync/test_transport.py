"""What one process of a home, or of hosts with a shared lake, is told by Jira holds for the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from jira_assets.demo.clock import VirtualClock, epoch_ms
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.errors import RateLimited
from jira_assets.jira.client import JiraClient
from jira_assets.jira.quota import A_NOTE
from jira_assets.settings.load import load_settings
from jira_assets.state import State
from jira_assets.sync.transport import open_transport
from jira_assets_tests.harness import MONDAY_NOON, credentials

Process = Callable[[str], JiraClient]


@pytest.fixture
def site() -> DemoSite:
    """A site whose clock moves only when someone waits."""
    clock = VirtualClock(MONDAY_NOON, frozen=True)
    return DemoSite(generate_site(1, projects=1, issues=2, now_ms=epoch_ms(MONDAY_NOON)), clock=clock)


@pytest.fixture
def process(site: DemoSite, tmp_path: Path, state_url: str) -> Iterator[Process]:
    """Open a client as a process does that has a name for its home."""
    with DemoServer(site) as server, ExitStack() as opened:

        def open_client(home: str) -> JiraClient:
            state = opened.enter_context(State.open(state_url, site.clock.now))
            chosen = {"home": str(tmp_path / home), "points_per_hour": str(A_NOTE)}
            settings = load_settings(chosen, credentials(server), dotenv=None, stored={})
            transport = open_transport(
                settings, state, counts_points=True, sleep=site.clock.sleep, attempts=1
            )
            return JiraClient(opened.enter_context(closing(transport)))

        yield open_client


@pytest.mark.parametrize("status", [429, 503])
def test_what_jira_tells_one_process_to_wait_the_others_wait_too(
    site: DemoSite, process: Process, status: int
) -> None:
    one, other = process("a"), process("b")
    refusal = faults.rate_limit(40) if status == 429 else faults.server_error(503, retry_after=40)
    refusal.path, refusal.count = "/rest/api/3/field", 1
    site.faults.add(refusal)
    with pytest.raises(Exception, match=str(status)):
        one.fetch_fields()

    other.fetch_statuses()
    assert site.clock.now() == MONDAY_NOON
    other.fetch_fields()
    assert site.clock.now() >= MONDAY_NOON + timedelta(seconds=40)
    assert site.early_returns == []


def test_a_spent_quota_stops_every_process_with_every_request(site: DemoSite, process: Process) -> None:
    one, other = process("a"), process("b")
    site.faults.add(faults.quota_limit(timedelta(minutes=30), count=1))
    with pytest.raises(RateLimited):
        one.fetch_fields()
    other.fetch_statuses()
    assert site.clock.now() >= MONDAY_NOON + timedelta(minutes=30)


def test_the_budget_of_an_hour_is_that_of_all_processes_together(site: DemoSite, process: Process) -> None:
    one, other = process("a"), process("b")
    one.transport.spend(A_NOTE)
    other.fetch_statuses()
    assert site.clock.now() == MONDAY_NOON.replace(hour=13)
