"""The tables of a schema in PostgreSQL: what is there, and what makes them those of a publish.

Tables that stay are changed in place. So grants, default privileges, and views that people made on them
survive, and a reader in a transaction continues to see the publish with which it began. A schema that takes
the place of another would show that reader empty tables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jira_assets.errors import TargetError
from jira_assets.lake.sql_files import identifier, literal
from jira_assets.warehouse.targets.postgres.session import Session
from jira_assets.warehouse.targets.postgres.types import name_of, type_of
from jira_assets.warehouse.targets.relations import ISSUES, Relation, Slice

SLICES = "published_slices"
_INDEXED = ("jira_id", "project_id", "project_key", "sprint_id")
"""Columns by which people join and by which slices are found."""

_PRIMARY = {ISSUES: "jira_id"}
"""Keys that the checks of each publish prove."""


@dataclass(frozen=True)
class Present:
    """A table as it is: columns with their types and comments."""

    comment: str
    columns: Mapping[str, tuple[str, str]]
    is_table: bool = True


@dataclass(frozen=True)
class Schema:
    """A schema of the database that the session is open on."""

    session: Session
    name: str

    def of(self, table: str) -> str:
        """Return the qualified name of a table."""
        return f"{identifier(self.name)}.{identifier(table)}"

    def create(self) -> None:
        """Create the schema and the table of slices where they are missing."""
        if not self.session.rows("select from pg_namespace where nspname = %s", self.name):
            self.session.run(f"create schema {identifier(self.name)}")
        if SLICES in self.present():
            return
        self.session.run(
            f"create table {self.of(SLICES)} (table_name text, slice text, rows bigint, digest text, "
            "changed_values bigint, primary key (table_name, slice))"
        )
        about = "What jira_assets compares with the next publish; not for queries"
        self.session.run(f"comment on table {self.of(SLICES)} is '{about}'")

    def present(self) -> dict[str, Present]:
        """Read which tables, views and the like there are."""
        rows = self.session.rows(
            "select c.relname, c.relkind, coalesce(obj_description(c.oid, 'pg_class'), ''), a.attname, "
            "format_type(a.atttypid, a.atttypmod), coalesce(col_description(c.oid, a.attnum), '') "
            "from pg_class as c join pg_namespace as n on c.relnamespace = n.oid "
            "left join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
            "where n.nspname = %s and c.relkind in ('r', 'p', 'v', 'm', 'f') order by c.relname, a.attnum",
            self.name,
        )
        found: dict[str, dict[str, tuple[str, str]]] = {}
        about: dict[str, tuple[str, bool]] = {}
        for table, kind, comment, column, column_type, said in rows:
            about[table] = (comment, kind == "r")
            columns = found.setdefault(table, {})
            if column is not None:
                columns[column] = (column_type, said)
        return {
            table: Present(comment, found[table], is_table) for table, (comment, is_table) in about.items()
        }

    def kept_slices(self) -> dict[str, dict[str, Slice]]:
        """Read by table what was published."""
        rows = self.session.rows(f"select table_name, slice, rows, digest from {self.of(SLICES)}")
        found: dict[str, dict[str, Slice]] = {}
        for table, name, count, digest in rows:
            found.setdefault(table, {})[name] = Slice(count, digest)
        return found

    def keep_slices(
        self, table: str, gone: Sequence[str], now: Mapping[str, Slice], changed: Mapping[str, int]
    ) -> None:
        """Keep what is published of these slices of a table."""
        self.session.run(
            f"delete from {self.of(SLICES)} where table_name = %s and slice = any(%s)", table, list(gone)
        )
        names = list(now)
        self.session.run(
            f"insert into {self.of(SLICES)} select %s, * from unnest(%s::text[], %s::bigint[], %s::text[], "
            "%s::bigint[])",
            table,
            names,
            [now[name].rows for name in names],
            [now[name].digest for name in names],
            [changed.get(name, 0) for name in names],
        )

    def create_table(self, relation: Relation) -> None:
        """Create an empty table, with the default privileges of the schema."""
        columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in columns_of(relation).items())
        self.session.run(f"create table {self.of(relation.name)} ({columns})")

    def index(self, relation: Relation) -> None:
        """Create the indexes of a table that was filled, and collect what the planner asks for."""
        names = [column.name for column in relation.columns]
        if primary := _PRIMARY.get(relation.name):
            self.session.run(f"alter table {self.of(relation.name)} add primary key ({identifier(primary)})")
        for column in _INDEXED:
            if column in names and column != primary:
                self.session.run(f"create index on {self.of(relation.name)} ({identifier(column)})")
        self.session.run(f"analyze {self.of(relation.name)}")

    def alter_columns(self, relation: Relation, present: Present) -> None:
        """Drop and add columns; one with another type is both. The table has no rows meanwhile.

        The primary key and the indexes of the columns that stay, stay.
        """
        table, wanted = self.of(relation.name), columns_of(relation)
        before = {name: column_type for name, (column_type, _) in present.columns.items()}
        dropped = [name for name, column_type in before.items() if wanted.get(name) != column_type]
        added = [name for name, column_type in wanted.items() if before.get(name) != column_type]
        actions = [f"drop column {identifier(name)}" for name in dropped]
        actions += [f"add column {identifier(name)} {wanted[name]}" for name in added]
        self.session.run(f"alter table {table} {', '.join(actions)}")
        for column in added:
            if column in _INDEXED:
                self.session.run(f"create index on {table} ({identifier(column)})")

    def comment(self, relation: Relation, present: Present) -> None:
        """Write the comments that are others than those of the publish."""
        if present.comment != relation.comment:
            self.session.run(f"comment on table {self.of(relation.name)} is {literal(relation.comment)}")
        for column in relation.columns:
            name = name_of(column.name)
            if present.columns[name][1] != column.comment:
                place = f"{self.of(relation.name)}.{identifier(name)}"
                self.session.run(f"comment on column {place} is {literal(column.comment)}")


def columns_of(relation: Relation) -> dict[str, str]:
    """Return the columns of a table in PostgreSQL with their types, in the order of the file."""
    return {name_of(column.name): type_of(column.type) for column in relation.columns}


def has_other_columns(relation: Relation, present: Present) -> bool:
    """Check whether columns or types differ; the order of columns is that in which they came."""
    return columns_of(relation) != {name: column_type for name, (column_type, _) in present.columns.items()}


def check_free(
    schema: str, relations: Sequence[Relation], present: Mapping[str, Present], known: Collection[str]
) -> None:
    """Raise `TargetError` where something that is not ours has the name of a published table."""
    taken = [each.name for each in relations if each.name in present and each.name not in known]
    taken += [name for name in known if name in present and not present[name].is_table]
    if taken:
        raise TargetError(
            f"The schema {schema} has tables or views that jira_assets did not publish: {', '.join(taken)}.",
            "Name another schema by JIRA_ASSETS_PUBLISH_POSTGRES_SCHEMA, or drop them.",
        )
