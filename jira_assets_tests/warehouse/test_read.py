"""Readers and publishers are never in each other's way."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from jira_assets.errors import LockHeld
from jira_assets.warehouse.models import models, tables
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.child_process import child_process
from jira_assets_tests.lake_fixture import LakeFixture, seen

pytestmark = pytest.mark.few_tables

OLD_PYTHON = "JIRA_ASSETS_DUCKDB15_PYTHON"
COUNT = "select count(*), count(sprint_id), max(updated_at) from jira_issues"


class Reader(threading.Thread):
    """Does the same again and again until it is told to stop, and remembers what went wrong."""

    def __init__(self, read: Callable[[], int], pause: float) -> None:
        super().__init__()
        self._read = read
        self._pause = pause
        self._stopped = threading.Event()
        self.counts: list[int] = []
        self.failures: list[Exception] = []

    def run(self) -> None:
        while not self._stopped.wait(self._pause):
            try:
                self.counts.append(self._read())
            except Exception as error:  # whatever it is, the test is to show it
                self.failures.append(error)

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def count(connection_path: Path) -> int:
    with closing(open_warehouse(connection_path)) as connection:
        row = connection.execute(COUNT).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("last", "pause"), [(3, 0.02), pytest.param(12, 0, marks=pytest.mark.prove, id="without a pause")]
)
def test_readers_who_hold_and_readers_who_reopen_see_whole_states_only(
    bench: LakeFixture, last: int, pause: float
) -> None:
    bench.land_and_derive(seen("1"))
    published = bench.publish()
    assert published is not None
    link = published.path
    held = open_warehouse(link)

    def read_held() -> int:
        row = held.execute(COUNT).fetchone()
        assert row is not None
        return int(row[0])

    readers = [Reader(read_held, pause), Reader(lambda: count(link), pause)]
    for reader in readers:
        reader.start()
    for number in range(2, last + 1):
        bench.land_and_derive(seen(str(number)))
        assert bench.publish() is not None
    for reader in readers:
        reader.stop()
    held.close()

    assert [reader.failures for reader in readers] == [[], []]
    assert set(readers[0].counts) == {1}
    assert readers[1].counts == sorted(readers[1].counts)
    assert set(readers[1].counts) <= set(range(1, last + 1))
    assert count(link) == last


@pytest.mark.prove
def test_two_publishers_at_once_build_one_warehouse(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(bench.publish())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([answer for answer in answers if answer is not None]) == 1
    assert len(answers) == 3
    assert len(list(bench.warehouse_dir.glob("2*/jira.duckdb"))) == 1


@contextmanager
def writer(file: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Hold the file open for writing in another process, as root can."""
    file.chmod(0o644)
    script = (
        "import duckdb, sys\n"
        "warehouse = duckdb.connect(sys.argv[1])\n"
        "warehouse.execute('delete from jira_issues')\n"
        "print('written', flush=True)\n"
        "sys.stdin.read()\n"
    )
    code = file.parents[1] / "notebook.py"
    code.write_text(script)
    with child_process(
        [sys.executable, str(code), str(file), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        yield process


def test_a_writer_is_named_and_the_next_publish_is_free_of_it(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    published = bench.publish()
    assert published is not None

    with writer(published.file, "--password=secret") as process:
        with pytest.raises(LockHeld) as caught:
            open_warehouse(published.path)
        program = f"{Path(sys.executable).name} {bench.warehouse_dir / 'notebook.py'}"
        assert caught.value.reason == (
            f"Process {process.pid} ({program}) has {published.path} open for writing, "
            "so no other process can read it."
        )
        assert "jira-assets publish" in caught.value.instruction
        assert bench.publish() is not None
        assert count(published.path) == 1
    assert bench.publish() is None


@pytest.mark.prove
def test_what_a_dead_writer_left_is_in_no_later_answer(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    published = bench.publish()
    assert published is not None
    with writer(published.file):
        pass
    assert published.file.with_name("jira.duckdb.wal").exists()
    assert count(published.path) == 0  # what DuckDB makes of the log

    for _ in range(2):
        assert bench.publish(force=True) is not None
        assert count(published.path) == 1
    assert list(bench.warehouse_dir.rglob("*.wal")) == []


@pytest.mark.few_tables(*models())
def test_duckdb_1_5_opens_the_warehouse_too(whole: LakeFixture) -> None:
    python = os.environ.get(OLD_PYTHON)
    if python is None:
        pytest.skip(f"{OLD_PYTHON} does not name a Python that has DuckDB 1.5")
    script = (
        "import duckdb, sys\n"
        "warehouse = duckdb.connect(sys.argv[1], read_only=True)\n"
        "assert duckdb.__version__.startswith('1.5'), duckdb.__version__\n"
        "names = [row[0] for row in warehouse.execute('select table_name from duckdb_tables()').fetchall()]\n"
        "attached = duckdb.connect()\n"
        "attached.execute(f\"attach '{sys.argv[1]}' as other (read_only)\")\n"
        "for name in names + ['raw_jira_issues', 'cycle_time_scatter', 'forecast_days(null)']:\n"
        "    warehouse.execute(f'select * from jira.main.{name}').fetchall()\n"
        "    attached.execute(f'select * from other.main.{name}').fetchall()\n"
        "attached.execute(\"from other.jira_issues_as_of(now()::timestamp, 'other')\").fetchall()\n"
        "print(warehouse.execute('select sprint_name from jira_issues').fetchall(), len(names))\n"
    )
    answer = subprocess.run(
        [python, "-c", script, str(whole.warehouse_dir / "jira.duckdb")],
        capture_output=True,
        text=True,
        check=False,
    )
    count = len(tables())
    assert (answer.stderr, answer.stdout) == ("", f"[('S',)] {count}\n")
