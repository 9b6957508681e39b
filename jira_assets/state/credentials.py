"""The connected site and the credential for it: one row a grant, changed by one process at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

from sqlalchemy import Connection, delete, select, update

from jira_assets.state.database import StatePart
from jira_assets.state.models import ConnectedSite, Credential
from jira_assets.state.tables import THE_SITE, credentials, sites


class HeldCredential:
    """The credential while no other process can change it; what is kept here is committed with the block."""

    def __init__(self, connection: Connection, credential: Credential | None) -> None:
        self._connection = connection
        self.credential = credential

    def keep(self, credential: Credential) -> None:
        """Write it in place of the one before."""
        self._connection.execute(
            update(credentials).where(credentials.c.site_id == THE_SITE).values(**asdict(credential))
        )
        self.credential = credential


class Credentials(StatePart):
    """Keep who is connected to which site; secrets come in sealed and go out sealed."""

    def site(self) -> ConnectedSite:
        """Return which site this state belongs to, as far as it is known."""
        with self._database.reading() as connection:
            row = connection.execute(select(sites).where(sites.c.site_id == THE_SITE)).mappings().one()
        return ConnectedSite(**{name: value for name, value in row.items() if name != "site_id"})

    def current(self) -> Credential | None:
        """Read the stored credential, if there is one."""
        with self._database.reading() as connection:
            return _select(connection)

    def connect(self, site: ConnectedSite, credential: Credential) -> None:
        """Keep site and credential together, in place of those before."""
        now = self._database.clock()
        with self._database.writing() as connection:
            self._database.upsert(
                connection, sites, {"site_id": THE_SITE, **asdict(replace(site, connected_at=now))}
            )
            self._database.upsert(connection, credentials, {"site_id": THE_SITE, **asdict(credential)})

    def forget(self) -> bool:
        """Forget the credential, not the site; return whether there was one."""
        with self._database.writing() as connection:
            gone = connection.execute(delete(credentials).where(credentials.c.site_id == THE_SITE))
            return gone.rowcount > 0

    @contextmanager
    def exclusive(self) -> Iterator[HeldCredential]:
        """Hold the credential so that no other process, on any machine, changes it meanwhile.

        On SQLite the transaction keeps every writer of the state out, so be quick; on Postgres a lock of the
        row keeps out only those who want the same. Death frees both, and then nothing was changed.
        """
        with self._database.writing() as connection:
            yield HeldCredential(connection, _select(connection, alone=True))


def _select(connection: Connection, *, alone: bool = False) -> Credential | None:
    query = select(credentials).where(credentials.c.site_id == THE_SITE)
    row = connection.execute(query.with_for_update() if alone else query).mappings().one_or_none()
    return Credential(**{name: value for name, value in row.items() if name != "site_id"}) if row else None
