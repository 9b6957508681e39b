"""The tables of a warehouse without the warehouse: a publish costs half a second, a question needs little."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import duckdb

from jira_assets.lake.duckdb_engine import DATE_READERS, open_engine
from jira_assets.lake.lake import Lake
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.inputs import PublishInputs, offer_sources
from jira_assets.warehouse.models import models, statements_of
from jira_assets.warehouse.publish import site_manifests

_idle: list[duckdb.DuckDBPyConnection] = []
"""Engines of previews that are gone: to open one costs as much as some tables."""


def _connected_to(engine: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Connect to an engine that has nothing but a catalog for sources; what is temporary ends with it."""
    connection = engine.cursor()
    connection.execute("attach ':memory:' as sources; use sources")
    for reader in DATE_READERS:
        connection.execute(reader)
    return connection


def _give_back(engine: duckdb.DuckDBPyConnection, connection: duckdb.DuckDBPyConnection) -> None:
    connection.close()
    with suppress(duckdb.Error):
        engine.execute("detach database if exists warehouse; detach sources")
        _idle.append(engine)


class SparingEngine:
    """Runs statements; one that creates a source waits until another statement names that source.

    To create all of them takes longer than most of the tables that are asked for.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._waiting: dict[str, tuple[str, object]] = {}
        self._named: set[str] = set()

    def execute(self, statement: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """Run a statement and those that it waits for, or have it wait.

        There are no transactions: one could not write to both catalogs, and nobody reads what a failure left.
        """
        if statement in ("begin", "commit", "rollback"):
            return self._connection
        created = _CREATION.match(statement)
        if created and created[1] not in self._named:
            self._waiting[created[1]] = (statement, parameters)
            return self._connection
        self._prepare(statement)
        return self._connection.execute(statement, parameters)

    def _prepare(self, statement: str) -> None:
        for name in _SOURCE.findall(statement):
            self._named.add(name)  # a macro may name it before it is offered
            if name in self._waiting:
                text, parameters = self._waiting.pop(name)
                self._prepare(text)
                self._connection.execute(text, parameters)


_SOURCE = re.compile(r"\b(?:lake|site|given)\.\w+")
_CREATION = re.compile(rf"(?:--.*\n)*create (?:table|view) ({_SOURCE.pattern})")


class Preview:
    """What publishing would show now, by the same statements; a table is made when it is first asked for."""

    def __init__(self, lake: Lake, inputs: PublishInputs) -> None:
        manifests = [found for key in sorted(set(inputs.tracked)) if (found := lake.manifest(key))]
        engine = _idle.pop() if _idle else open_engine()
        self._engine = _connected_to(engine)
        weakref.finalize(self, _give_back, engine, self._engine).atexit = False
        lake = lake.using(cast("duckdb.DuckDBPyConnection", SparingEngine(self._engine)))
        offer_sources(lake, manifests, site_manifests(lake, inputs), inputs)
        self._engine.execute("attach ':memory:' as warehouse; use warehouse")
        self._builder = Builder(lake, manifests, [], team_from=inputs.team_from, is_described=False)
        self._made: set[str] = set()
        self._prepared: set[str] = set()

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Answer a query of published tables."""
        return self.execute(query).fetchall()

    def execute(self, query: str) -> duckdb.DuckDBPyConnection:
        """Make the tables that a query names, and ask it."""
        for table in _tables_in(query, r"\b(\w+)\b"):
            self._make(table)
        return self._engine.execute(query)

    def _make(self, table: str) -> None:
        if table in self._made:
            return
        self._made.add(table)
        model = models()[table]
        for needed in model.needs:
            self._make(needed)
        self._engine.execute("use sources")
        self._builder.make(name for name in statements_of([model]) if name not in self._prepared)
        self._prepared.update(model.prepared_by)
        self._engine.execute("use warehouse")


def _tables_in(text: str, pattern: str) -> Iterator[str]:
    return (name for name in dict.fromkeys(re.findall(pattern, text)) if name in models())
