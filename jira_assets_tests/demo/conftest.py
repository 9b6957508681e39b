"""A small site behind HTTP, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from jira_assets.demo.clock import VirtualClock, epoch_ms
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets_tests.demo.caller import Caller

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def site() -> DemoSite:
    """Three projects (classic and next-gen among them) of 120 issues; the clock stands still at noon UTC."""
    data = generate_site(11, projects=4, issues=120, now_ms=epoch_ms(NOW))
    return DemoSite(data, clock=VirtualClock(NOW, frozen=True))


@pytest.fixture
def server(site: DemoSite) -> Iterator[DemoServer]:
    """The site, served."""
    with DemoServer(site) as server:
        yield server


@pytest.fixture
def api(server: DemoServer) -> Iterator[Caller]:
    """A caller with the right credentials at the site's own address."""
    with Caller(server.url) as caller:
        yield caller
