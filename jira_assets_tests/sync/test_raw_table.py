"""The raw files of a lake are a Delta table, in place: it names what the manifests name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from deltalake import DeltaTable

from jira_assets.lake.lake import Lake
from jira_assets.sync.publish import is_published
from jira_assets.warehouse.targets.delta.raw_files import COLUMNS
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates

COMPARED = (*COLUMNS, "project")
pytestmark = [pytest.mark.few_tables, pytest.mark.local_lake]


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    with open_harness(home) as harness:
        harness.track()
        harness.sync()
        yield harness


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path) -> Iterator[SyncHarness]:
    """Open a home that was synced, and is to have the table."""
    with templates.open(synced, tmp_path / "home") as harness:
        settings = replace(harness.pipeline.settings, lake_delta=True)
        harness.pipeline = replace(harness.pipeline, settings=settings)
        yield harness


def in_table(lake: Lake) -> list[tuple[Any, ...]]:
    """Return every observation that the Delta table shows, as Delta's own reader finds it."""
    found = DeltaTable(f"{lake.place}/raw").scan().read_all()
    columns = [found[name].to_pylist() for name in COMPARED]
    return sorted(zip(*columns, strict=True), key=repr)


def in_lake(lake: Lake) -> list[tuple[Any, ...]]:
    """Return every observation of the raw files that manifests name."""
    files = [file.path for manifest in lake.manifests() for file in manifest.raw]
    found = lake.engine.execute(
        f"select {', '.join(COMPARED)} from read_parquet(?, hive_types = {{'project': 'varchar'}})",
        [[str(path) for path in lake.paths(files)]],
    )
    return sorted(found.fetchall(), key=repr)


def change_something(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(hours=1))
    harness.site.edit_issue(next(iter(harness.site.issues_truth())), summary="Changed")
    harness.sync()


def test_other_engines_read_the_raw_files_where_they_are(harness: SyncHarness) -> None:
    lake = harness.pipeline.lake
    harness.publish()
    assert in_table(lake) == in_lake(lake) != []

    change_something(harness)
    harness.publish()
    assert in_table(lake) == in_lake(lake)
    assert harness.pipeline.notices() == []
    assert harness.differences() == []


def test_a_raw_file_has_the_columns_of_the_table(harness: SyncHarness) -> None:
    lake = harness.pipeline.lake
    file = lake.path(lake.manifests()[0].raw[0].path)
    kinds = {"VARCHAR": "string", "TIMESTAMP": "timestamp_ntz", "BIGINT": "long"}
    rows = lake.engine.execute(f"describe from read_parquet('{file}', hive_partitioning = false)").fetchall()
    assert {name: kinds[kind] for name, kind, *_ in rows} == COLUMNS


def test_merged_files_take_the_place_of_those_they_were_made_of(harness: SyncHarness) -> None:
    lake = harness.pipeline.lake
    change_something(harness)
    harness.publish()
    before = in_table(lake)

    assert harness.pipeline.compact() > 0

    assert in_table(lake) == before == in_lake(lake)


def test_a_table_that_cannot_be_written_is_a_notice_until_it_can(harness: SyncHarness) -> None:
    pipeline = harness.pipeline
    in_the_way = pipeline.lake.root / "raw" / "_delta_log"
    in_the_way.write_text("a file where the folder has to be")
    assert harness.publish() is not None  # the DuckDB file follows all the same
    [notice] = [str(each) for each in pipeline.notices()]
    assert notice.startswith("raw table: Delta (")
    assert "The next publish tries again." in notice
    assert not is_published(pipeline.lake, pipeline.state, pipeline.settings, now=pipeline.clock())

    in_the_way.unlink()
    harness.publish()
    assert in_table(pipeline.lake) == in_lake(pipeline.lake)
    assert pipeline.notices() == []
    assert is_published(pipeline.lake, pipeline.state, pipeline.settings, now=pipeline.clock())


def test_files_of_which_only_the_bytes_on_the_disk_are_known_are_named_with_their_size(
    harness: SyncHarness,
) -> None:
    lake = harness.pipeline.lake
    [manifest, *_] = lake.manifests()
    with lake.lock(manifest.project_id, "test"):
        manifest.raw = [msgspec.structs.replace(file, size=0, digest="") for file in manifest.raw]
        lake.commit(manifest)
    harness.publish()
    sizes = DeltaTable(f"{lake.place}/raw").get_add_actions()["size_bytes"].to_pylist()
    assert sorted(sizes) == sorted(path.stat().st_size for path in lake.root.glob("raw/*/*.parquet"))
