"""Rows that differ in any value have different digests."""

from __future__ import annotations

from typing import Any

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from jira_assets.lake.row_digest import row_digest

COLUMNS = {"name": "varchar", "first": "varchar[]", "second": "VARCHAR[]", "kinds": "MAP(VARCHAR, VARCHAR)"}
TEXTS = st.sampled_from([None, "", "a", "b", "NULL", "a, b", '"', "[]"])
LISTS = st.none() | st.lists(TEXTS, max_size=3)
ROWS = st.tuples(
    TEXTS, LISTS, LISTS, st.none() | st.dictionaries(st.sampled_from(["a", "b"]), TEXTS, max_size=2)
)
Row = tuple[Any, ...]


def digests(engine: duckdb.DuckDBPyConnection, *rows: Row) -> list[int]:
    """Digest each of these rows."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    engine.execute(f"create or replace temp table rows_to_digest ({columns})")
    engine.executemany("insert into rows_to_digest values (?, ?, ?, ?)", [list(row) for row in rows])
    query = f"select {row_digest('t', COLUMNS)} from rows_to_digest as t order by rowid"
    return [digest for (digest,) in engine.execute(query).fetchall()]


@given(one=ROWS, other=ROWS)
@example(one=("x", None, None, None), other=("x", [], None, None))
@example(one=("x", [], None, None), other=("x", [None], None, None))
@example(one=("x", ["a", "b"], ["a"], None), other=("x", ["a"], ["b", "a"], None))
@example(one=("x", None, None, None), other=("x", None, None, {}))
@example(one=("x", None, None, {"a": "", "b": ""}), other=("x", None, None, {"b": "", "a": ""}))
def test_rows_have_the_same_digest_only_if_they_are_the_same(
    engine: duckdb.DuckDBPyConnection, one: Row, other: Row
) -> None:
    first, second = digests(engine, one, other)

    assert (first == second) == (in_order(one) == in_order(other))


def in_order(row: Row) -> Row:
    """Return the row with the entries of its map, which is another one in another order."""
    *others, entries = row
    return (*others, None if entries is None else list(entries.items()))
