"""Put what changed into one message."""

from __future__ import annotations

from collections.abc import Sequence

from jira_assets.alerts.changes import Changes
from jira_assets.alerts.conditions import WORDS
from jira_assets.formatting import counted
from jira_assets.state.models import Alert, AlertMessage

MOST_LISTED = 20
"""Chat services cut long messages."""
LONGEST_TEXT = 300
LAST_LINE = "`jira-assets status` shows the state of all projects."


def write_message(changes: Changes, site: str) -> AlertMessage | None:
    """Write the message about these changes; None where nothing has to be said."""
    if not changes.opened and not changes.closed:
        return None
    opened = {alert.key for alert in changes.opened}
    standing = [alert for alert in changes.alerts if alert.sent_at and alert.key not in opened]
    blocks = [
        _block("New:", [_describe(alert) for alert in changes.opened]),
        _block("Over:", [_describe_end(alert) for alert in changes.closed]),
        _block("Reported before, not over:", [_name(alert) for alert in standing]),
    ]
    body = "\n\n".join([*filter(None, blocks), LAST_LINE])
    is_recovery = not opened and not standing
    return AlertMessage(f"jira_assets, {site}: {_title(changes, standing)}", body, is_recovery)


def _title(changes: Changes, standing: Sequence[Alert]) -> str:
    if changes.opened:
        first, more = changes.opened[0], len(changes.opened) - 1
        others = f" and {more} more" if more else ""
        return _name(first) + others
    ended = counted(len(changes.closed), "problem")
    return f"{ended} over, {len(standing)} left" if standing else "every reported problem is over"


def _block(heading: str, lines: Sequence[str]) -> str:
    more = len(lines) - MOST_LISTED
    shown = [f"- {line}" for line in lines[:MOST_LISTED]]
    return "\n".join([heading, *shown, *([f"- and {more} more"] if more > 0 else [])]) if lines else ""


def _describe(alert: Alert) -> str:
    text = " ".join(f"{alert.text} {alert.remedy}".split())
    cut = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    return f"{_name(alert)} (since {alert.since:%Y-%m-%d %H:%M} UTC). {cut}"


def _describe_end(alert: Alert) -> str:
    return f"{_name(alert)} (began {alert.since:%Y-%m-%d %H:%M} UTC, over {alert.cleared_at:%H:%M} UTC)"


def _name(alert: Alert) -> str:
    return ": ".join(filter(None, [alert.subject, WORDS.get(alert.name, alert.name)]))
