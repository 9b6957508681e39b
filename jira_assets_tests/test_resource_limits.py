"""A full disk and too little memory are told as what they are, and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import ResourceExhausted
from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.lake.lake import Lake
from jira_assets.resource_limits import resource_errors
from jira_assets_tests.harness import open_harness

pytestmark = pytest.mark.few_tables

FULL_DISK = Path("/dev/full")
NOW_MS = 1_795_435_200_000


def write_in_python() -> None:
    FULL_DISK.write_bytes(b"a line")


def write_in_duckdb() -> None:
    duckdb.execute(f"copy (select 1) to '{FULL_DISK}' (format csv)")


def write_in_sqlite() -> None:
    with sa.create_engine("sqlite://").begin() as connection:
        connection.exec_driver_sql("pragma max_page_count = 2")
        connection.exec_driver_sql("create table texts (content text)")
        connection.exec_driver_sql("insert into texts values (hex(randomblob(100000)))")


@pytest.mark.skipif(not FULL_DISK.exists(), reason="there is no /dev/full, which stands in for a full disk")
@pytest.mark.parametrize("write", [write_in_python, write_in_duckdb, write_in_sqlite])
def test_a_full_disk_is_told_with_what_to_do(write: Callable[[], None]) -> None:
    with pytest.raises(ResourceExhausted, match="no space left") as told, resource_errors():
        write()

    assert "jira-assets doctor" in told.value.instruction
    assert told.value.severity == "retriable"


def test_other_failures_stay_what_they_are() -> None:
    with pytest.raises(FileNotFoundError, match="No such file"), resource_errors():
        Path("/nowhere/at/all").read_bytes()
    with pytest.raises(duckdb.CatalogException, match="nowhere does not exist"), resource_errors():
        duckdb.execute("from nowhere")


def test_a_sync_that_may_not_use_the_memory_it_needs_says_so_and_goes_on_when_it_may(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home", generate_site(7, projects=2, issues=12, now_ms=NOW_MS)) as harness:
        harness.track()
        harness.sync()
        harness.site.edit_issue(next(iter(harness.site.issues_truth("WEB"))), summary="edited")

        little = replace(harness.pipeline.settings, memory_limit="10MB")
        with closing(open_engine(memory_limit="10MB")) as small:
            lake = Lake(little.lake_dir, small, memory_limit="10MB")
            outcomes = replace(harness.pipeline, lake=lake, settings=little).sync(harness.tracked).outcomes
        errors = {outcome.project_key: outcome.error for outcome in outcomes}

        assert list(errors) == [project.project_key for project in harness.tracked]
        assert isinstance(errors["WEB"], ResourceExhausted)
        assert "JIRA_ASSETS_MEMORY_LIMIT" in errors["WEB"].instruction
        assert harness.sync().failures == []
        assert harness.differences() == []


@pytest.mark.prove
def test_a_sync_that_runs_out_of_memory_is_done_again_with_an_engine_that_has_it_alone(
    tmp_path: Path,
) -> None:
    with open_harness(tmp_path / "home", generate_site(7, projects=2, issues=12, now_ms=NOW_MS)) as harness:
        harness.track()
        with closing(Lake(harness.pipeline.lake.root, open_engine(memory_limit="10MB"))) as crowded:
            result = replace(harness.pipeline, lake=crowded).sync(harness.tracked)
            harness.is_behind = True

            assert result.failures == []
            assert replace(harness.pipeline, lake=crowded).rederive(harness.tracked)
        assert harness.differences() == []
