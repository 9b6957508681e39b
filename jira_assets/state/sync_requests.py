"""Who wants what to be synced now: the page and people write it down, the sensor picks it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from jira_assets.qualified import prefix_of, split
from jira_assets.state.database import StatePart
from jira_assets.state.models import FIRST_SITE, SyncRequest
from jira_assets.state.tables import sites, sync_requests


class SyncRequests(StatePart):
    """Requests stand until someone took them over."""

    def add(self, project_id: str | None = None) -> None:
        """Ask for a sync of a project, or (None) of every tracked one, as soon as possible."""
        with self._database.writing() as connection:
            prefixes = [self._database.scope.prefix]
            if project_id is None and self._database.scope.is_home:
                names = connection.scalars(select(sites.c.short_name).where(sites.c.site_id != FIRST_SITE))
                prefixes += map(prefix_of, names)
            now = self._database.clock()
            rows = [{"project_id": prefix + (project_id or ""), "requested_at": now} for prefix in prefixes]
            connection.execute(insert(sync_requests), rows)

    def all(self) -> list[SyncRequest]:
        """List the requests that stand, the oldest first."""
        scope, of_project = self._database.scope, sync_requests.c.project_id
        query = select(
            sync_requests.c.request_id, scope.shown(of_project), sync_requests.c.requested_at
        ).where(scope.includes(of_project))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(sync_requests.c.request_id)).all()
        return [_request(number, of_project, at) for number, of_project, at in rows]

    def clear(self, request_ids: Sequence[int]) -> None:
        """Forget these requests, since they are done."""
        with self._database.writing() as connection:
            connection.execute(delete(sync_requests).where(sync_requests.c.request_id.in_(request_ids)))


def _request(number: int, of_project: str, at: datetime) -> SyncRequest:
    """Return a request; one for all projects of a site has its prefix, and the id of none of them."""
    prefix, own_id = split(of_project)
    return SyncRequest(number, of_project if own_id else None, at, prefix)
