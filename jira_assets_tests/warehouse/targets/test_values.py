"""Values of every type come to PostgreSQL as they are; those that it cannot hold are counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.targets.postgres import lines, target
from jira_assets.warehouse.targets.target import Shown
from jira_assets_tests.warehouse.targets.database import Database

Fill = Callable[..., Shown]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "",
        "\\N",
        "\\.",
        "\\",
        "\\n",
        "\t",
        "\r\n",
        "NULL",
        '"',
        '{"a"}',
        "a,b",
        "{}",
        "\0",
        "''",
        "\ufffd",
        "😀",
    ]
)
NUMBERS = st.floats() | st.integers(-(2**100), 2**100)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(
    st.tuples(
        st.none() | TEXTS,
        st.none() | st.lists(st.none() | TEXTS, max_size=3),
        st.none() | st.floats(),
        st.none() | st.integers(-(2**127), 2**127 - 1),
        st.none() | st.datetimes(),
        st.none() | st.dates(),
        st.none() | JSON,
    ),
    max_size=20,
)
COLUMNS = (
    "texts varchar, lists varchar[], floats double, whole hugeint, moments timestamp, days date, "
    "documents json"
)


def odd_file(file: Path, columns: str, rows: Sequence[Sequence[Any]] = (), query: str = "") -> Path:
    """Write a published file with one table of these columns and rows, in place of the one before."""
    file.unlink(missing_ok=True)
    with closing(duckdb.connect(str(file))) as engine:
        engine.execute("set timezone = 'UTC'")
        engine.execute(
            "create table warehouse_info as "
            "select 'published_at' as key, '2026-11-01 10:00:00' as value; "
            "create table jira_issues (jira_id varchar, project_id varchar)"
        )
        engine.execute(f"create table odd ({columns})")
        if rows:
            places = ", ".join("?" for _ in rows[0])
            engine.executemany(f"insert into odd values ({places})", [list(row) for row in rows])
        if query:
            engine.execute(f"insert into odd {query}")
    return file


@pytest.fixture
def fill(database: Database, tmp_path: Path) -> Fill:
    """Publish a file with one table of these columns and rows."""

    def publish(columns: str, rows: Sequence[Sequence[Any]] = (), query: str = "") -> Shown:
        return database.publish(odd_file(tmp_path / "jira.duckdb", columns, rows, query))

    return publish


def comparable(value: Any) -> str:
    """Write a value so that NaN equals itself, and each number the same number of another type."""
    if isinstance(value, str):
        return repr(value.replace("\0", "\ufffd"))
    if isinstance(value, list):
        return f"[{', '.join(map(comparable, value))}]"
    if isinstance(value, dict):
        pairs = sorted((comparable(key), comparable(each)) for key, each in value.items())
        return f"{{{pairs}}}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(float(value) + 0.0)  # -0.0 equals 0.0
    return repr(value)


def written(value: Any) -> str | None:
    """Write JSON as Jira could have sent it."""
    return None if value is None else json.dumps(value)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_value_comes_back(fill: Fill, database: Database, rows: list[tuple[Any, ...]]) -> None:
    check_values(fill, database, rows)


@pytest.mark.prove
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_value_of_many_comes_back(fill: Fill, database: Database, rows: list[tuple[Any, ...]]) -> None:
    check_values(fill, database, rows)


def check_values(fill: Fill, database: Database, rows: list[tuple[Any, ...]]) -> None:
    """Publish the rows, and compare them with what the target has."""
    fill(COLUMNS, [(*row[:-1], written(row[-1])) for row in rows])
    found = database.ask("select texts, lists, floats, whole, moments, days, documents from odd")

    def usual(row: tuple[Any, ...]) -> tuple[str, ...]:
        return tuple(map(comparable, row[:-1]))

    assert sorted(map(usual, found)) == sorted(map(usual, rows))
    expected = sorted(document(row[-1]) for row in rows)
    assert sorted(comparable(row[-1]) for row in found) == expected


def document(value: Any) -> str:
    """Write a document as PostgreSQL has it: one with a number that is none is kept as its text."""
    text = json.dumps(value)
    outside = json.dumps(_without_texts(value))
    if "NaN" in outside or "Infinity" in outside:
        return comparable("\ufffd" + text)
    return comparable(json.loads(text))


def _without_texts(value: Any) -> Any:
    if isinstance(value, str):
        return ""
    if isinstance(value, list):
        return list(map(_without_texts, value))
    if isinstance(value, dict):
        return list(map(_without_texts, value.values()))
    return value


@pytest.mark.parametrize(
    ("before", "now"),
    [((None, None), ([], None)), (([], []), ([None], [])), ((["a", "b"], ["c"]), (["a"], ["b", "c"]))],
)
def test_a_change_between_lists_alone_is_published(
    fill: Fill, database: Database, before: tuple[Any, ...], now: tuple[Any, ...]
) -> None:
    for row in (before, now):
        fill("first varchar[], second varchar[]", [row])
        assert database.ask("select first, second from odd") == [row]


def test_what_postgresql_cannot_hold_is_counted(fill: Fill, database: Database) -> None:
    shown = fill(
        "project_id varchar, texts varchar, days date, moments timestamp, lists varchar[], documents json",
        query=r"""values
            ('1', 'a' || chr(0) || 'b', date '5000-01-01 (BC)', timestamp '4800-01-01 (BC) 00:00:00',
             ['x' || chr(0)], '{"a": "b\u0000c\\u0000"}'),
            ('2', 'plain', date '5881580-07-10', timestamp '4714-11-24 (BC) 01:02:03',
             ['y'], '[1e400000, NaN]'),
            ('3', null, 'infinity', '-infinity', [null], '"e12345 NaN"'),
            ('3', '', date '0044-03-15 (BC)', timestamp '294247-01-10 04:00:54.775806', [], 'null')""",
    )
    assert shown.changed_values == 7
    rows = database.ask(
        "select texts, days::text, moments::text, lists, documents from odd order by project_id, 1"
    )
    assert rows == [
        ("a\ufffdb", None, None, ["x\ufffd"], {"a": "b\ufffdc\\u0000"}),
        ("plain", None, "4714-11-24 01:02:03 BC", ["y"], "\ufffd[1e400000, NaN]"),
        ("", "0044-03-15 BC", "294247-01-10 04:00:54.775806", [], None),
        (None, "infinity", "-infinity", [None], "e12345 NaN"),
    ]
    assert fill("project_id varchar, texts varchar").changed_values == 0


def test_every_type_has_its_own(fill: Fill, database: Database) -> None:
    fill(
        "yes boolean, tiny tinyint, big ubigint, huge uhugeint, part decimal(38, 10), small float, "
        "zoned timestamptz, times timestamp[], numbers integer[], nested integer[][], "
        "pairs map(varchar, varchar), "
        "parts struct(a integer, b varchar[]), kind enum('x', 'y'), id uuid, xmin integer, "
        f"{'long' * 20} varchar, {'long' * 20}er varchar",
        query="select true, -128, 18446744073709551615, 340282366920938463463374607431768211455, "
        "1234567890123456789012345678.0123456789, 0.1, '2026-01-01 12:00:00+02', "
        "[timestamp '2026-01-01 00:00:00.000001', timestamp '5000-01-01 (BC) 00:00:00'], [1, null], "
        "[[1], [2, 3]], map {'a\"b': 'c'}, {'a': 1, 'b': ['x\\y']}, 'y', "
        "'00000000-0000-0000-0000-000000000001', 7, 'first', 'second'",
    )
    types = database.ask(
        "select format_type(atttypid, atttypmod) from pg_attribute where attnum > 0 and "
        f"attrelid = '{database.of('odd')}'::regclass order by attnum"
    )
    assert [kind for (kind,) in types] == [
        "boolean",
        "smallint",
        "numeric(20,0)",
        "numeric(39,0)",
        "numeric(38,10)",
        "real",
        "timestamp without time zone",
        "timestamp without time zone[]",
        "integer[]",
        "jsonb",
        "jsonb",
        "jsonb",
        "text",
        "uuid",
        "integer",
        "text",
        "text",
    ]
    [row] = database.ask("select * from odd")
    assert row == (
        True,
        -128,
        Decimal(2**64 - 1),
        Decimal(2**128 - 1),
        Decimal("1234567890123456789012345678.0123456789"),
        0.1,
        datetime(2026, 1, 1, 10),  # noqa: DTZ001  # the column has no zone: it is UTC
        [datetime(2026, 1, 1, 0, 0, 0, 1), None],  # noqa: DTZ001  # the same
        [1, None],
        [[1], [2, 3]],
        {'a"b': "c"},
        {"a": 1, "b": ["x\\y"]},
        "y",
        UUID(int=1),
        7,
        "first",
        "second",
    )


def test_a_publish_that_exceeds_the_memory_is_repeated_with_one_thread(
    fill: Fill, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[dict[str, Any]] = []
    read = lines.Lines.read

    def noted(file: Path, **options: Any) -> duckdb.DuckDBPyConnection:
        limits.append(options)
        return open_warehouse(file, **options)

    def exhausted(self: lines.Lines, size: int = 0) -> bytes:
        if len(limits) == 1:
            self._rows = mock.Mock()
            self._rows.fetchmany.side_effect = duckdb.OutOfMemoryException("out of memory")
        return read(self, size)

    monkeypatch.setattr(target, "open_warehouse", noted)
    monkeypatch.setattr(lines.Lines, "read", exhausted)
    assert fill("number integer", query="select 7").written == 2
    assert [options.get("threads") for options in limits] == [None, 1]
    assert database.ask("select * from odd") == [(7,)]


def test_rows_are_read_in_parts_of_any_size(
    fill: Fill, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "ROWS_AT_ONCE", 3)
    assert (
        fill("number integer, day date", query="select i, date '2026-01-01' from range(10) as t(i)").written
        == 11
    )
    assert database.ask("select sum(number), min(day) from odd") == [(45, date(2026, 1, 1))]
