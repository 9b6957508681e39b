"""What was spent of Jira's points this hour, by every process of the home together."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from jira_assets.state.database import StatePart
from jira_assets.state.tables import points_spent

KEPT = timedelta(days=7)


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour: Jira fills its quota up at every full hour, UTC."""
    return moment.replace(minute=0, second=0, microsecond=0)


class Points(StatePart):
    """A ledger with one row an hour."""

    def spend(self, points: int, at: datetime) -> int:
        """Write down what was spent and return what the hour has cost so far."""
        hour = hour_of(at)
        statement = self._database.insert_into(points_spent).values(hour=hour, points=points)
        summed = {"points": points_spent.c.points + statement.excluded.points}
        with self._database.writing() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=["hour"], set_=summed))
            connection.execute(delete(points_spent).where(points_spent.c.hour < hour - KEPT))
            spent = connection.scalar(select(points_spent.c.points).where(points_spent.c.hour == hour))
        return int(spent or 0)

    def spent(self, at: datetime) -> int:
        """Return what the hour of that moment has cost so far."""
        query = select(points_spent.c.points).where(points_spent.c.hour == hour_of(at))
        with self._database.reading() as connection:
            return int(connection.scalar(query) or 0)
