"""A client that talks to a scripted site, on a clock that passes only by sleeping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from jira_assets.jira.client import JiraClient
from jira_assets.jira.connection import BasicToken, Connection
from jira_assets.jira.http import Transport
from jira_assets_tests.jira.scripted_site import Canned, ScriptedSite

Ask = Callable[..., tuple[JiraClient, ScriptedSite]]


@pytest.fixture
def free_port_url() -> str:
    """Give an address at which nobody listens."""
    with ScriptedSite(Canned()) as site:
        return site.url


@pytest.fixture
def scripted() -> Iterator[Ask]:
    """Start a site with a script and give a client for it; keywords go to the transport."""
    with ExitStack() as stack:

        def start(*script: Canned, **options: Any) -> tuple[JiraClient, ScriptedSite]:
            site = stack.enter_context(ScriptedSite(*script))
            connection = Connection(site.url, BasicToken("ann@example.com", "s3cret-token"))
            options = {"clock": site.clock.now, "sleep": site.clock.sleep, **options}
            transport = Transport(connection, **options)
            stack.callback(transport.close)
            return JiraClient(transport), site

        yield start
