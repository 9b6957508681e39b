"""A schema in PostgreSQL shows the rows of the published file: all of them, and what differs later."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets_tests.lake_fixture import LakeFixture
from jira_assets_tests.warehouse.targets.database import Database
from jira_assets_tests.warehouse.test_incremental_build import METRICS, PROJECTS, Site


def test_every_table_is_that_of_the_file_through_a_history(
    database: Database, tmp_path: Path, engine: duckdb.DuckDBPyConnection
) -> None:
    bench = LakeFixture(tmp_path, engine)
    site = Site(bench, 3)
    bench.publish(*PROJECTS, metrics=METRICS)
    shown = database.publish(bench.warehouse_dir)
    assert database.differences(bench.warehouse_dir) == {}
    assert shown.changed_values == 0

    for _ in range(6):
        site.happen()
    bench.publish(*PROJECTS, metrics=METRICS)
    written = database.publish(bench.warehouse_dir).written
    assert database.differences(bench.warehouse_dir) == {}
    assert 0 < written < shown.written

    bench.publish(*PROJECTS[:2], metrics=MetricSettings("UTC", date(2026, 2, 9)))
    database.publish(bench.warehouse_dir)
    assert database.differences(bench.warehouse_dir) == {}
