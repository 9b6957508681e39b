"""Settings of the site that everyone who uses this state shares."""

from __future__ import annotations

from sqlalchemy import delete, select

from jira_assets.state.database import StatePart
from jira_assets.state.tables import site_settings


class SiteSettings(StatePart):
    """Names and values; nothing secret belongs here."""

    def all(self) -> dict[str, str]:
        """Read every setting that is kept here."""
        with self._database.reading() as connection:
            rows = connection.execute(select(site_settings).order_by(site_settings.c.name))
            return {row.name: row.value for row in rows}

    def get(self, name: str) -> str | None:
        """Read one setting; None when it was never set."""
        return self.all().get(name)

    def set(self, name: str, value: str | None) -> None:
        """Keep a setting; None removes it."""
        with self._database.writing() as connection:
            if value is None:
                connection.execute(delete(site_settings).where(site_settings.c.name == name))
            else:
                self._database.upsert(connection, site_settings, {"name": name, "value": value})
