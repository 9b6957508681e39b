"""What tests do with a schema in PostgreSQL: fill it, ask it as a plain client, compare it with the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets.warehouse.targets.postgres.types import name_of
from jira_assets.warehouse.targets.relations import Relation, published_relations
from jira_assets.warehouse.targets.target import Shown


class Reader:
    """A plain client with a connection of its own; a statement is a transaction unless one was begun."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        connection.autocommit = True

    def run(self, statement: str) -> None:
        """Run a statement."""
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(statement)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask for rows."""
        with closing(self.connection.cursor()) as cursor:
            cursor.execute(query)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def one(self, query: str) -> Any:
        """Ask for the only value."""
        ((value,),) = self.ask(query)
        return value


@contextmanager
def connected(url: URL) -> Iterator[Reader]:
    """Connect with the driver alone."""
    engine = create_engine(url, poolclass=NullPool)
    connection = engine.raw_connection()
    driver = connection.dbapi_connection
    connection.detach()
    assert driver is not None
    with closing(driver):
        yield Reader(driver)


@dataclass
class Database:
    """A target and the owner of its schema."""

    target: PostgresTarget
    owner: Reader

    def publish(self, file: Path, *, force: bool = False) -> Shown:
        """Bring the schema to a published file."""
        return self.target.publish(file, force=force)

    def of(self, table: str) -> str:
        """Return the qualified name of a table."""
        return f"{self.target.schema}.{table}"

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the schema, in which the names of tables are looked up."""
        self.owner.run(f"set search_path = {self.target.schema}")
        return self.owner.ask(query)

    def writers(self, table: str) -> dict[str, int]:
        """Return which transaction wrote each issue's row."""
        return dict(self.ask(f"select jira_id, xmin::text::bigint from {table}"))

    def differences(self, file: Path) -> dict[str, Any]:
        """Compare every table, its columns and comments with the file; nothing means they are equal."""
        found: dict[str, Any] = {}
        with closing(open_warehouse(file)) as warehouse:
            relations = published_relations(warehouse)
            for relation in relations:
                rows = warehouse.execute(f"select * from {relation.name}").fetchall()
                expected = Counter(as_text(row, relation) for row in rows)
                columns = ", ".join(f'"{name_of(column.name)}"' for column in relation.columns)
                present = Counter(map(_as_text, self.ask(f"select {columns} from {relation.name}")))
                if expected != present:
                    found[relation.name] = (list(expected - present)[:3], list(present - expected)[:3])
                if (said := self._comments(relation.name)) != comments_of(relation):
                    found[f"comments of {relation.name}"] = said
        names = {name for (name,) in self.ask(f"select tablename from pg_tables where {self._here}")}
        if names != {relation.name for relation in relations} | {"published_slices"}:
            found["tables"] = names
        return found

    @property
    def _here(self) -> str:
        return f"schemaname = '{self.target.schema}'"

    def _comments(self, table: str) -> dict[str, str]:
        rows = self.ask(
            "select coalesce(attname, ''), coalesce(description, '') from pg_class as c "
            "join pg_attribute as a on a.attrelid = c.oid and attnum > 0 and not attisdropped "
            "left join pg_description as d on d.objoid = c.oid and d.objsubid = a.attnum "
            f"where c.oid = '{self.of(table)}'::regclass"
        )
        return dict(rows)


def comments_of(relation: Relation) -> dict[str, str]:
    """Return the comments that the file has."""
    return {name_of(column.name): column.comment for column in relation.columns}


def as_text(row: tuple[Any, ...], relation: Relation) -> str:
    """Write a row of the file as PostgreSQL's driver gives it."""
    pairs = zip(row, relation.columns, strict=True)
    return _as_text(_as_given(value, column.type) for value, column in pairs)


def _as_text(row: Iterable[Any]) -> str:
    return repr([_sorted(value) for value in row])


def _sorted(value: Any) -> Any:
    """Sort the keys of documents, whose order `jsonb` does not keep."""
    if isinstance(value, dict):
        return sorted((key, _sorted(each)) for key, each in value.items())
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _as_given(value: Any, kind: str) -> Any:
    if value is not None and kind == "JSON":
        return json.loads(value)
    if isinstance(value, int) and kind in ("UBIGINT", "HUGEINT", "UHUGEINT"):
        return Decimal(value)
    return value
