"""The connected site and the credential for it: one row a grant, changed by one process at a time.

A view of the home shows those of the first site.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from datetime import timedelta

from sqlalchemy import Connection, delete, select, text, update

from jira_assets.errors import InputError
from jira_assets.state.database import Database, StatePart
from jira_assets.state.grants import is_shared, new_number
from jira_assets.state.models import ConnectedSite, Credential
from jira_assets.state.tables import credentials, sites

LONGEST_HOLD = timedelta(minutes=1)
"""So long a process of another host waits for one that froze; more than a request to Atlassian takes."""

_SITE = [sites.c[field.name] for field in fields(ConnectedSite)]
_CREDENTIAL = [credentials.c[field.name] for field in fields(Credential)]
"""In the order of the fields."""


class HeldCredential:
    """The credential while no other process can change it; what is kept here is committed with the block."""

    def __init__(self, connection: Connection, grant_id: int, credential: Credential | None) -> None:
        self._connection = connection
        self._grant_id = grant_id
        self.credential = credential

    def keep(self, credential: Credential) -> None:
        """Write it in place of the one before."""
        self._connection.execute(
            update(credentials).where(credentials.c.grant_id == self._grant_id).values(**asdict(credential))
        )
        self.credential = credential


class Credentials(StatePart):
    """Keep who is connected to which site; secrets come in sealed and go out sealed."""

    def __init__(self, database: Database, site_id: int) -> None:
        super().__init__(database)
        self._site_id = site_id

    def site(self) -> ConnectedSite:
        """Return the site, as far as it is known."""
        with self._database.reading() as connection:
            return self._site(connection)

    def current(self) -> Credential | None:
        """Read the stored credential of the site, if there is one."""
        with self._database.reading() as connection:
            return _select(connection, self._site(connection).grant_id)

    def connect(self, site: ConnectedSite, credential: Credential) -> None:
        """Keep address and credential of the site, in place of those before.

        Sites that share the credential before keep that one, unless the new one renews it.
        """
        with self._database.writing() as connection:
            known = self._site(connection)
            before = _select(connection, known.grant_id)
            if before is not None and not credential.renews(before) and is_shared(connection, known):
                known = replace(known, grant_id=new_number(connection))
            known = replace(known, cloud_id=site.cloud_id, url=site.url, name=site.name)
            known = replace(known, connected_at=self._database.clock())
            self._database.upsert(connection, sites, asdict(known))
            self._database.upsert(connection, credentials, {"grant_id": known.grant_id, **asdict(credential)})

    def forget(self) -> bool:
        """Forget the credential of the site, not the site; return whether there was one.

        A credential that another site uses, too, stays for that one.
        """
        with self._database.writing() as connection:
            site = self._site(connection)
            credential = _select(connection, site.grant_id)
            if is_shared(connection, site):
                own = replace(site, grant_id=new_number(connection))
                self._database.upsert(connection, sites, asdict(own))
            else:
                connection.execute(delete(credentials).where(credentials.c.grant_id == site.grant_id))
            return credential is not None

    @contextmanager
    def exclusive(self) -> Iterator[HeldCredential]:
        """Hold the credential so that no other process, on any machine, changes it meanwhile.

        On SQLite the transaction keeps every writer of the state out, so be quick; on Postgres a lock of the
        row keeps out only those who want the same. Death frees both, and then nothing was changed. If
        the process freezes, Postgres ends its transaction after a minute, to the same effect.
        """
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                limit = text("select set_config('idle_in_transaction_session_timeout', :milliseconds, true)")
                connection.execute(limit, {"milliseconds": str(LONGEST_HOLD // timedelta(milliseconds=1))})
            grant_id = self._site(connection).grant_id
            yield HeldCredential(connection, grant_id, _select(connection, grant_id, alone=True))

    def _site(self, connection: Connection) -> ConnectedSite:
        query = select(*_SITE).where(sites.c.site_id == self._site_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise InputError(
                f"Site {self._site_id} was removed from this home.", "See `jira-assets sites list`."
            )
        return ConnectedSite(*row)


def _select(connection: Connection, grant_id: int, *, alone: bool = False) -> Credential | None:
    query = select(*_CREDENTIAL).where(credentials.c.grant_id == grant_id)
    row = connection.execute(query.with_for_update() if alone else query).one_or_none()
    return Credential(*row) if row else None
