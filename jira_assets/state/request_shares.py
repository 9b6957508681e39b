"""How the requests in flight of a site are divided between the processes of hosts that share a lake.

One row for each site, which a process replaces if no other one was faster: no statement waits for a process
that froze in the middle of something.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from jira_assets.state.database import Database, StatePart
from jira_assets.state.models import ConnectedSite

_READ = text("""
select coalesce(version, 0), coalesce(shares, '[]'), now()
from (select 1) as always left join request_shares on site_id = :site_id
""")
_REPLACE = text("""
insert into request_shares (site_id, version, shares) values (:site_id, 1, :shares)
on conflict (site_id) do update set version = request_shares.version + 1, shares = excluded.shares
where request_shares.version = :version
returning version
""")


@dataclass(frozen=True)
class FoundShares:
    """The shares of a site as JSON, the version of the row, and the time by the clock of the database."""

    version: int
    body: str
    now: datetime


class RequestShares(StatePart):
    """Read and replace the row of a site; PostgreSQL only."""

    def __init__(self, database: Database, site: ConnectedSite) -> None:
        super().__init__(database)
        self._site_id = site.site_id

    def read(self) -> FoundShares:
        """Read the row."""
        with self._database.at_once() as connection:
            version, body, now = connection.execute(_READ, {"site_id": self._site_id}).one()
        return FoundShares(version, body, now.astimezone(UTC))

    def replace(self, version: int, body: str) -> bool:
        """Replace the row if it still has that version; return whether it had."""
        given = {"site_id": self._site_id, "version": version, "shares": body}
        with self._database.at_once() as connection:
            return connection.scalar(_REPLACE, given) is not None
