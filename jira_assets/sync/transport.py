"""Ask a site as one of many processes: pauses and the limit of requests in flight hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from jira_assets.auth.credentials import choose_connection
from jira_assets.jira.connection import Bearer, Connection
from jira_assets.jira.http import Transport
from jira_assets.jira.in_flight import InFlightLimit
from jira_assets.jira.quota import PointsLedger
from jira_assets.jira.throttle import RecentPauses
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets.sync.in_flight_files import FileLimit

POINTS_OF_AN_APP = 60_000
"""What an OAuth app may spend in an hour, less a reserve; Jira allows 65,000 for all its users together."""


def open_transport(
    settings: Settings,
    state: State,
    clock: Callable[[], datetime] | None = None,
    *,
    counts_points: bool = False,
    **options: Any,
) -> Transport:
    """Open a transport for the site of that state; `options` are further ones of `Transport`.

    What costs many points `counts_points`, for which it has to be closed. Raises `AuthenticationError` when
    no site is connected.
    """
    clock = clock or state.clock
    connection = choose_connection(settings, state, clock)
    pauses = RecentPauses(state.pauses)
    ledger = None
    if counts_points:
        ledger = PointsLedger(state.points, pauses, _budget(settings, connection), clock)
    return Transport(
        connection,
        in_flight=_limit(settings, state),
        max_in_flight=settings.max_in_flight,
        pause=pauses,
        ledger=ledger,
        clock=clock,
        **options,
    )


def _limit(settings: Settings, state: State) -> InFlightLimit:
    """Return what all processes that ask the site have in common: those of a home, or of a shared lake."""
    slots = settings.max_in_flight
    if settings.lake_url is None:
        return FileLimit(settings.in_flight_dir / str(state.site_id), slots)
    from jira_assets.sync.in_flight_shared import SharedLimit  # late: few homes need it

    return SharedLimit(state.request_shares, slots)


def _budget(settings: Settings, connection: Connection) -> int | None:
    """Return how many points an hour may cost; Jira meters OAuth apps only."""
    metered = isinstance(connection.credential, Bearer)
    return settings.points_per_hour or (POINTS_OF_AN_APP if metered else None)
