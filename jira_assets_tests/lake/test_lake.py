"""What exists is what a manifest names."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jira_assets.errors import DamagedFile, LakeError, WrongSite
from jira_assets.lake.compact import compact_project
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import UNNAMED_FILES_LIVE, Lake, SiteIdentity
from jira_assets.lake.manifest import Derived, DerivedFile, Manifest, fingerprint
from jira_assets.lake.manifest_rebuild import rebuild_manifest
from jira_assets.lake.site_manifest import SiteManifest, SiteTable
from jira_assets.lake.site_tables import read_site_table
from jira_assets_tests.lake_fixture import NOON, LakeFixture, at, seen


def grow_old(path: Path) -> None:
    past = time.time() - UNNAMED_FILES_LIVE - 60
    os.utime(path, (past, past))


def test_a_lake_holds_one_site(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.claim(SiteIdentity("cloud-1", "https://one.example"))
    lake.claim(SiteIdentity("cloud-1", "https://renamed.example"))

    assert lake.site() == SiteIdentity("cloud-1", "https://renamed.example")
    with pytest.raises(WrongSite, match="renamed"):
        lake.claim(SiteIdentity("cloud-2", "https://two.example"))


def test_a_manifest_comes_back_as_it_was_committed(bench: LakeFixture) -> None:
    assert bench.lake.manifest("10") is None
    bench.land([seen("1"), seen("2")])
    bench.derive()

    manifest = bench.manifest()
    assert [(raw.rows, raw.asked_at) for raw in manifest.raw] == [(2, NOON)]
    assert manifest.next_seq == 2
    assert bench.lake.manifests() == [manifest]


def test_the_sites_own_manifest_is_no_project(bench: LakeFixture) -> None:
    bench.land_site("statuses", {"status_id": "1"})

    assert bench.lake.manifests() == []
    assert bench.lake.site_manifest().tables["statuses"].rows == 1


def test_the_same_table_of_the_site_is_the_same_file(bench: LakeFixture) -> None:
    bench.land_site("statuses", {"status_id": "1"}, {"status_id": "2"})
    before = bench.lake.site_manifest()
    bench.land_site("statuses", {"status_id": "2"}, {"status_id": "1"})
    assert bench.lake.site_manifest().tables["statuses"].path == before.tables["statuses"].path

    bench.land_site("statuses", {"status_id": "1"})
    assert bench.lake.site_manifest().tables["statuses"].path != before.tables["statuses"].path


def test_a_table_of_the_site_that_an_older_version_wrote_lacks_only_its_new_columns(
    bench: LakeFixture,
) -> None:
    bench.land_site("projects", {"project_id": "10", "project_key": "PAY", "former_keys": ["OLD"]})
    site = bench.lake.site_manifest()
    file = bench.lake.path(site.tables["projects"].path)
    file.unlink()
    bench.engine.execute(f"copy (select '10' as project_id, 'PAY' as project_key) to '{file}'")

    (row,) = read_site_table(bench.lake, site, "projects")
    assert (row["project_key"], row["former_keys"]) == ("PAY", None)


def test_a_manifest_that_cannot_be_read_is_an_error_with_a_way_out(bench: LakeFixture) -> None:
    bench.land([seen("1")])
    (bench.lake.root / "manifests" / "10.json").write_bytes(b"{")

    with pytest.raises(LakeError, match="jira-assets repair"):
        bench.lake.manifest("10")


def test_sweeping_removes_old_files_that_no_manifest_names(bench: LakeFixture) -> None:
    bench.land([seen("1")])
    bench.derive()
    manifest = bench.manifest()
    named = {bench.lake.path(path) for path in manifest.file_paths()}
    stray = bench.lake.path("jira_issues/project=10/stray.parquet")
    young = bench.lake.path("raw/project=10/.part-young")
    alien = bench.lake.path("raw/project=11/alien.parquet")
    for path in (stray, young, alien):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in (stray, alien, *named):
        grow_old(path)

    assert bench.lake.sweep(manifest) == 1
    assert not stray.exists()
    assert all(path.exists() for path in (young, alien, *named))


def test_a_file_that_was_just_replaced_is_kept_for_those_who_are_about_to_read_it(bench: LakeFixture) -> None:
    bench.land([seen("1")])
    bench.derive()
    replaced = {bench.lake.path(file.path) for file in bench.manifest().derived["issues"].files.values()}
    for path in replaced:
        grow_old(path)
    bench.land([seen("2")])
    bench.derive()

    assert bench.lake.sweep(bench.manifest()) == 0
    assert all(path.exists() for path in replaced)
    for path in replaced:
        grow_old(path)
    assert bench.lake.sweep(bench.manifest()) == len(replaced)


def test_a_table_of_the_site_that_was_just_replaced_is_kept_as_well(bench: LakeFixture) -> None:
    lake = bench.lake
    for name in ("old", "new"):
        table = SiteTable(f"site/users-{name}.parquet", 1, NOON)
        lake.path(table.path).parent.mkdir(exist_ok=True, parents=True)
        lake.path(table.path).write_bytes(b"x")
        grow_old(lake.path(table.path))
        lake.commit_site(SiteManifest({"users": table}))

    assert lake.sweep_site(lake.site_manifest()) == 0
    grow_old(lake.path("site/users-old.parquet"))
    assert lake.sweep_site(lake.site_manifest()) == 1
    assert lake.path("site/users-new.parquet").exists()


def test_what_a_killed_commit_left_is_swept_when_it_is_old(bench: LakeFixture) -> None:
    lake = bench.lake
    bench.land([seen("1")])
    left = [lake.path("manifests/.part-1"), lake.path(".part-2")]
    for path in left:
        path.write_bytes(b"x")
    lake.commit_site(SiteManifest())

    assert lake.sweep_site(lake.site_manifest()) == 0
    for path in left:
        grow_old(path)
    assert lake.sweep_site(lake.site_manifest()) == 2
    assert [manifest.project_id for manifest in lake.manifests()] == ["10"]


def test_a_derived_table_is_found_in_whatever_group_it_is(bench: LakeFixture) -> None:
    manifest = Manifest("10", "P10")
    manifest.set_derived("people", Derived("x", {"jira_user_matches": DerivedFile("a", 1)}))

    assert manifest.derived_file("jira_user_matches") == DerivedFile("a", 1)
    assert manifest.derived_file("jira_issues") is None


def test_a_fingerprint_depends_on_every_part_and_their_order() -> None:
    prints = {
        fingerprint(parts)
        for parts in ([], ["a", "b"], ["b", "a"], ["ab"], [["a", "b"]], ["a", None], [{"a": 1}])
    }

    assert len(prints) == 7
    assert fingerprint([{"a": 1, "b": 2}]) == fingerprint([{"b": 2, "a": 1}])


def test_observations_come_back_verbatim(bench: LakeFixture) -> None:
    payload = '{"fields": {"x": "é\\u0000 \\ud83d 😀", "n": 1.50, "big": 12345678901234567890}}'.encode()
    bench.land([seen("1", payload=payload, histories=[{"id": 1}, {"id": 2}])], asked_at=at(3))
    bench.land([seen("2", kind="gone", updated=None, payload=None)])

    paths = [str(bench.lake.path(raw.path)) for raw in bench.manifest().raw]
    rows = bench.engine.execute(
        "select payload, histories, seq, asked_at, updated_at "
        f"from read_parquet({paths}) where kind = 'issue'"
    ).fetchall()
    assert rows == [
        (payload.decode(), '[{"id": 1},{"id": 2}]', 1, at(3).replace(tzinfo=None), NOON.replace(tzinfo=None))
    ]


def test_a_payload_of_many_megabytes_is_landed(bench: LakeFixture) -> None:
    bench.land(
        [seen("1", {"summary": "short"}), seen("2", {"description": "x" * 16_000_000, "summary": "long"})]
    )
    bench.derive()

    assert {row["summary"] for row in bench.rows("jira_issues")} == {"short", "long"}


def test_nothing_landed_is_no_file(bench: LakeFixture) -> None:
    bench.land([])

    assert bench.manifest().raw == []
    assert bench.files() == set()


def test_a_manifest_of_an_earlier_version_is_read_and_its_files_are_not_called_damaged(
    bench: LakeFixture,
) -> None:
    bench.land([seen("1")])
    bench.derive()
    path = bench.lake.root / "manifests" / "10.json"
    document = msgspec.json.decode(path.read_bytes())
    document.pop("digest")
    earlier = [*document["raw"], *document["derived"]["issues"]["files"].values()]
    for file in earlier:
        del file["size"], file["digest"]
    path.write_bytes(msgspec.json.encode(document))

    manifest = bench.manifest()

    assert [file.size for file in manifest.raw] == [0]
    assert damage_in(bench.lake, manifest.raw, "content") == []
    bench.lake.path(manifest.raw[0].path).write_bytes(b"PAR1 no more")
    assert len(damage_in(bench.lake, manifest.raw, "footer")) == 1


def test_one_changed_digit_of_a_manifest_is_noticed(bench: LakeFixture) -> None:
    bench.land([seen("1")])
    path = bench.lake.root / "manifests" / "10.json"
    path.write_bytes(path.read_bytes().replace(b'"rows":1', b'"rows":2'))

    with pytest.raises(DamagedFile, match="not what was written"):
        bench.lake.manifest("10")
    assert bench.lake.manifests() == []


def test_a_lost_manifest_is_made_again_of_raw_files_without_those_that_were_merged(
    bench: LakeFixture,
) -> None:
    bench.land([seen("1"), seen("2")])
    bench.land([seen("1", updated=at(5))])
    before = bench.manifest()
    compact_project(bench.lake, "10")
    merged = bench.manifest()
    (bench.lake.root / "manifests" / "10.json").unlink()

    manifest, damaged = rebuild_manifest(bench.lake, "10", "PAY")

    assert damaged == []
    assert [file.path for file in manifest.raw] == [merged.raw[0].path]
    assert manifest.raw == merged.raw
    assert manifest.next_seq == before.next_seq
    assert manifest.watermark is None


def test_an_engine_is_opened_when_it_is_first_needed_and_is_closed_once(tmp_path: Path) -> None:
    with closing(Lake(tmp_path, memory_limit="50MB")) as lake:
        lake.commit(Manifest("10", "PAY"))
        assert lake.manifest("10") is not None
        assert not (tmp_path / "scratch").exists()  # where every engine has a folder

        limit = lake.engine.execute("select current_setting('memory_limit')").fetchone()
        assert limit == ("47.6 MiB",)
        assert lake.engine is lake.engine
        assert list((tmp_path / "scratch").iterdir()) != []
    lake.close()


def test_threads_that_need_an_engine_at_the_same_moment_share_one(tmp_path: Path) -> None:
    with closing(Lake(tmp_path)) as lake, ThreadPoolExecutor(4) as pool:
        together = threading.Barrier(4, timeout=30)

        def look(_: int) -> int:
            together.wait()
            return id(lake.engine)

        assert len(set(pool.map(look, range(4)))) == 1


def test_a_cursor_is_the_same_engine_with_temporary_tables_of_its_own(bench: LakeFixture) -> None:
    first, second = bench.lake.cursor(), bench.lake.cursor()
    for each in (first, second):
        each.engine.execute("create temp table mine as select 1")

    bench.engine.execute("create table everybodys as select 7")
    assert second.engine.execute("from everybodys").fetchall() == [(7,)]
    bench.engine.execute("drop table everybodys")


def test_a_lake_that_is_reopened_has_an_engine_of_its_own(tmp_path: Path, bench: LakeFixture) -> None:
    with closing(bench.lake.reopened(sparing=True)) as lake:
        assert lake.root == bench.lake.root
        assert lake.engine.execute("select current_setting('threads')").fetchone() == (1,)

    assert bench.lake.engine.execute("select 1").fetchone() == (1,)
