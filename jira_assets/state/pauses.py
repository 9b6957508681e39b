"""When Jira asked everyone to wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from jira_assets.state.database import Database, StatePart
from jira_assets.state.models import ConnectedSite
from jira_assets.state.tables import pauses


def pause_scope(site: ConnectedSite) -> str:
    """Name what pauses of a site apply to."""
    return "site" if site.is_first else f"site {site.site_id}"


class Pauses(StatePart):
    """The board every process looks at before it asks Jira; a view of the home has that of the first site."""

    def __init__(self, database: Database, site: ConnectedSite) -> None:
        super().__init__(database)
        self._scope = pause_scope(site)

    def until(self) -> datetime | None:
        """Return the end of the last pause, also when it is over; None when there never was one."""
        with self._database.reading() as connection:
            return connection.scalar(select(pauses.c.until).where(pauses.c.scope == self._scope))

    def reason(self) -> str | None:
        """Return the reason of the pause."""
        with self._database.reading() as connection:
            return connection.scalar(select(pauses.c.reason).where(pauses.c.scope == self._scope))

    def pause(self, until: datetime, reason: str) -> None:
        """Pause all requests to the site until that time; a longer pause that stands already is kept."""
        statement = self._database.insert_into(pauses).values(scope=self._scope, until=until, reason=reason)
        with self._database.writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["scope"],
                    set_={"until": statement.excluded.until, "reason": statement.excluded.reason},
                    where=pauses.c.until < statement.excluded.until,
                )
            )

    def resume(self) -> None:
        """End the pause now."""
        with self._database.writing() as connection:
            connection.execute(delete(pauses).where(pauses.c.scope == self._scope))
