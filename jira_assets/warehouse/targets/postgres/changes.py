"""What has to be done with each table so that it shows the newest publish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jira_assets.warehouse.targets.postgres.schema import Present, has_other_columns
from jira_assets.warehouse.targets.postgres.types import far
from jira_assets.warehouse.targets.relations import ISSUES, Relation, Slice, differing, read_slices

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb


@dataclass(frozen=True)
class Change:
    """The slices of a table that are replaced: all when `slices` is None, as in a new or altered table."""

    relation: Relation
    slices: Sequence[str] | None
    before: Mapping[str, Slice]
    """What is there of the slices that are replaced."""
    now: Mapping[str, Slice]
    """What comes in their place."""
    present: Present | None
    """The table as it is; None when it is to be created."""

    @property
    def is_new(self) -> bool:
        """Whether the table is to be created."""
        return self.present is None

    @property
    def is_altered(self) -> bool:
        """Whether the table is to get other columns."""
        return self.present is not None and has_other_columns(self.relation, self.present)

    @property
    def replaced(self) -> list[str]:
        """The slices of which something is kept that no longer holds."""
        return [*self.before]

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to copy."""
        return any(each.rows for each in self.now.values())

    @property
    def has_dates(self) -> bool:
        """Whether values may be dates that PostgreSQL does not know."""
        return any(far(column) for column in self.relation.columns)


def plan_changes(
    warehouse: duckdb.DuckDBPyConnection,
    relations: Sequence[Relation],
    present: Mapping[str, Present],
    kept: Mapping[str, Mapping[str, Slice]],
    *,
    force: bool,
) -> list[Change]:
    """Compare every table with what was published of it; those without a difference have no change.

    Where the issues are missing, nothing shows which rows belong to a project: all are replaced.
    """
    force = force or ISSUES not in present
    return list(_changes(warehouse, relations, present, kept, force))


def _changes(
    warehouse: duckdb.DuckDBPyConnection,
    relations: Sequence[Relation],
    present: Mapping[str, Present],
    kept: Mapping[str, Mapping[str, Slice]],
    force: bool,
) -> Iterator[Change]:
    for relation in relations:
        name = relation.name
        before, now = kept.get(name, {}), read_slices(warehouse, relation)
        there = present.get(name)
        whole = Change(relation, None, before, now, there)
        if force or whole.is_new or whole.is_altered:
            yield whole
        elif slices := differing(before, now):
            yield Change(relation, slices, _of(before, slices), _of(now, slices), there)


def _of(known: Mapping[str, Slice], slices: Sequence[str]) -> dict[str, Slice]:
    return {name: known[name] for name in slices if name in known}
