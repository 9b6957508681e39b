"""What a published file holds: its tables and views, and the slices in which targets compare and copy them.

A slice is the part of a table that belongs to one project, wherever the table has a column that shows it. Its
digest changes with any value in it, so a target that keeps digests copies only what differs, whatever the
reason: a project that was synced, untracked or moved, a new day, or other statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jira_assets.lake.row_digest import row_digest
from jira_assets.lake.sql_files import literals
from jira_assets.warehouse.models import Column

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

ONLY_HERE = ("jira_issues_daily", "raw_jira_issues")
"""Views that stay in the file: one has a row for each issue and day, the other reads files of this host."""

OF_NO_PROJECT = ""
"""The slice of the rows without a project, and of tables that are not divided."""

ISSUES = "jira_issues"
_BY_VALUE = ("project_id", "project_key")
_BY_ISSUE = ("jira_id", "source_jira_id")
_BY_ENDING = ("sprint_id",)
"""The columns by which tables are divided, in this order: by the value, by the project of the issue with that
id, by the last two characters."""


@dataclass(frozen=True)
class Relation:
    """A published table or view with its columns in DuckDB's types."""

    name: str
    comment: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> str | None:
        """The column that divides it."""
        names = {column.name for column in self.columns}
        return next((key for key in (*_BY_VALUE, *_BY_ISSUE, *_BY_ENDING) if key in names), None)

    @property
    def is_by_value(self) -> bool:
        """Whether the values of the key name the slices."""
        return self.key in _BY_VALUE

    @property
    def is_by_issue(self) -> bool:
        """Whether a row belongs to the project of an issue, as `jira_issues` has it."""
        return self.key in _BY_ISSUE

    @property
    def slice_of_row(self) -> str:
        """Return in SQL, for DuckDB and PostgreSQL, the slice of a row `t`, with its issue as `issue`."""
        if self.key is None:
            return "''"
        if self.is_by_issue:
            return "coalesce(issue.project_id, '')"
        # The projects of a sprint may change; there are too many sprints for a slice each.
        value = f"right(t.{self.key}, 2)" if self.key in _BY_ENDING else f"t.{self.key}"
        return f"coalesce({value}, '')"

    @property
    def rows(self) -> str:
        """Return in SQL the relation, with what `slice_of_row` needs."""
        joined = f" left join {ISSUES} as issue on t.{self.key} = issue.jira_id" if self.is_by_issue else ""
        return f"{self.name} as t{joined}"

    def among(self, slices: Sequence[str]) -> str:
        """Return in SQL the condition by which only rows of these slices are read."""
        return f" where {self.slice_of_row} in ({literals(slices)})"


@dataclass(frozen=True)
class Slice:
    """A part of a table: how many rows it has, and a digest of all its values."""

    rows: int
    digest: str


def published_relations(warehouse: duckdb.DuckDBPyConnection, catalog: str = "jira") -> list[Relation]:
    """Read the tables and views of a published file, but for those that stay in it."""
    columns = warehouse.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where database_name = ? and not internal and table_name not in ? order by table_name, column_index",
        [catalog, ONLY_HERE],
    ).fetchall()
    comments = warehouse.execute(
        "select table_name, comment from duckdb_tables() where database_name = ? union all "
        "select view_name, comment from duckdb_views() where database_name = ? and not internal",
        [catalog, catalog],
    ).fetchall()
    by_table: dict[str, list[Column]] = {}
    for table, *column in columns:
        by_table.setdefault(table, []).append(Column(*column))
    said = dict(comments)
    return [Relation(name, said.get(name) or "", tuple(found)) for name, found in by_table.items()]


def read_slices(warehouse: duckdb.DuckDBPyConnection, relation: Relation) -> dict[str, Slice]:
    """Count and digest the rows of each slice; a table without rows has one slice of none."""
    digest = row_digest("t", {column.name: column.type for column in relation.columns})
    found = warehouse.execute(
        f"select {relation.slice_of_row}, count(*), bit_xor({digest}), sum({digest}::hugeint) "
        f"from {relation.rows} group by all"
    ).fetchall()
    slices = {name: Slice(rows, f"{xor:x}-{total:x}") for name, rows, xor, total in found if rows}
    return slices or {OF_NO_PROJECT: Slice(0, "")}


def differing(before: Mapping[str, Slice], now: Mapping[str, Slice]) -> Sequence[str]:
    """Name the slices that are not the same, gone ones as well."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
