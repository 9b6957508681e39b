"""Which sites share a credential, and the numbers of sites and credentials."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select

from jira_assets.state.models import ConnectedSite
from jira_assets.state.tables import credentials, points_spent, sites

_NUMBERS = (sites.c.site_id, sites.c.grant_id, credentials.c.grant_id, points_spent.c.grant_id)
"""Numbers in use: a removed site's budget of this hour is not that of the next one."""


def new_number(connection: Connection) -> int:
    """Return a number that no site and no credential has."""
    return 1 + max(connection.scalar(select(func.max(column))) or 0 for column in _NUMBERS)


def is_shared(connection: Connection, site: ConnectedSite) -> bool:
    """Return whether another site uses the credential of this one."""
    query = select(sites.c.site_id).where(sites.c.grant_id == site.grant_id, sites.c.site_id != site.site_id)
    return connection.execute(query).first() is not None


def delete_unused(connection: Connection) -> None:
    """Delete the credentials that no site uses any more."""
    connection.execute(delete(credentials).where(credentials.c.grant_id.not_in(select(sites.c.grant_id))))
