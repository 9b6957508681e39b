"""Open what commands work with: state, client, warehouse. Each is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jira_assets.settings.load import Settings

if TYPE_CHECKING:
    import duckdb

    from jira_assets.jira.client import JiraClient
    from jira_assets.jira.throttle import Wait
    from jira_assets.state import State


def open_state(settings: Settings) -> State:
    """Open the state of the home; it is created when missing."""
    from jira_assets.state import State

    return State.open(settings.state_url)


def open_client(
    settings: Settings, state: State, on_wait: Callable[[Wait], None] | None = None
) -> JiraClient:
    """Open a client for the connected site; raises AuthenticationError when none is connected."""
    from jira_assets.jira.client import JiraClient
    from jira_assets.sync.transport import open_transport

    return JiraClient(open_transport(settings, state, on_wait=on_wait))


def open_warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse for reading; raises InputError when nothing was published yet."""
    from jira_assets.warehouse import read as readers

    return readers.open_warehouse(settings.warehouse_file)
