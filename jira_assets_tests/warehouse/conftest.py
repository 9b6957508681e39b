"""What the tests of the warehouse share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jira_assets.lake.duckdb_engine import open_engine
from jira_assets_tests.lake_fixture import Bench


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """One engine for all tests: opening it is most of what a small test costs."""
    connection = open_engine(scratch=tmp_path_factory.mktemp("scratch"))
    yield connection
    connection.close()


@pytest.fixture
def bench(tmp_path: Path, engine: duckdb.DuckDBPyConnection) -> Bench:
    """An empty lake."""
    return Bench(tmp_path, engine)
