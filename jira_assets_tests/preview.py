"""The tables of a warehouse without the warehouse: a publish costs half a second, a question needs little."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import duckdb

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.lake.lake import Lake
from jira_assets.lake.sql_files import statement_text
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.inputs import PublishInputs, offer_sources
from jira_assets.warehouse.metric_tables import PREPARATIONS
from jira_assets.warehouse.published_tables import PUBLISHED_TABLES


class Preview:
    """What publishing would show now, by the same statements; a table is made when it is first asked for."""

    def __init__(self, lake: Lake, inputs: PublishInputs) -> None:
        manifests = [found for key in sorted(set(inputs.tracked)) if (found := lake.manifest(key))]
        self._engine = open_engine()
        offer_sources(self._engine, lake, manifests, lake.site_manifest(), inputs)
        self._engine.execute("attach ':memory:' as warehouse; use warehouse")
        self._builder = Builder(self._engine, lake, manifests, inputs.site_url, [])
        self._made: set[str] = set()

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
        preparation = PREPARATIONS.get(table)
        names = [preparation, table] if preparation else [table]
        for name in names:
            for needed in _tables_in(statement_text(f"warehouse/models/{name}"), r"\bwarehouse\.(\w+)"):
                self._make(needed)
        self._engine.execute("use memory")
        self._builder.make(names)
        self._engine.execute("use warehouse")


def _tables_in(text: str, pattern: str) -> Iterator[str]:
    return (name for name in dict.fromkeys(re.findall(pattern, text)) if name in PUBLISHED_TABLES)
