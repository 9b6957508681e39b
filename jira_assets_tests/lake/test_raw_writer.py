"""What Jira said goes to disk as it came, within the memory that the engine may use."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.raw_writer import RawFileWriter
from jira_assets.lake.rows import write_rows
from jira_assets_tests.lake_fixture import NOON, seen


def test_projects_that_end_at_the_same_moment_do_not_need_more_memory_than_one(tmp_path: Path) -> None:
    lake, threads = Lake(tmp_path, memory_limit="100MB"), 6
    together = threading.Barrier(threads, timeout=30)

    with closing(lake), ThreadPoolExecutor(threads) as pool:

        def land(project: int) -> list[int]:
            cursor, rows = lake.cursor(), []
            for _ in range(5):
                landing = RawFileWriter(cursor, Manifest(str(project), f"P{project}"), NOON)
                landing.add([seen(str(number), project=str(project)) for number in range(project + 1)])
                together.wait()
                file = landing.finish()
                rows.append(file.rows if file else 0)
                write_rows(cursor.engine, tmp_path / f"{project}.parquet", [b'{"a":1}'], {"a": "bigint"})
            return rows

        landed = list(pool.map(land, range(threads)))

    assert landed == [[project + 1] * 5 for project in range(threads)]
