"""When Jira asked everyone to wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from jira_assets.state.database import StatePart
from jira_assets.state.tables import pauses

SITE = "site"


class Pauses(StatePart):
    """The board every process looks at before it asks Jira."""

    def until(self, scope: str = SITE) -> datetime | None:
        """Return the end of the last pause, also when it is over; None when there never was one."""
        with self._database.reading() as connection:
            return connection.scalar(select(pauses.c.until).where(pauses.c.scope == scope))

    def reason(self, scope: str = SITE) -> str | None:
        """Return the reason of the pause."""
        with self._database.reading() as connection:
            return connection.scalar(select(pauses.c.reason).where(pauses.c.scope == scope))

    def pause(self, until: datetime, reason: str, scope: str = SITE) -> None:
        """Pause all requests to Jira until that time; a longer pause that stands already is kept."""
        statement = self._database.insert_into(pauses).values(scope=scope, until=until, reason=reason)
        with self._database.writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["scope"],
                    set_={"until": statement.excluded.until, "reason": statement.excluded.reason},
                    where=pauses.c.until < statement.excluded.until,
                )
            )

    def resume(self, scope: str = SITE) -> None:
        """End the pause now."""
        with self._database.writing() as connection:
            connection.execute(delete(pauses).where(pauses.c.scope == scope))
