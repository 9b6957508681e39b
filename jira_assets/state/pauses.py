"""When Jira asked everyone to wait, with all requests to a site or with those to one endpoint."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select

from jira_assets.jira.throttle import WHOLE_SITE, Pause
from jira_assets.state.database import Database, StatePart
from jira_assets.state.models import ConnectedSite
from jira_assets.state.tables import pauses

_BEFORE_ENDPOINT = ": "


def pause_scope(site: ConnectedSite) -> str:
    """Name what pauses of a site apply to."""
    return "site" if site.is_first else f"site {site.site_id}"


def are_of_site(scope: str) -> ColumnElement[bool]:
    """Return the condition for the pauses of a site and of its endpoints."""
    return or_(pauses.c.scope == scope, pauses.c.scope.startswith(f"{scope}{_BEFORE_ENDPOINT}"))


class Pauses(StatePart):
    """The board every process looks at before it asks Jira; a view of the home has that of the first site."""

    def __init__(self, database: Database, site: ConnectedSite) -> None:
        super().__init__(database)
        self._scope = pause_scope(site)

    def all(self) -> dict[str, Pause]:
        """Return the last pause of each endpoint and that of the `WHOLE_SITE`, also when they are over."""
        query = select(pauses.c.scope, pauses.c.until, pauses.c.reason).where(are_of_site(self._scope))
        before = self._scope + _BEFORE_ENDPOINT
        with self._database.reading() as connection:
            return {
                WHOLE_SITE if scope == self._scope else scope.removeprefix(before): Pause(until, reason)
                for scope, until, reason in connection.execute(query)
            }

    def until(self) -> datetime | None:
        """Return the end of the last pause of the whole site, also when it is over; None without any."""
        with self._database.reading() as connection:
            return connection.scalar(select(pauses.c.until).where(pauses.c.scope == self._scope))

    def reason(self) -> str | None:
        """Return the reason of that pause."""
        with self._database.reading() as connection:
            return connection.scalar(select(pauses.c.reason).where(pauses.c.scope == self._scope))

    def pause(self, until: datetime, reason: str, endpoint: str = WHOLE_SITE) -> None:
        """Pause requests until that time; a longer pause that stands already is kept."""
        scope = f"{self._scope}{_BEFORE_ENDPOINT}{endpoint}" if endpoint else self._scope
        statement = self._database.insert_into(pauses).values(scope=scope, until=until, reason=reason)
        with self._database.writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["scope"],
                    set_={"until": statement.excluded.until, "reason": statement.excluded.reason},
                    where=pauses.c.until < statement.excluded.until,
                )
            )

    def resume(self) -> None:
        """End all pauses of the site now."""
        with self._database.writing() as connection:
            connection.execute(delete(pauses).where(are_of_site(self._scope)))
