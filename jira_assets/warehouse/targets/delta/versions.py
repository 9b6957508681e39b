"""The table that names, for the newest publish, the version of every other table.

Delta has no transaction over several tables. This table is written last and in one commit, so readers of
the versions that it names see exactly one publish, also while the next one is written or after it failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jira_assets.lake.sql_files import literal
from jira_assets.warehouse.models import Column
from jira_assets.warehouse.targets.relations import Relation

VERSIONS = "published_tables"
_TIME = "TIMESTAMP"
RELATION = Relation(
    VERSIONS,
    "The version of each Delta table that belongs to the newest publish. "
    "Read these versions to see one publish in all tables.",
    (
        Column("table_name", "VARCHAR", "Name of the table and of its folder"),
        Column("version", "BIGINT", "Version of the table that belongs to this publish"),
        Column("rows", "BIGINT", "Number of its rows"),
        Column("is_published", "BOOLEAN", "False: no longer published; the version has no rows"),
        Column("published_at", _TIME, "Time of the publish (UTC), the same in all rows"),
        Column("changed_at", _TIME, "Time of the publish that wrote this version (UTC)"),
        Column("changed_values", "BIGINT", "Values that Delta cannot hold and that are null instead"),
        Column("stamp", "VARCHAR", "Name of the publish in the home, the same in all rows"),
        Column("tidied_at", _TIME, "When files of former versions were last removed (UTC)"),
    ),
)


@dataclass(frozen=True)
class TableVersion:
    """The version of a table that belongs to a publish."""

    table_name: str
    version: int
    rows: int
    is_published: bool
    published_at: datetime
    changed_at: datetime
    changed_values: int
    stamp: str
    tidied_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> TableVersion:
        """Return a row of the table."""
        return cls(**{column.name: _utc(row[column.name]) for column in RELATION.columns})

    def is_due(self, now: datetime, kept: timedelta) -> bool:
        """Check whether files of former versions may be old enough to be removed."""
        return now - self.tidied_at >= kept / 7

    def is_over(self, kept: timedelta) -> bool:
        """Check whether nothing is left of a table that is no longer published."""
        return not self.is_published and self.tidied_at - self.changed_at > kept


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def select_versions(versions: Iterable[TableVersion]) -> str:
    """Return in DuckDB's SQL the rows of the table."""
    rows = (", ".join(_value(getattr(row, column.name)) for column in RELATION.columns) for row in versions)
    names = ", ".join(column.name for column in RELATION.columns)
    return f"(values {', '.join(f'({row})' for row in rows)}) as t({names})"


def _value(value: object) -> str:
    if isinstance(value, datetime):
        return f"{literal(value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' '))}::timestamp"
    return literal(value) if isinstance(value, str) else str(value).lower()
