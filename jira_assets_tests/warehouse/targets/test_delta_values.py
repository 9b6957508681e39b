"""Values of every type come to Delta as they are; those that its readers do not know are null and counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.targets.delta import target as publishing
from jira_assets.warehouse.targets.delta.target import DeltaTarget
from jira_assets.warehouse.targets.target import Shown
from jira_assets_tests.warehouse.targets.delta_tables import DeltaTables
from jira_assets_tests.warehouse.targets.test_values import COLUMNS, ROWS, comparable, odd_file, written

Fill = Callable[..., Shown]
LARGEST = 10**38


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    return DeltaTables(DeltaTarget(str(tmp_path / "delta")))


@pytest.fixture
def fill(tables: DeltaTables, tmp_path: Path) -> Fill:
    """Publish a file with one table of these columns and rows."""
    file = tmp_path / "warehouse" / "jira.duckdb"
    file.parent.mkdir()

    def publish(columns: str, rows: Sequence[Sequence[Any]] = (), query: str = "") -> Shown:
        return tables.publish(odd_file(file, columns, rows, query), force=True)

    return publish


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_value_comes_back(fill: Fill, tables: DeltaTables, rows: list[tuple[Any, ...]]) -> None:
    check_values(fill, tables, rows)


@pytest.mark.prove
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_every_value_of_many_comes_back(fill: Fill, tables: DeltaTables, rows: list[tuple[Any, ...]]) -> None:
    check_values(fill, tables, rows)


def check_values(fill: Fill, tables: DeltaTables, rows: list[tuple[Any, ...]]) -> None:
    """Publish the rows, and compare them with what the target has."""
    shown = fill(COLUMNS, [(*row[:-1], written(row[-1])) for row in rows])
    found = [tuple(map(naive, row.values())) for row in tables.rows("odd")]

    def usual(row: tuple[Any, ...]) -> tuple[str, ...]:
        whole = row[3] if row[3] is None or abs(row[3]) < LARGEST else None
        return tuple(map(comparable_text, (*row[:3], whole, *row[4:])))

    assert sorted(map(usual, found)) == sorted(usual((*row[:-1], written(row[-1]))) for row in rows)
    assert shown.changed_values == sum(row[3] is not None and abs(row[3]) >= LARGEST for row in rows)


def comparable_text(value: Any) -> str:
    """Write a value so that NaN equals itself; Delta holds every text, NUL as well."""
    if isinstance(value, list):
        return repr(value)
    return repr(value) if isinstance(value, str) else comparable(value)


def naive(value: Any) -> Any:
    """Take the zone from a time, which is UTC."""
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def test_what_readers_do_not_know_is_null_and_counted_by_project(fill: Fill, tables: DeltaTables) -> None:
    shown = fill(
        "project_id varchar, days date, moments timestamp, lists date[], number uhugeint, "
        "parts struct(day date, n integer), pairs map(varchar, timestamp)",
        query="""values
            ('1', date '5000-01-01 (BC)', timestamp '4800-01-01 (BC) 00:00:00',
             [date 'infinity', '2026-01-01'], 340282366920938463463374607431768211455,
             {'day': date '10000-01-01', 'n': 1},
             map {'a': timestamp 'infinity', 'b': timestamp '2026-01-01'}),
            ('2', date '0001-01-01', timestamp '9999-12-31 23:59:59.999999', [null], 7,
             {'day': date '9999-12-31', 'n': null}, map {}),
            ('3', null, null, null, null, null, null)""",
    )
    assert shown.changed_values == 6
    first, second, third = sorted(tables.rows("odd"), key=lambda row: str(row["project_id"]))
    assert first == {
        "project_id": "1",
        "days": None,
        "moments": None,
        "lists": [None, date(2026, 1, 1)],
        "number": None,
        "parts": {"day": None, "n": 1},
        "pairs": [("b", datetime(2026, 1, 1, tzinfo=UTC))],
    }
    assert (second["days"], second["parts"]) == (date(1, 1, 1), {"day": date(9999, 12, 31), "n": None})
    assert second["moments"] == datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert third == {**dict.fromkeys(third), "project_id": "3"}
    found = tables.target.shown()
    assert found is not None
    assert found.changed_values == 6
    assert fill("project_id varchar, texts varchar").changed_values == 0


def test_projects_of_further_sites_and_odd_ids_are_partitions(fill: Fill, tables: DeltaTables) -> None:
    ids = ["acme:10001", "a/b c%", "ä", None]
    fill("project_id varchar, number integer", [(each, n) for n, each in enumerate(ids)])
    assert {row["project_id"]: row["number"] for row in tables.rows("odd")} == {
        each: n for n, each in enumerate(ids)
    }
    assert len(tables.table("odd").file_uris()) == 4
    assert tables.table("odd").metadata().partition_columns == ["project_id"]


def test_every_type_has_its_own(fill: Fill, tables: DeltaTables) -> None:
    fill(
        "yes boolean, tiny tinyint, small_one usmallint, big ubigint, part decimal(38, 10), small float, "
        "zoned timestamptz, precise timestamp_ns, times timestamp[], numbers integer[], nested integer[][], "
        "fixed integer[2], pairs map(varchar, varchar), parts struct(a integer, b varchar[]), "
        "kind enum('x', 'y'), id uuid, clock time, long_time interval, document json, bytes blob, "
        "either union(a integer, b varchar)",
        query="select true, -128, 65535, 18446744073709551615, 1234567890123456789012345678.0123456789, 0.5, "
        "'2026-01-01 12:00:00+02', '2026-01-01 00:00:00.000001', [timestamp '2026-01-01 00:00:00.000001'], "
        "[1, null], [[1], [2, 3]], [1, 2], map {'a\"b': 'c'}, {'a': 1, 'b': ['x\\y']}, 'y', "
        "'00000000-0000-0000-0000-000000000001', '01:02:03', interval 3 days, '{\"a\": 1}', 'ab'::blob, "
        "'text'",
    )
    fields = json.loads(tables.table("odd").schema().to_json())["fields"]
    types = {field["name"]: field["type"] for field in fields}
    assert [kind if isinstance(kind, str) else kind["type"] for kind in types.values()] == [
        "boolean",
        "byte",
        "integer",
        "decimal(20,0)",
        "decimal(38,10)",
        "float",
        "timestamp",
        "timestamp",
        "array",
        "array",
        "array",
        "array",
        "map",
        "struct",
        *["string"] * 5,
        "binary",
        "string",
    ]
    [row] = tables.rows("odd")
    noon = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert list(row.values()) == [
        True,
        -128,
        65535,
        Decimal(2**64 - 1),
        Decimal("1234567890123456789012345678.0123456789"),
        0.5,
        datetime(2026, 1, 1, 10, tzinfo=UTC),
        noon,
        [noon],
        [1, None],
        [[1], [2, 3]],
        [1, 2],
        [('a"b', "c")],
        {"a": 1, "b": ["x\\y"]},
        "y",
        "00000000-0000-0000-0000-000000000001",
        "01:02:03",
        "3 days",
        '{"a": 1}',
        b"ab",
        "text",
    ]


def test_a_publish_that_exceeds_the_memory_is_repeated_with_one_thread(
    fill: Fill, tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[dict[str, Any]] = []
    write = publishing._write_parquet

    def noted(file: Path, **options: Any) -> duckdb.DuckDBPyConnection:
        limits.append(options)
        return open_warehouse(file, **options)

    def exhausted(*given: Any) -> Any:
        if len(limits) == 1:
            raise duckdb.OutOfMemoryException("out of memory")
        return write(*given)

    with mock.patch.multiple(publishing, open_warehouse=noted, _write_parquet=exhausted):
        assert fill("number integer", query="select 7").written == 2
    assert [options.get("threads") for options in limits] == [None, 1]
    assert tables.rows("odd") == [{"number": 7}]
