"""The tables as Parquet files: the same rows, swapped in as a whole, under names that are used once."""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from jira_assets.errors import PublishError
from jira_assets.warehouse.models import models
from jira_assets_tests.lake_fixture import LakeFixture, seen
from jira_assets_tests.sampling import sampled

pytestmark = pytest.mark.few_tables

AT_ONCE = timedelta()


@pytest.fixture
def link(bench: LakeFixture) -> Path:
    bench.land_and_derive(seen("1", {"labels": ["a"], "customfield_20": [{"id": 7, "name": "S"}]}))
    bench.publish(mirrored=True)
    return bench.warehouse_dir / "parquet"


def mirrors(bench: LakeFixture) -> list[Path]:
    return sorted(bench.warehouse_dir.glob("2*/parquet"))


def count(pattern: str) -> int:
    with closing(duckdb.connect()) as engine:
        ((issues,),) = engine.execute(f"select count(*) from '{pattern}'").fetchall()
    return int(issues)


@pytest.mark.few_tables(*models())
def test_every_table_is_there_with_the_same_columns_and_rows(whole: LakeFixture) -> None:
    link = whole.warehouse_dir / "parquet"
    assert {path.name for path in link.iterdir()} == models().keys() - {
        "raw_jira_issues",
        "jira_issues_daily",
    }
    with closing(duckdb.connect(str(whole.warehouse_dir / "jira.duckdb"), read_only=True)) as warehouse:
        for (file,) in (folder.glob("*") for folder in link.iterdir()):
            table = file.parent.name
            described = [
                [row[:2] for row in warehouse.execute(f"describe {relation}").fetchall()]
                for relation in (table, f"from '{file}'")
            ]
            assert described[0] == described[1]
            one, other = f"from {table}", f"from '{file}'"
            assert (
                warehouse.execute(
                    f"({one} except all {other}) union all ({other} except all {one})"
                ).fetchall()
                == []
            )


def test_the_mirror_is_swapped_in_together_with_the_file(bench: LakeFixture, link: Path) -> None:
    file = (bench.warehouse_dir / "jira.duckdb").resolve()
    assert link.resolve() == file.parent / "parquet"
    assert (link / "jira_issues" / f"jira_issues-{file.parent.name}.parquet").exists()


@pytest.mark.prove
def test_a_name_is_never_used_for_other_rows(bench: LakeFixture, link: Path) -> None:
    def names() -> set[str]:
        return {str(path) for path in link.rglob("*.parquet")}

    first = names()
    bench.land_and_derive(seen("2"))
    bench.publish(mirrored=True)
    assert first.isdisjoint(names())


def test_a_mirror_is_made_and_removed_when_the_setting_changes(bench: LakeFixture) -> None:
    bench.land_and_derive(seen("1"))
    made = [bench.publish(mirrored=mirrored) is not None for mirrored in (False, True, True, False, False)]

    assert made == [True, True, False, True, False]
    assert not (bench.warehouse_dir / "parquet").is_symlink()
    bench.publish(force=True)
    assert mirrors(bench) == []


def test_the_files_of_old_publishes_stay_for_a_while(bench: LakeFixture, link: Path) -> None:
    for _ in range(2):
        bench.publish(mirrored=True, force=True)
    assert [count(f"{mirror}/jira_issues/*.parquet") for mirror in mirrors(bench)] == [1] * 3
    assert len(list(bench.warehouse_dir.glob("2*/jira.duckdb"))) == 2

    bench.publish(mirrored=True, force=True, mirrors_kept=AT_ONCE)
    assert len(mirrors(bench)) == 2
    assert link.resolve() in mirrors(bench)


@pytest.mark.prove
def test_old_files_go_when_their_time_is_over(
    bench: LakeFixture, link: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter(f"20260101T12{minute:02}00000000000Z" for minute in range(10, 60, 10))
    monkeypatch.setattr("jira_assets.warehouse.publish.new_stamp", lambda: next(moments))
    for _ in range(3):
        bench.publish(mirrored=True, force=True)

    stamps = [mirror.parent.name for mirror in mirrors(bench)]
    assert [stamp[9:13] for stamp in stamps if stamp.startswith("20260101")] == ["1220", "1230"]


@pytest.mark.parametrize("damage", sampled(["folder", "link"]))
def test_a_mirror_that_is_lost_is_made_again(damage: str, bench: LakeFixture, link: Path) -> None:
    shutil.rmtree(link.resolve()) if damage == "folder" else link.unlink()

    assert bench.publish(mirrored=True) is not None
    assert count(f"{link}/jira_issues/*.parquet") == 1


def test_what_fails_its_checks_leaves_the_mirror_as_it_was(
    bench: LakeFixture, link: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = link.resolve()
    bench.land_and_derive(seen("2"))

    def refuse(*_: object) -> None:
        raise PublishError("No.")

    monkeypatch.setattr("jira_assets.warehouse.publish.check_warehouse", refuse)
    with pytest.raises(PublishError, match="No"):
        bench.publish(mirrored=True)
    assert link.resolve() == before
    assert mirrors(bench) == [before]
    assert list(bench.warehouse_dir.glob(".build-*")) == []


def test_a_folder_in_the_place_of_the_link_is_not_touched(bench: LakeFixture) -> None:
    mine = bench.warehouse_dir / "parquet" / "mine.parquet"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"kept")

    with pytest.raises(PublishError, match=r"parquet is a folder.*Move the folder away"):
        bench.publish(mirrored=True)
    assert mine.read_bytes() == b"kept"


@pytest.mark.prove
def test_a_half_made_folder_is_swept_by_the_next_publish(bench: LakeFixture, link: Path) -> None:
    half = bench.warehouse_dir / ".build-20260101" / "parquet" / "jira_issues"
    half.mkdir(parents=True)
    (half / "jira_issues.parquet").write_bytes(b"half")
    bench.publish(mirrored=True, force=True)
    assert not half.exists()


@pytest.mark.prove
def test_the_mirror_of_an_earlier_version_moves_over(bench: LakeFixture) -> None:
    old = bench.warehouse_dir / "parquet-20260101T120000000000000Z"
    old.mkdir(parents=True)
    (old / "jira_issues.parquet").write_bytes(b"old")
    (bench.warehouse_dir / "parquet").symlink_to(old.name)
    bench.land_and_derive(seen("1"))

    bench.publish(mirrored=True)
    assert count(f"{bench.warehouse_dir}/parquet/jira_issues/*.parquet") == 1
    assert not (bench.warehouse_dir / "parquet" / "jira_issues.parquet").exists()
    bench.publish(mirrored=True, force=True, mirrors_kept=AT_ONCE)
    assert not old.exists()


@pytest.mark.parametrize(
    ("last", "pause"), [(3, 0.01), pytest.param(8, 0, marks=pytest.mark.prove, id="without a pause")]
)
def test_a_connection_that_is_never_closed_sees_each_publish(
    bench: LakeFixture, link: Path, last: int, pause: float
) -> None:
    done, counts, failures = threading.Event(), [], []

    def read() -> None:
        with closing(duckdb.connect()) as engine:
            engine.execute(f"create view issues as from '{link}/jira_issues/*.parquet'")
            while not done.wait(pause):
                try:
                    counts.append(engine.execute("select count(*) from issues").fetchall()[0][0])
                except duckdb.Error as error:
                    failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(2, last + 1):
        bench.land_and_derive(seen(str(number)))
        bench.publish(mirrored=True)
    done.set()
    reader.join()

    # A query that lists the folder while the link is swapped looks for the old names in the new folder.
    assert all(isinstance(failure, duckdb.IOException) for failure in failures)
    assert len(failures) <= last - 1
    assert counts == sorted(counts)
    assert set(counts) <= set(range(1, last + 1))
    assert count(f"{link}/jira_issues/*.parquet") == last
