"""Who wants what to be synced now: the page and people write it down, the sensor picks it up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from jira_assets.state.database import StatePart
from jira_assets.state.models import SyncRequest
from jira_assets.state.tables import sync_requests


class SyncRequests(StatePart):
    """Requests stand until someone took them over."""

    def add(self, project_id: str | None = None) -> None:
        """Ask for a sync of a project, or (None) of every tracked one, as soon as possible."""
        with self._database.writing() as connection:
            connection.execute(
                insert(sync_requests).values(project_id=project_id, requested_at=self._database.clock())
            )

    def all(self) -> list[SyncRequest]:
        """List the requests that stand, the oldest first."""
        query = select(sync_requests).order_by(sync_requests.c.request_id)
        with self._database.reading() as connection:
            return [SyncRequest(**row) for row in connection.execute(query).mappings()]

    def clear(self, request_ids: Sequence[int]) -> None:
        """Forget these requests, since they are done."""
        with self._database.writing() as connection:
            connection.execute(delete(sync_requests).where(sync_requests.c.request_id.in_(request_ids)))
