"""Compare the problems that stand with those that were reported, and find what has to be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from jira_assets.alerts.conditions import Condition, HealthReport, Key, causes_of
from jira_assets.state.models import Alert


@dataclass(frozen=True)
class Changes:
    """The problems as they are to be kept, and those that are to be reported as begun or as over."""

    alerts: list[Alert]
    opened: list[Alert]
    closed: list[Alert]


def compare(known: Sequence[Alert], look: HealthReport, now: datetime, lasting: timedelta) -> Changes:
    """Report a problem when it has lasted so long, once, and its end when that has lasted so long, once.

    A problem that another one explains is not reported while that one stands, and has to last anew after it.
    """
    before = {alert.key: alert for alert in known}
    present = {condition.key: condition for condition in look.conditions}
    alerts: dict[Key, Alert] = {}
    closed = []
    for key in sorted(before.keys() | present.keys()):
        is_decided = key in present or key not in look.undecided
        alert = _seen(before.get(key), present.get(key), now) if is_decided else before[key]
        if is_decided and alert is not None and alert.cleared_at and now - alert.cleared_at >= lasting:
            closed.append(alert)
        elif alert is not None:
            alerts[key] = alert
    reported = {key: _reported(alert, alerts, now, lasting) for key, alert in alerts.items()}
    opened = [alert for key, alert in reported.items() if alert.sent_at and not alerts[key].sent_at]
    return Changes(list(reported.values()), opened, closed)


def _seen(before: Alert | None, condition: Condition | None, now: datetime) -> Alert | None:
    """Bring what is known of a problem up to date; one that was never reported is forgotten when over."""
    if condition is not None:
        return _standing(before, condition, now)
    if before is None or before.cleared_at is not None:
        return before
    return replace(before, cleared_at=now) if before.sent_at else None


def _standing(before: Alert | None, condition: Condition, now: datetime) -> Alert:
    if before is None:
        since = condition.since or now
        before = Alert(*condition.key, "", "", "", since, noticed_at=now)
    return replace(
        before,
        subject=condition.subject,
        text=condition.text,
        remedy=condition.remedy,
        cleared_at=None,
    )


def _reported(alert: Alert, alerts: Mapping[Key, Alert], now: datetime, lasting: timedelta) -> Alert:
    if alert.sent_at:
        return alert
    if any(cause in alerts for cause in causes_of(alert.key)):
        return replace(alert, noticed_at=now)
    return replace(alert, sent_at=now) if now - alert.noticed_at >= lasting else alert
