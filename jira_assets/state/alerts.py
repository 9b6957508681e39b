"""Which problems were noticed and reported, and the messages about them that wait to be sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, text, update

from jira_assets.state.database import StatePart
from jira_assets.state.models import Alert, AlertMessage, QueuedMessage
from jira_assets.state.tables import alert_messages, alerts

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
KEPT = timedelta(days=7)
"""A message that could not be sent for so long is dropped."""
_ALERTS_LOCK = 54_672_032  # the key of an advisory lock, next to that of the schema

Change = Callable[[list[Alert]], tuple[list[Alert], AlertMessage | None]]


class Alerts(StatePart):
    """Problems, one row each, and an outbox with a row for each message and target."""

    def all(self) -> list[Alert]:
        """List the problems that stand or whose end was not reported yet."""
        with self._database.reading() as connection:
            return _read(connection)

    def revise(self, change: Change, targets: Sequence[str], now: datetime) -> None:
        """Replace the problems by what `change` makes of them, and queue its message for every target.

        Both happen in one transaction, and one process at a time: no message is queued twice.
        """
        before = self.all()
        if change(before) == (before, None):
            return  # the usual case: no other writer has to wait
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":  # SQLite admits one writer at a time anyway
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ALERTS_LOCK})
            revised, message = change(_read(connection))
            connection.execute(delete(alerts))
            if revised:
                connection.execute(insert(alerts), [asdict(alert) for alert in revised])
            if message and targets:
                connection.execute(insert(alert_messages), [_queued(message, each, now) for each in targets])

    def claim_message(self, targets: Collection[str], now: datetime) -> QueuedMessage | None:
        """Take the next message that is due, and put off its next attempt: no other process sends it now.

        Messages of a target keep their order: one that cannot be sent delays those after it.
        """
        heads = _heads().where(alert_messages.c.created_at >= now - KEPT).scalar_subquery()
        due = (
            select(alert_messages)
            .where(alert_messages.c.message_id.in_(heads), alert_messages.c.target.in_(list(targets)))
            .where(alert_messages.c.next_attempt_at <= now)
            .order_by(alert_messages.c.message_id)
            .limit(1)
        )
        with self._database.reading() as connection:
            if connection.execute(due).first() is None:
                return None
        with self._database.writing() as connection:
            connection.execute(delete(alert_messages).where(alert_messages.c.created_at < now - KEPT))
            row = connection.execute(due.with_for_update()).first()
            if row is None:
                return None
            later = {"attempts": row.attempts + 1, "next_attempt_at": now + pause_after(row.attempts + 1)}
            mine = alert_messages.c.message_id == row.message_id
            connection.execute(update(alert_messages).where(mine).values(**later))
            return _message(row)

    def forget_message(self, message_id: int) -> None:
        """Remove a message that was sent."""
        with self._database.writing() as connection:
            connection.execute(delete(alert_messages).where(alert_messages.c.message_id == message_id))

    def unsent_messages(self) -> list[QueuedMessage]:
        """List the oldest message of each target that was tried and could not be sent."""
        query = select(alert_messages).where(
            alert_messages.c.message_id.in_(_heads().scalar_subquery()), alert_messages.c.attempts > 0
        )
        with self._database.reading() as connection:
            return [_message(row) for row in connection.execute(query)]


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: twice as long each time, up to an hour."""
    return min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)


def _heads() -> Select[tuple[int]]:
    return select(func.min(alert_messages.c.message_id)).group_by(alert_messages.c.target)


def _read(connection: Connection) -> list[Alert]:
    rows = connection.execute(select(alerts)).mappings()
    return sorted((Alert(**row) for row in rows), key=lambda alert: alert.key)


def _queued(message: AlertMessage, target: str, now: datetime) -> dict[str, object]:
    return asdict(message) | {"target": target, "created_at": now, "attempts": 0, "next_attempt_at": now}


def _message(row: Row[tuple[object, ...]]) -> QueuedMessage:
    message = AlertMessage(row.title, row.body, row.is_recovery)
    return QueuedMessage(row.message_id, row.target, message, row.attempts, row.next_attempt_at)
