"""Engines stay within their memory: they spill to folders of their own, and work again with less."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import date
from pathlib import Path

import duckdb
import pytest

from benchmarks.lake import write_lake
from jira_assets.lake import duckdb_engine
from jira_assets.lake.derive import derive_project
from jira_assets.lake.duckdb_engine import ONE_THREAD_UP_TO, open_engine, sparing_memory
from jira_assets.lake.lake import Lake
from jira_assets.warehouse import models
from jira_assets.warehouse import publish as publishing
from jira_assets.warehouse.inputs import PublishInputs
from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets.warehouse.publish import publish
from jira_assets_tests.child_process import child_process

TIGHT = "56MB"  # enough for one thread, and not for two
ISSUES = 4_000
ROWS = 1_000_000
SPILLS = f"create table texts as select md5(number::varchar) as text from range({ROWS}) as numbers(number)"
CHILD = f"""
import sys
from pathlib import Path
from jira_assets.lake.duckdb_engine import open_engine
from jira_assets_tests.child_process import child_process
engine = open_engine(memory_limit="20MB", scratch=Path(sys.argv[1]))
engine.execute("{SPILLS}")
print("spilled", flush=True)
input()
"""


def threads_of(engine: duckdb.DuckDBPyConnection) -> int:
    found = engine.execute("select current_setting('threads')").fetchone()
    assert found is not None
    return int(found[0])


def once(work: Callable[[bool], object]) -> object:
    return work(False)


@pytest.mark.few_tables
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="with one processor, every engine is a sparing one")
def test_a_publish_that_runs_out_of_memory_is_done_again_with_less(
    tmp_path: Path, engine: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "PARTS", (1,))  # else tables that do not fit are made in parts
    monkeypatch.setattr(duckdb_engine, "ONE_THREAD_UP_TO", 0)
    lake = Lake(tmp_path / "lake", engine, memory_limit=TIGHT)
    write_lake(lake, 1, ISSUES)
    [manifest] = lake.manifests()
    derive_project(lake, manifest)
    inputs = PublishInputs([manifest.project_id], metrics=MetricSettings("UTC", date(2026, 11, 20)))

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "sparing_memory", once)
        with pytest.raises(duckdb.OutOfMemoryException, match="Out of Memory"):
            publish(lake, tmp_path / "warehouse", inputs)

    published = publish(lake, tmp_path / "warehouse", inputs)

    assert published is not None
    assert published.rows["jira_issues"] == ISSUES


def test_work_is_done_again_only_where_it_ran_out_of_memory() -> None:
    tried: list[bool] = []

    def work(error: Exception, sparing: bool) -> str:
        tried.append(sparing)
        if sparing:
            return "done"
        raise error

    assert sparing_memory(lambda sparing: work(duckdb.OutOfMemoryException("full"), sparing)) == "done"
    assert tried == [False, True]
    with pytest.raises(duckdb.IOException, match="torn"):
        sparing_memory(lambda sparing: work(duckdb.IOException("torn"), sparing))
    assert tried == [False, True, False]


@pytest.mark.parametrize("sparing", [False, True])
def test_an_engine_works_with_one_thread_until_it_meets_many_rows(tmp_path: Path, sparing: bool) -> None:
    lake = Lake(tmp_path / "lake").reopened(sparing=sparing)
    with closing(lake), closing(duckdb.connect()) as usual:
        lake.expect_rows(ONE_THREAD_UP_TO)
        assert threads_of(lake.engine) == 1

        lake.cursor().expect_rows(ONE_THREAD_UP_TO + 1)

        assert threads_of(lake.engine) == (1 if sparing else threads_of(usual))


def test_a_block_has_one_thread_whatever_others_meet_meanwhile(tmp_path: Path) -> None:
    with closing(Lake(tmp_path / "lake")) as lake, closing(duckdb.connect()) as usual:
        with lake.one_thread():
            lake.expect_rows(ONE_THREAD_UP_TO + 1)
            assert threads_of(lake.engine) == 1
        assert threads_of(lake.engine) == threads_of(usual)

        with suppress(ZeroDivisionError), lake.one_thread():
            assert threads_of(lake.engine) == 1
            raise ZeroDivisionError
        assert threads_of(lake.engine) == threads_of(usual)


def test_each_engine_spills_to_a_folder_of_its_own_that_is_gone_when_it_closes(tmp_path: Path) -> None:
    engines = [open_engine(memory_limit="20MB", scratch=tmp_path) for _ in range(2)]
    for engine in engines:
        engine.execute(SPILLS)

    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(folders) == 2
    assert all(list(folder.iterdir()) for folder in folders)
    assert [engine.execute("select count(*) from texts").fetchall() for engine in engines] == [[(ROWS,)]] * 2

    for engine in engines:
        engine.close()
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
    del engine, engines
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_spilled_is_swept_and_what_a_living_one_did_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with child_process(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "spilled\n"
        (tmp_path / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"of an earlier version")
        [spilled] = [path for path in tmp_path.iterdir() if path.is_dir()]

        with closing(open_engine(scratch=tmp_path)):
            assert spilled.exists()
            assert not (tmp_path / "duckdb_temp_storage_DEFAULT-0.tmp").exists()

        child.send_signal(signal.SIGKILL)
        child.wait()
    assert spilled.exists()
    with closing(open_engine(scratch=tmp_path)):
        assert not spilled.exists()


def test_the_values_of_a_parameter_import_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB before 2.0 tried to import pandas for each value, where it is not installed."""
    tried: list[str] = []

    class Finder:
        def find_spec(self, name: str, *_: object) -> None:
            tried.append(name)

    with closing(open_engine()) as engine:
        monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
        engine.execute("select unnest($ids::varchar[])", {"ids": ["a", "b"]}).fetchall()
    assert tried == []


def test_every_connection_keeps_times_in_utc_whatever_the_zone_of_the_machine() -> None:
    program = (
        "from jira_assets.lake.duckdb_engine import open_engine; engine = open_engine(); "
        "print(*(each.execute(\"select current_setting('timezone')\").fetchone()[0] "
        "for each in (engine, engine.cursor())))"
    )
    environment = {**os.environ, "TZ": "America/New_York"}
    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert shown.stdout.split() == ["UTC", "UTC"]
