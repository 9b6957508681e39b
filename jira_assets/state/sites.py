"""The Jira sites of this home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace

from sqlalchemy import Connection, Table, delete, func, select, update

from jira_assets.errors import InputError
from jira_assets.state.database import StatePart
from jira_assets.state.grants import delete_unused, new_number
from jira_assets.state.models import ConnectedSite
from jira_assets.state.pauses import are_of_site, pause_scope
from jira_assets.state.tables import (
    alerts,
    pauses,
    request_shares,
    sites,
    sync_records,
    sync_requests,
    tracked_projects,
)

_COLUMNS = [sites.c[field.name] for field in fields(ConnectedSite)]
_OF_PROJECTS = ("project_id", "project_key", "about", "subject")
"""Columns whose values begin with the name of their site."""


class Sites(StatePart):
    """List, add, rename and remove sites; the first one is always there."""

    def all(self) -> list[ConnectedSite]:
        """List the sites, the first one first."""
        with self._database.reading() as connection:
            return _select(connection)

    def find(self, text: str, first_url: str | None = None) -> ConnectedSite:
        """Return the site of this short name or address; raises `InputError` when there is none.

        `first_url` is the address of the first site where settings say it.
        """
        first, *others = self.all()
        return _find([replace(first, url=first.url or first_url), *others], text)

    def add(self, site: ConnectedSite, *, grant_id: int | None = None) -> ConnectedSite:
        """Add a further site under its short name; return it with its number and grant, a new one if None.

        Raises `InputError` when another site has that short name, or it is in the home already.
        """
        with self._database.writing() as connection:
            known = _select(connection)
            _refuse_taken(known, site.short_name)
            _refuse_known(known, site)
            number = new_number(connection)
            added = replace(
                site, site_id=number, grant_id=grant_id or number, connected_at=self._database.clock()
            )
            _delete_rows(connection, added.prefix)
            self._database.upsert(connection, sites, asdict(added))
        return added

    def use_grant(self, site: ConnectedSite, grant_id: int) -> None:
        """Have a site use a credential that another one has, too."""
        with self._database.writing() as connection:
            connection.execute(update(sites).where(sites.c.site_id == site.site_id).values(grant_id=grant_id))
            delete_unused(connection)

    def rename(self, site: ConnectedSite, short_name: str) -> ConnectedSite:
        """Change the short name of a site, and rename all that is kept of its projects."""
        with self._database.writing() as connection:
            known = _select(connection)
            present = _present(known, site)
            renamed = replace(present, short_name=short_name)
            _refuse_taken([each for each in known if each.site_id != site.site_id], short_name)
            connection.execute(
                update(sites).where(sites.c.site_id == site.site_id).values(short_name=short_name)
            )
            if renamed.prefix != present.prefix:
                _delete_rows(connection, renamed.prefix)
                for table in _TABLES_OF_PROJECTS:
                    _replace_prefix(connection, table, present.prefix, renamed.prefix)
        return renamed

    def remove(self, site: ConnectedSite) -> None:
        """Forget a further site, its projects, and its credential unless another site uses that."""
        with self._database.writing() as connection:
            _delete_rows(connection, _present(_select(connection), site).prefix)
            connection.execute(delete(pauses).where(are_of_site(pause_scope(site))))
            connection.execute(delete(request_shares).where(request_shares.c.site_id == site.site_id))
            connection.execute(delete(sites).where(sites.c.site_id == site.site_id))
            delete_unused(connection)


_TABLES_OF_PROJECTS = (tracked_projects, sync_records, sync_requests, alerts)


def _select(connection: Connection) -> list[ConnectedSite]:
    query = select(*_COLUMNS).order_by(sites.c.site_id)
    return [ConnectedSite(*row) for row in connection.execute(query)]


def _present(known: Sequence[ConnectedSite], site: ConnectedSite) -> ConnectedSite:
    """Return the site as it is now: another process may have renamed it since it was read."""
    for each in known:
        if each.site_id == site.site_id:
            return each
    raise InputError(f"{site.label} was removed from this home.", "See `jira-assets sites list`.")


def _find(known: Sequence[ConnectedSite], text: str) -> ConnectedSite:
    wanted = text.strip().lower().rstrip("/").removeprefix("https://")
    for site in known:
        if wanted in {site.short_name, (site.url or "").removeprefix("https://"), site.url}:
            return site
    names = ", ".join(site.label for site in known)
    raise InputError(
        f"No site of this home is called {text}.", f"Its sites: {names}. See `jira-assets sites list`."
    )


def _refuse_taken(known: Sequence[ConnectedSite], short_name: str | None) -> None:
    for site in known:
        if site.short_name == short_name is not None:
            raise InputError(
                f"{short_name} is the name of {site.url}.", "Choose another name for the other site."
            )


def _refuse_known(known: Sequence[ConnectedSite], site: ConnectedSite) -> None:
    for each in known:
        if site.url and (each.url == site.url or (site.cloud_id and each.cloud_id == site.cloud_id)):
            raise InputError(
                f"{site.url} is in this home already, as {each.label}.", "Connect it without --site-name."
            )


def _delete_rows(connection: Connection, prefix: str) -> None:
    """Delete what is kept of the projects of a further site, also what a late sync left of a former one."""
    for table in _TABLES_OF_PROJECTS:
        column = table.c["about" if table is alerts else "project_id"]
        connection.execute(delete(table).where(column.startswith(prefix, autoescape=True)))


def _replace_prefix(connection: Connection, table: Table, before: str, after: str) -> None:
    for name in _OF_PROJECTS:
        column = table.c.get(name)
        if column is not None:
            connection.execute(
                update(table)
                .where(column.startswith(before, autoescape=True))
                .values({name: after + func.substr(column, len(before) + 1)})
            )
