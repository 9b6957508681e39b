"""The catalog says of tables and columns what the published file says of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jira_assets.warehouse.models import models
from jira_assets_tests.harness import open_harness


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str, str]]]:
    """Columns, types and comments of a published file, by table."""
    with open_harness(Path(tmp_path_factory.mktemp("home"))) as harness:
        harness.pipeline.publish(force=True)
        rows = harness.ask(
            "select table_name, column_name, lower(data_type), comment from duckdb_columns() "
            "where schema_name = 'main' order by table_name, column_index"
        )
    found: dict[str, list[tuple[str, str, str]]] = {}
    for table, *column in rows:
        found.setdefault(table, []).append((column[0], column[1], column[2]))
    return found


@pytest.mark.parametrize("table", models())
def test_columns_types_and_meanings_are_those_of_the_published_file(
    published: dict[str, list[tuple[str, str, str]]], table: str
) -> None:
    described = models()[table]

    assert [(column.name, column.type, column.comment) for column in described.columns] == published[table]
    assert described.comment
