"""Send the queued messages, and say which did not go through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from jira_assets.alerts.send import target_of
from jira_assets.formatting import counted
from jira_assets.settings.values import mask_alert_url
from jira_assets.state import AlertMessage

if TYPE_CHECKING:
    from jira_assets.state import State

MOST_SENT = 5
"""Messages sent in one look; the rest follow at the next."""

Send = Callable[[str, AlertMessage], str | None]


def send_queued(state: State, urls: Sequence[str], now: datetime, send: Send) -> None:
    """Send the messages that are due; one that does not go through is tried again later."""
    by_target = {target_of(url): url for url in urls}
    for _ in range(MOST_SENT):
        queued = state.alerts.claim_message(by_target.keys(), now)
        if queued is None:
            return
        if send(by_target[queued.target], queued.message) is None:
            state.alerts.forget_message(queued.message_id)


def unsent_notices(state: State, urls: Sequence[str]) -> list[str]:
    """Say to which URLs messages did not go through."""
    by_target = {target_of(url): mask_alert_url(url) for url in urls}
    return [
        f"Alerts to {by_target[queued.target]} did not go through ({counted(queued.attempts, 'attempt')}, "
        f"next after {queued.next_attempt_at:%H:%M} UTC). `jira-assets doctor --alert-test` tries it."
        for queued in state.alerts.unsent_messages()
        if queued.target in by_target
    ]
