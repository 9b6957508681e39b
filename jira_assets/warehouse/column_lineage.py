"""Which columns of a model are columns of another model, unchanged: DuckDB's parser reads the statement.

Only what the statement says plainly counts: a column that is copied, also through subqueries and casts. What
is computed, or copied from different columns in the parts of a union, has no origin here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from typing import Any, NamedTuple

import duckdb

from jira_assets.lake.sql_files import statement_text
from jira_assets.warehouse.models import column_names, models

_QUERY = re.compile(r"^create (?:table|view) warehouse\.\w+ as\n(.+?)\n?;$", re.MULTILINE | re.DOTALL)
_PART = re.compile(r"\{{1,2}\s*(\w+)\s*\}{1,2}")
"""What is filled in when the statement runs. Any name will do here: it is no model."""


class Origin(NamedTuple):
    """A column of a model."""

    model: str
    column: str


class _Column(NamedTuple):
    name: str
    origin: Origin | None


Columns = Sequence[_Column]
"""The columns of a query, in order."""
_UNKNOWN = _Column("*", None)
"""Stands for any number of columns."""
_Scope = Mapping[str, Columns]


@cache
def copied_columns() -> dict[str, dict[str, Origin]]:
    """Return for each model the columns that it takes over unchanged from one model, with their origins."""
    with closing(duckdb.connect()) as parser:
        return {name: _copied(parser, name) for name in models()}


def origins_of(parser: duckdb.DuckDBPyConnection, query: str) -> dict[str, Origin]:
    """Return the origins of those columns of a query that are columns of a model, unchanged.

    A query that the parser does not serialize has none.
    """
    (text,) = parser.execute("select json_serialize_sql(?::varchar)", [query]).fetchone() or ("{}",)
    parsed = json.loads(text)
    if parsed.get("error", True):
        return {}
    columns = _columns(parsed["statements"][0]["node"], {})
    return {column.name: column.origin for column in columns if column.origin is not None}


def _copied(parser: duckdb.DuckDBPyConnection, name: str) -> dict[str, Origin]:
    query = _QUERY.search(statement_text(f"warehouse/models/{name}"))
    text = _PART.sub(r"\1", query.group(1)).replace("{{", "{").replace("}}", "}") if query else ""
    origins = origins_of(parser, text)
    return {column: origins[column] for column in column_names(name) if column in origins}


def _columns(node: Mapping[str, Any], scope: _Scope) -> Columns:
    scope = _with_named_queries(node, scope)
    if node["type"] == "SELECT_NODE":
        tables = dict(_tables(node["from_table"], scope))
        return [column for said in node["select_list"] for column in _selected(said, tables)]
    if node["type"] == "SET_OPERATION_NODE":
        children = node.get("children") or [node["left"], node["right"]]
        return _in_common([_columns(child, scope) for child in children])
    return [_UNKNOWN]


def _with_named_queries(node: Mapping[str, Any], scope: _Scope) -> _Scope:
    known = dict(scope)
    for entry in node["cte_map"]["map"]:
        found = entry["value"]
        known[entry["key"]] = _columns(found.get("query_node") or found["query"]["node"], known)
    return known


def _in_common(parts: Sequence[Columns]) -> Columns:
    """Return the columns of a union: each has the origin on which all parts agree."""
    if any(_UNKNOWN in part for part in parts) or len({len(part) for part in parts}) != 1:
        return [_UNKNOWN]
    return [
        _Column(row[0].name, row[0].origin if len({column.origin for column in row}) == 1 else None)
        for row in zip(*parts, strict=True)
    ]


def _tables(table: Mapping[str, Any], scope: _Scope) -> Iterator[tuple[str, Columns]]:
    """Return what a FROM clause names, and the columns of each."""
    kind, alias = table["type"], table.get("alias") or table.get("table_name") or ""
    if kind == "JOIN":
        yield from _tables(table["left"], scope)
        yield from _tables(table["right"], scope)
    elif kind == "SUBQUERY":
        yield alias, _columns(table["subquery"]["node"], scope)
    elif kind == "BASE_TABLE":
        yield alias, _columns_of(table.get("schema_name"), table["table_name"], scope)
    else:
        yield alias, [_UNKNOWN]


def _columns_of(schema: str | None, name: str, scope: _Scope) -> Columns:
    if not schema and name in scope:
        return scope[name]
    if schema in (None, "", "warehouse") and name in models():  # views leave the schema out
        return [_Column(column, Origin(name, column)) for column in column_names(name)]
    return [_UNKNOWN]


def _selected(said: Mapping[str, Any], tables: Mapping[str, Columns]) -> Columns:
    if said["class"] == "STAR":
        is_plain = not any(value for key, value in said.items() if key.endswith("_list") or key == "expr")
        return tables.get(said.get("relation_name") or "", [_UNKNOWN]) if is_plain else [_UNKNOWN]
    taken = said
    while taken["class"] == "CAST":
        taken = taken["child"]
    if taken["class"] != "COLUMN_REF":
        return [_Column(said.get("alias", ""), None)]
    *qualifier, column = taken["column_names"]
    return [_Column(said.get("alias") or column, _find(column, qualifier, tables))]


def _find(column: str, qualifier: Sequence[str], tables: Mapping[str, Columns]) -> Origin | None:
    if qualifier:
        columns = tables.get(qualifier[-1], ())
    else:
        columns = next(iter(tables.values())) if len(tables) == 1 else ()
    return next((each.origin for each in columns if each.name == column), None)
