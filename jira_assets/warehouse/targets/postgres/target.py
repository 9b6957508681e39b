"""Bring a schema of a PostgreSQL database to the newest publish, in one transaction.

Rows are deleted and copied in the tables that people read: readers see the former rows until the commit, and
wait for nothing. Only a table whose columns change is locked, at the end, when its rows are on the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from jira_assets.errors import TargetError
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.sql_files import identifier
from jira_assets.memory import default_memory_limit
from jira_assets.settings.load import Settings
from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.sandbox import file_of
from jira_assets.warehouse.targets.postgres.changes import Change, plan_changes
from jira_assets.warehouse.targets.postgres.lines import Lines, count_changed
from jira_assets.warehouse.targets.postgres.schema import SLICES, Schema, check_free, columns_of
from jira_assets.warehouse.targets.postgres.session import Session, opened
from jira_assets.warehouse.targets.relations import ISSUES, OF_NO_PROJECT, Relation, published_relations
from jira_assets.warehouse.targets.target import Shown, place_of

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

NAME = "postgres"
PATIENCE = "10min"
"""How long another publisher is waited for."""

LOCK_TIMEOUT = "3s"
LOCK_ATTEMPTS = 5
"""Readers that begin while a table is awaited wait, too; they go on between the attempts."""


class _NotAsPublished(Exception):
    """The tables do not have the rows that were published."""


@dataclass(frozen=True)
class PostgresTarget:
    """A schema of a PostgreSQL database."""

    url: URL = field(repr=False)
    schema: str
    place: str = ""
    name: str = NAME

    @classmethod
    def from_settings(cls, settings: Settings) -> PostgresTarget:
        """Take the database of the publish, or else that of the state. Raises `TargetError`."""
        text = settings.publish_postgres_url or settings.state_url
        try:
            url = make_url(text)
        except ArgumentError:
            url = None
        if url is None or url.get_backend_name() != "postgresql":
            raise TargetError(
                "JIRA_ASSETS_PUBLISH names postgres, but no database is set.",
                "Set JIRA_ASSETS_PUBLISH_POSTGRES_URL to postgresql://user:password@host/database.",
            )
        return cls(url, settings.publish_postgres_schema, place_of(NAME, settings))

    def publish(self, warehouse_file: Path, *, force: bool = False, memory_limit: str | None = None) -> Shown:
        """Show what the file has: all of it anew with `force`, otherwise what differs."""

        def publish(sparing: bool) -> Shown:
            options: dict[str, Any] = {"memory_limit": memory_limit or default_memory_limit(sparing=sparing)}
            options |= {"threads": 1} if sparing else {}
            with opened(self.url, self.place) as session:
                try:
                    return self._publish(session, warehouse_file, options, force=force)
                except _NotAsPublished:  # rows were changed by others
                    session.rollback()
                    return self._publish(session, warehouse_file, options, force=True)

        return sparing_memory(publish)

    def _publish(self, session: Session, file: Path, options: Mapping[str, Any], *, force: bool) -> Shown:
        session.begin()
        check_encoding(session)
        session.run(f"set local lock_timeout = '{PATIENCE}'")
        # One publisher at a time. The file is opened after that, so no older publish can follow a newer one.
        session.run("select pg_advisory_xact_lock(hashtextextended(%s, 0))", f"jira_assets.{self.schema}")
        schema = Schema(session, self.schema)
        schema.create()
        with closing(open_warehouse(file, **options)) as warehouse:
            stamp = file_of(warehouse).parent.name
            written = _Publication(schema, warehouse).run(force)
        shown = replace(_shown(schema), stamp=stamp, written=written)
        session.commit()
        return shown

    def shown(self) -> Shown | None:
        """Ask the database what it shows."""
        with opened(self.url, self.place) as session:
            session.begin()
            check_encoding(session)
            schema = Schema(session, self.schema)
            return _shown(schema) if {SLICES, "warehouse_info"} <= schema.present().keys() else None


def check_encoding(session: Session) -> None:
    """Raise `TargetError` for a database that cannot hold every text."""
    [(encoding,)] = session.rows("show server_encoding")
    if encoding != "UTF8":
        raise TargetError(
            f"The database has the encoding {encoding}, which lacks characters of Jira's texts.",
            "Create a database with the encoding UTF8, and name it in JIRA_ASSETS_PUBLISH_POSTGRES_URL.",
        )


def _shown(schema: Schema) -> Shown:
    info = dict(schema.session.rows(f"select key, value from {schema.of('warehouse_info')}"))
    [(changed,)] = schema.session.rows(
        f"select coalesce(sum(changed_values), 0)::bigint from {schema.of(SLICES)}"
    )
    published_at = datetime.strptime(info["published_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return Shown(published_at, changed)


@dataclass(frozen=True)
class _Publication:
    """One publish on its way into the schema."""

    schema: Schema
    warehouse: duckdb.DuckDBPyConnection

    def run(self, force: bool) -> int:
        """Bring every table to what the file has; return how many rows were written."""
        present, kept = self.schema.present(), self.schema.kept_slices()
        relations = published_relations(self.warehouse)
        check_free(self.schema.name, relations, present, kept)
        plan = plan_changes(self.warehouse, relations, present, kept, force=force)
        self._delete(plan)
        altered = [change for change in plan if change.is_altered]
        written = sum(self._fill(change) for change in plan if not change.is_altered)
        staged = {change.relation.name: self._stage(change) for change in altered}
        gone = sorted(kept.keys() - {relation.name for relation in relations})
        if altered or gone:
            written += self._replace(altered, staged, [name for name in gone if name in present])
        for name in gone:
            self.schema.keep_slices(name, list(kept[name]), {}, {})
        present = self.schema.present()
        for relation in relations:
            self.schema.comment(relation, present[relation.name])
        return written

    def _delete(self, plan: Sequence[Change]) -> None:
        """Delete the rows of slices that differ; those by issue first, while the issues are as published."""
        for change in sorted(plan, key=lambda change: change.relation.name == ISSUES):
            if change.is_new or change.is_altered:
                continue
            deleted = self.schema.session.run(*self._deletion(change))
            if change.slices is not None and deleted != sum(each.rows for each in change.before.values()):
                raise _NotAsPublished

    def _deletion(self, change: Change) -> tuple[str, *tuple[list[str], ...]]:
        relation, table = change.relation, self.schema.of(change.relation.name)
        if change.slices is None or relation.key is None:
            return (f"delete from {table}",)
        condition = self._of_slices(relation)
        if OF_NO_PROJECT in change.slices:
            condition = f"({condition} or {self._of_none(relation)})"
        return f"delete from {table} as t where {condition}", list(change.slices)

    def _of_slices(self, relation: Relation) -> str:
        key = f"t.{identifier(relation.key or '')}"
        if relation.is_by_issue:
            return f"{key} in (select jira_id from {self.schema.of(ISSUES)} where project_id = any(%s))"
        return f"{key} = any(%s)" if relation.is_by_value else f"{relation.slice_of_row} = any(%s)"

    def _of_none(self, relation: Relation) -> str:
        key = f"t.{identifier(relation.key or '')}"
        if relation.is_by_issue:
            issues = self.schema.of(ISSUES)
            return (
                f"not exists (select from {issues} as i where i.jira_id = {key} and i.project_id is not null)"
            )
        return f"{key} is null"

    def _fill(self, change: Change) -> int:
        """Copy the rows of slices that differ into their table."""
        if change.is_new:
            self.schema.create_table(change.relation)
        written = self._copy(change, self.schema.of(change.relation.name))
        if change.is_new:
            self.schema.index(change.relation)
        return written

    def _stage(self, change: Change) -> str:
        """Copy the rows of a table whose columns change beside it; return where to."""
        name = identifier(change.relation.name)
        columns = ", ".join(
            f"{identifier(name)} {kind}" for name, kind in columns_of(change.relation).items()
        )
        self.schema.session.run(f"create temporary table {name} ({columns}) on commit drop")
        self._copy(change, f"pg_temp.{name}")
        return f"pg_temp.{name}"

    def _replace(self, altered: Sequence[Change], staged: Mapping[str, str], gone: Sequence[str]) -> int:
        """Change the columns of tables, and drop tables: this waits for who reads them."""
        session, written = self.schema.session, 0
        tables = ", ".join(map(self.schema.of, sorted([*staged, *gone])))
        session.run(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
        session.attempt(f"lock table {tables} in access exclusive mode", LOCK_ATTEMPTS)
        for change in altered:
            name = change.relation.name
            assert change.present is not None  # noqa: S101  # it is altered
            columns = ", ".join(map(identifier, columns_of(change.relation)))
            session.run(f"delete from {self.schema.of(name)}")
            self.schema.alter_columns(change.relation, change.present)
            written += session.run(
                f"insert into {self.schema.of(name)} ({columns}) select {columns} from {staged[name]}"
            )
        for name in gone:
            session.run(f"drop table {self.schema.of(name)}")
        return written

    def _copy(self, change: Change, table: str) -> int:
        relation = change.relation
        changed: dict[str, int] = {}
        written = 0
        if change.has_rows:
            lines = Lines(self.warehouse, relation, change.slices)
            columns = list(columns_of(relation))
            written = self.schema.session.copy(table, columns, lines, is_new=change.is_new)
            if lines.has_nul or change.has_dates:
                changed = count_changed(self.warehouse, relation, change.slices, texts=lines.has_nul)
        if written != sum(each.rows for each in change.now.values()):
            raise TargetError(f"{written:,} rows of {relation.name} were copied, which is not all.", "")
        self.schema.keep_slices(relation.name, change.replaced, change.now, changed)
        return written
