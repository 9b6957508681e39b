"""The tables as Parquet files: the same rows, swapped in as a whole, for readers that never let go."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from jira_assets.errors import PublishError
from jira_assets.warehouse.published_tables import PUBLISHED_TABLES
from jira_assets_tests.warehouse.bench import Bench, seen


@pytest.fixture
def link(bench: Bench) -> Path:
    bench.land_and_derive(seen("1", {"labels": ["a"], "customfield_20": [{"id": 7, "name": "S"}]}))
    bench.publish(mirrored=True)
    return bench.warehouse_dir / "parquet"


def folders(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.warehouse_dir.glob("parquet-*"))


def test_every_table_is_there_with_the_same_columns_and_rows(bench: Bench, link: Path) -> None:
    assert {path.stem for path in link.iterdir()} >= PUBLISHED_TABLES.keys() - {"raw_jira_issues"}
    with closing(duckdb.connect(str(bench.warehouse_dir / "jira.duckdb"), read_only=True)) as warehouse:
        for file in link.iterdir():
            described = [
                [row[:2] for row in warehouse.execute(f"describe {relation}").fetchall()]
                for relation in (file.stem, f"from '{file}'")
            ]
            assert described[0] == described[1]
            one, other = f"from {file.stem}", f"from '{file}'"
            assert (
                warehouse.execute(
                    f"({one} except all {other}) union all ({other} except all {one})"
                ).fetchall()
                == []
            )


def test_the_folder_belongs_to_the_file(bench: Bench, link: Path) -> None:
    file = (bench.warehouse_dir / "jira.duckdb").readlink()
    assert link.readlink().name == f"parquet-{file.stem.removeprefix('jira-')}"


def test_a_mirror_is_made_and_removed_when_the_setting_changes(bench: Bench) -> None:
    bench.land_and_derive(seen("1"))
    made = [bench.publish(mirrored=mirrored) is not None for mirrored in (False, True, True, False, False)]

    assert made == [True, True, False, True, False]
    assert folders(bench) == []
    assert not (bench.warehouse_dir / "parquet").is_symlink()


def test_the_last_two_folders_are_kept(bench: Bench, link: Path) -> None:
    first = link.readlink().name
    for number in range(2):
        before = link.readlink().name
        bench.land_and_derive(seen(f"1{number}"))
        bench.publish(mirrored=True)
    assert folders(bench) == sorted([before, link.readlink().name])
    assert first not in folders(bench)


@pytest.mark.parametrize("damage", ["folder", "link"])
def test_a_mirror_that_is_lost_is_made_again(damage: str, bench: Bench, link: Path) -> None:
    shutil.rmtree(link.resolve()) if damage == "folder" else link.unlink()

    assert bench.publish(mirrored=True) is not None
    assert (link / "jira_issues.parquet").exists()


def test_a_publish_that_died_between_the_two_swaps_is_made_up_for(bench: Bench, link: Path) -> None:
    before = link.readlink()
    bench.land_and_derive(seen("2"))
    bench.publish(mirrored=True)
    link.unlink()
    link.symlink_to(before)

    assert bench.publish(mirrored=True) is not None
    with closing(duckdb.connect()) as engine:
        assert engine.execute(f"select count(*) from '{link}/jira_issues.parquet'").fetchone() == (2,)


def test_what_fails_its_checks_leaves_the_mirror_as_it_was(
    bench: Bench, link: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = link.readlink()
    bench.land_and_derive(seen("2"))

    def refuse(*_: object) -> None:
        raise PublishError("No.")

    monkeypatch.setattr("jira_assets.warehouse.publish.check_warehouse", refuse)
    with pytest.raises(PublishError):
        bench.publish(mirrored=True)
    assert link.readlink() == before
    assert folders(bench) == [before.name]
    assert list(bench.warehouse_dir.glob(".build-*")) == []


def test_a_half_made_folder_is_swept_by_the_next_publish(bench: Bench, link: Path) -> None:
    half = bench.warehouse_dir / ".build-20260101-parquet"
    half.mkdir()
    (half / "jira_issues.parquet").write_bytes(b"half")
    bench.publish(mirrored=True, force=True)
    assert not half.exists()


def test_a_connection_that_is_never_closed_sees_each_publish(bench: Bench, link: Path) -> None:
    done, counts, failures = threading.Event(), [], []

    def read() -> None:
        with closing(duckdb.connect()) as engine:
            engine.execute(f"create view issues as from '{link}/jira_issues.parquet'")
            while not done.is_set():
                try:
                    counts.append(engine.execute("select count(*) from issues").fetchall()[0][0])
                except duckdb.Error as error:
                    failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, 6):
        bench.land_and_derive(seen(str(number)))
        bench.publish(mirrored=True)
    done.set()
    reader.join()

    assert failures == []
    assert counts == sorted(counts)
    assert set(counts) <= set(range(1, 6))
    with closing(duckdb.connect()) as engine:
        assert engine.execute(f"select count(*) from '{link}/jira_issues.parquet'").fetchone() == (5,)
