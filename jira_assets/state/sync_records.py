"""What the syncs brought."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from jira_assets.state.database import ROWS_AT_ONCE, StatePart
from jira_assets.state.models import SyncRecord
from jira_assets.state.tables import sync_records

_NAMES = [field.name for field in fields(SyncRecord)]
"""A row becomes a record without a name being looked up: columns are in the order of the fields."""


class Outcomes(StatePart):
    """Keep the newest outcome of every project."""

    def all(self) -> list[SyncRecord]:
        """List the newest outcome of every project that was ever synced, by key."""
        query = self._query().order_by(sync_records.c.project_key, sync_records.c.project_id)
        with self._database.reading() as connection:
            return [
                SyncRecord(*row)
                for part in connection.execute(query).partitions(ROWS_AT_ONCE)
                for row in part
            ]

    def put(self, outcome: SyncRecord) -> None:
        """Write the outcome of a sync in place of the one before."""
        with self._database.writing() as connection:
            self._database.upsert(connection, sync_records, self._row(outcome))

    def revise(
        self, project_id: str, project_key: str, change: Callable[[SyncRecord], SyncRecord]
    ) -> SyncRecord:
        """Make the new outcome from the one before (or a fresh one), with no other process in between."""
        scope, blank = self._database.scope, SyncRecord(project_id, project_key)
        is_of_project = sync_records.c.project_id == scope.stored(project_id)
        with self._database.writing() as connection:
            # There has to be a row before it can be locked: two first syncs would not see each other.
            connection.execute(
                self._database.insert_into(sync_records).values(self._row(blank)).on_conflict_do_nothing()
            )
            query = self._query().where(is_of_project).with_for_update()
            present = SyncRecord(*connection.execute(query).one())
            revised = change(present)
            connection.execute(update(sync_records).where(is_of_project).values(self._row(revised)))
        return revised

    def note_probe(self, project_ids: Iterable[str], at: datetime) -> None:
        """Write down that a probe found nothing that the lake lacks of these projects."""
        with self._database.writing() as connection:
            ids = list(map(self._database.scope.stored, project_ids))
            noted = self._database.among(sync_records.c.project_id, ids)
            connection.execute(update(sync_records).where(noted).values(probed_at=at))

    def _query(self) -> Select[Any]:
        scope = self._database.scope
        project_id, *others = (sync_records.c[name] for name in _NAMES)
        return select(scope.shown(project_id), *others).where(scope.includes(project_id))

    def _row(self, record: SyncRecord) -> dict[str, Any]:
        return {**asdict(record), "project_id": self._database.scope.stored(record.project_id)}
