"""Open what commands work with: state, client, warehouse. Each is imported when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jira_assets.errors import InputError
from jira_assets.settings import Settings

if TYPE_CHECKING:
    import duckdb

    from jira_assets.jira.client import JiraClient
    from jira_assets.jira.pauses import Wait
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
    from jira_assets.jira.connection import Connection
    from jira_assets.jira.transport import Transport

    connection = Connection.from_settings(settings)
    return JiraClient(
        Transport(connection, max_in_flight=settings.max_in_flight, pause=state, on_wait=on_wait)
    )


def open_warehouse(settings: Settings) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse for reading; raises InputError when nothing was published yet."""
    import duckdb

    if not settings.warehouse_file.exists():
        raise InputError(
            f"There is no warehouse in {settings.warehouse_dir} yet.",
            "Track a project with `jira-assets projects track KEY`, then run `jira-assets sync`.",
        )
    # The link moves to a new file at each publish; whoever has opened one keeps reading that one.
    return duckdb.connect(str(settings.warehouse_file.resolve()), read_only=True)
