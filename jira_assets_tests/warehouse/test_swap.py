"""A publish is swapped in as one step: readers, and a crash, meet the old warehouse or the new one."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jira_assets.errors import PublishError
from jira_assets.lake.stamps import new_stamp
from jira_assets.warehouse.read import open_warehouse, present_file
from jira_assets.warehouse.swap import check_links, mirror_exists, remove_leftovers, swap_in
from jira_assets_tests.lake_fixture import LakeFixture, seen
from jira_assets_tests.sampling import sampled

OLD_STAMPS = ("20260101T120000000000000Z", "20260102T120000000000000Z")
NUMBER = "select n from jira.main.numbers"


class Killed(BaseException):
    """Stands for the end of the process."""


class Publisher:
    """Swaps in tiny warehouses that hold a number, as publishing does with real ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.link = folder / "jira.duckdb"
        self.mirrors_kept = timedelta(minutes=15)
        folder.mkdir()

    def publish(self, number: int = 0, *, mirrored: bool = False) -> Path:
        """Publish a file with a number: a copy, since to make one takes much longer."""
        made = self.folder.with_name(f"{number}.duckdb")
        if not made.exists():
            write_number(made, number)
        check_links(self.folder)
        remove_leftovers(self.folder)
        stamp = new_stamp()
        build = self.folder / f".build-{stamp}"
        build.mkdir()
        shutil.copyfile(made, build / "jira.duckdb")
        if mirrored:
            table = build / "parquet" / "numbers"
            table.mkdir(parents=True)
            (table / f"numbers-{stamp}.parquet").write_text(str(number))
        return swap_in(self.folder, build, stamp, self.mirrors_kept)

    def number(self) -> int:
        """Read the number that is published now, with a new connection."""
        with closing(open_warehouse(self.link)) as warehouse:
            ((number,),) = warehouse.execute("select n from numbers").fetchall()
        return int(number)


def write_number(file: Path, number: int) -> None:
    with closing(duckdb.connect()) as engine:
        engine.execute(f"attach '{file}' as numbers (storage_version 'v1.4.0')")
        engine.execute(f"create table numbers.numbers as select {number} as n")


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "warehouse")


@pytest.fixture
def old_home(publisher: Publisher) -> Publisher:
    """A warehouse folder as an earlier version published it, with its mirror."""
    for number, stamp in enumerate(OLD_STAMPS, 1):
        write_number(publisher.folder / f"jira-{stamp}.duckdb", number)
        mirror = publisher.folder / f"parquet-{stamp}"
        mirror.mkdir()
        (mirror / "numbers.parquet").write_text(str(number))
    publisher.link.symlink_to(f"jira-{OLD_STAMPS[1]}.duckdb")
    (publisher.folder / "parquet").symlink_to(f"parquet-{OLD_STAMPS[1]}")
    (publisher.folder / f"jira-{OLD_STAMPS[0]}.duckdb.wal").write_bytes(b"left")
    return publisher


@pytest.mark.parametrize("publishes", sampled([100, 1000]))
def test_many_publishes_disturb_no_reader_of_three_part_names(publisher: Publisher, publishes: int) -> None:
    publisher.publish()
    held = duckdb.connect(str(publisher.link), read_only=True)
    attached = duckdb.connect()
    attached.execute(f"attach '{publisher.link}' as jira (read_only)")
    done, answers, failures = threading.Event(), set[int](), list[Exception]()

    def read() -> None:
        while not done.is_set():
            try:
                answers.update(row[0] for row in held.execute(NUMBER).fetchall())
                answers.update(row[0] for row in attached.execute(NUMBER).fetchall())
            except Exception as error:  # whatever it is, the test shows it
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, publishes + 1):
        if number % 100:
            publisher.publish()
        else:
            publisher.publish(number)
            assert publisher.number() == number
    done.set()
    reader.join()
    attached.execute(f"attach or replace '{publisher.link}' as jira (read_only)")
    found = attached.execute(NUMBER).fetchall()
    held.close()
    attached.close()

    assert (failures, answers, found) == ([], {0}, [(publishes,)])


def test_the_catalog_has_the_same_name_after_each_publish(publisher: Publisher) -> None:
    for number in range(3):
        publisher.publish(number)
        with closing(duckdb.connect(str(publisher.link), read_only=True)) as warehouse:
            found = warehouse.execute(f"select current_database(), ({NUMBER})").fetchall()
        assert found == [("jira", number)]
        with closing(duckdb.connect()) as engine:
            engine.execute(f"attach '{publisher.link}' (read_only)")
            assert engine.execute(NUMBER).fetchall() == [(number,)]


STEPS = ("rename", "replace", "symlink", "unlink", "rmdir", "chmod", "utime", "fsync")


def killed_at(step: int, patch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Let the process die at that system call, and at each one after it: the dead do not clean up."""
    calls = [0]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            calls[0] += 1
            if calls[0] >= step:
                raise Killed
            return real(*arguments, **named)

        return call

    for name in STEPS:
        patch.setattr(os, name, dying(getattr(os, name)))
    return lambda: calls[0]


def crashes(publisher: Publisher, publish: Callable[[], object]) -> Iterator[int]:
    """Publish from the same start again and again, killed one step later each time."""
    start = publisher.folder.with_name("start")
    publisher.folder.rename(start)
    for step in range(1, 200):
        shutil.rmtree(publisher.folder, ignore_errors=True)
        shutil.copytree(start, publisher.folder, symlinks=True)
        with pytest.MonkeyPatch.context() as patch:
            calls = killed_at(step, patch)
            with suppress(Killed):
                publish()
            if calls() < step:
                return
        yield step
    raise AssertionError("it never came to an end")


def test_a_crash_at_any_step_leaves_the_old_or_the_new(publisher: Publisher) -> None:
    publisher.publish(1, mirrored=True)
    publisher.publish(2, mirrored=True)

    seen_numbers = []
    for _ in crashes(publisher, lambda: publisher.publish(3, mirrored=True)):
        number = publisher.number()
        seen_numbers.append(number)
        (file,) = (publisher.folder / "parquet" / "numbers").iterdir()
        assert file.read_text() == str(number)
        publisher.publish(4, mirrored=True)
        assert publisher.number() == 4
        assert not list(publisher.folder.glob(".*"))
    assert seen_numbers == sorted(seen_numbers)
    assert set(seen_numbers) == {2, 3}


@pytest.mark.prove
def test_a_crash_while_an_old_home_moves_over_leaves_the_old_or_the_new(old_home: Publisher) -> None:
    seen_numbers = []
    for _ in crashes(old_home, lambda: old_home.publish(3, mirrored=True)):
        seen_numbers.append(old_home.number())
        old_home.publish(4, mirrored=True)
        assert old_home.number() == 4
        assert mirror_exists(old_home.folder)
    assert seen_numbers == sorted(seen_numbers)
    assert set(seen_numbers) == {2, 3}


def test_an_old_home_moves_over_at_its_next_publish(old_home: Publisher) -> None:
    assert present_file(old_home.folder) == (old_home.folder / f"jira-{OLD_STAMPS[1]}.duckdb").resolve()

    old_home.publish(3, mirrored=True)
    assert old_home.number() == 3
    names = {path.name for path in old_home.folder.iterdir() if "-" in path.name}
    # The last two are kept, as ever.
    assert names == {f"jira-{OLD_STAMPS[1]}.duckdb", f"parquet-{OLD_STAMPS[1]}"}

    old_home.mirrors_kept = timedelta()
    old_home.publish(4, mirrored=True)
    assert not [path for path in old_home.folder.iterdir() if "-" in path.name]


def test_what_is_not_ours_stays(publisher: Publisher) -> None:
    stamp = OLD_STAMPS[0]
    mine = [
        "jira-backup.duckdb",
        f"jira-{stamp}-copy.duckdb",
        f"{stamp}.duckdb",
        "parquet-export/mine.csv",
        "2026/notes.txt",
        f"{stamp}/notes.txt",
        f"{stamp}/jira.duckdb.tmp/spilled",
    ]
    for name in mine:
        path = publisher.folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("kept")
    publisher.mirrors_kept = timedelta()
    for _ in range(3):
        publisher.publish()

    assert {(publisher.folder / name).read_text() for name in mine} == {"kept"}


@pytest.mark.parametrize("name", ["jira.duckdb.5f2c81d0.tmp", "jira.duckdb.tmp"])
def test_what_a_dead_reader_spilled_is_removed_after_a_day(publisher: Publisher, name: str) -> None:
    spilled = publisher.folder / OLD_STAMPS[0] / name
    spilled.mkdir(parents=True)
    (spilled / "storage.tmp").write_text("spilled")
    for path in (spilled / "storage.tmp", spilled):
        os.utime(path, (1, 1))
    publisher.publish()

    assert not spilled.parent.exists()


@pytest.mark.parametrize("name", ["current", "jira.duckdb", "parquet"])
def test_a_folder_in_the_place_of_a_link_is_named(name: str, publisher: Publisher) -> None:
    (publisher.folder / name).mkdir()

    with pytest.raises(PublishError, match=f"{name} is a folder, but publishing requires a link"):
        publisher.publish()


def test_logs_that_writers_left_are_removed(publisher: Publisher) -> None:
    before = publisher.publish()
    publisher.publish()
    for log in (publisher.link, before):
        log.with_name("jira.duckdb.wal").write_bytes(b"left")
    publisher.publish()

    assert list(publisher.folder.rglob("*.wal")) == []


@pytest.mark.few_tables
def test_a_file_that_another_program_changed_is_published_again(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    published = bench.publish()
    assert published is not None
    assert bench.publish() is None
    published.file.chmod(0o644)
    with closing(duckdb.connect(str(published.file))) as writer:
        writer.execute("delete from jira_issues")

    assert bench.publish() is not None
    assert len(bench.ask("select * from jira_issues")) == 1
    assert bench.publish() is None
