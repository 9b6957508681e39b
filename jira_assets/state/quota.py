"""What was spent of Jira's points this hour, by every process of the home together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select

from jira_assets.state.database import Database, StatePart
from jira_assets.state.tables import points_spent

KEPT = timedelta(days=7)


def hour_of(moment: datetime) -> datetime:
    """Return the start of the hour: Jira fills its quota up at every full hour, UTC."""
    return moment.replace(minute=0, second=0, microsecond=0)


class Points(StatePart):
    """A ledger with one row an hour for each credential: Jira meters an app over all its sites."""

    def __init__(self, database: Database, grant_id: int) -> None:
        super().__init__(database)
        self._grant_id = grant_id

    def spend(self, points: int, at: datetime) -> int:
        """Write down what was spent and return what the hour has cost so far."""
        hour = hour_of(at)
        statement = self._database.insert_into(points_spent).values(
            hour=hour, grant_id=self._grant_id, points=points
        )
        summed = {"points": points_spent.c.points + statement.excluded.points}
        with self._database.writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["hour", "grant_id"], set_=summed)
            )
            connection.execute(delete(points_spent).where(points_spent.c.hour < hour - KEPT))
            spent = connection.scalar(self._of(hour))
        return int(spent or 0)

    def spent(self, at: datetime) -> int:
        """Return what the hour of that moment has cost so far."""
        with self._database.reading() as connection:
            return int(connection.scalar(self._of(hour_of(at))) or 0)

    def _of(self, hour: datetime) -> Select[Any]:
        return select(points_spent.c.points).where(
            points_spent.c.hour == hour, points_spent.c.grant_id == self._grant_id
        )
