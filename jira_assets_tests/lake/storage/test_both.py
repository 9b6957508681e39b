"""What a lake does in a folder, it does in a store that hosts share."""

from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec
import pytest

from jira_assets.errors import DamagedFile, LockHeld, WrongSite
from jira_assets.lake import compact
from jira_assets.lake.compact import compact_project
from jira_assets.lake.damage import note_damage, note_site_damage, refuse_damaged
from jira_assets.lake.erase import count_mentions, rewrite_raw
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import IDENTITY, SITE_MANIFEST, Lake, SiteIdentity
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.manifest_facts import ManifestFacts
from jira_assets.lake.manifest_rebuild import rebuild_manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.site_tables import read_site_table
from jira_assets_tests.lake_fixture import NOON, LakeFixture, at, seen


class Bench(LakeFixture):
    """A lake of either kind: what its fixture commits is held for that moment."""

    def land(self, *given: object, project: str = "10", **options: object) -> None:
        with self.lake.lock(project, "test"):
            super().land(*given, project=project, **options)  # type: ignore[arg-type]

    def derive(self, project: str = "10", **options: object) -> bool:
        with self.lake.lock(project, "test"):
            return super().derive(project, **options)  # type: ignore[arg-type]

    def land_site(self, *given: object, **options: object) -> None:
        with self.lake.lock("site", "test"):
            super().land_site(*given, **options)  # type: ignore[arg-type]


@pytest.fixture(params=["folder", "store"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, engine: duckdb.DuckDBPyConnection) -> Bench:
    """An empty lake in a folder, or in a store that hosts share."""
    bench = Bench(tmp_path, engine)
    if request.param == "store":
        bench.lake = request.getfixturevalue("shared").host("a", engine).lake
    return bench


def test_what_is_committed_is_there(bench: Bench) -> None:
    assert bench.lake.manifest("10") is None
    assert bench.lake.project_ids() == []
    bench.land([seen("1"), seen("2")])
    bench.derive()
    manifest = bench.manifest()
    assert [(raw.rows, raw.asked_at) for raw in manifest.raw] == [(2, NOON)]
    assert bench.lake.manifests() == [manifest]
    assert bench.lake.readable_manifests(["10", "20"]) == {"10": manifest}
    assert bench.lake.project_ids() == ["10"]
    assert bench.lake.raw_files("10") == [raw.path for raw in manifest.raw]
    assert {row["jira_id"] for row in bench.rows("jira_issues")} == {"1", "2"}
    assert len(bench.lake.sizes()) > len(manifest.file_paths())


def test_a_lake_holds_one_site(bench: Bench) -> None:
    assert bench.lake.site() is None
    bench.lake.claim(SiteIdentity("cloud-1", "https://one.example"))
    bench.lake.claim(SiteIdentity("cloud-1", "https://renamed.example"))
    assert bench.lake.site() == SiteIdentity("cloud-1", "https://renamed.example")
    with pytest.raises(WrongSite, match="renamed"):
        bench.lake.claim(SiteIdentity("cloud-2", "https://two.example"))


def test_a_project_is_held_by_one(bench: Bench) -> None:
    with bench.lake.lock("10", "sync"):
        assert bench.lake.holders(["10", "20"]).keys() == {"10"}
        with pytest.raises(LockHeld, match="sync"), bench.lake.lock("10", "other", wait=False):
            raise AssertionError
    assert bench.lake.holder("10") is None
    with bench.lake.lock("10", "other", wait=False):
        pass


def test_tables_of_the_site_are_found_by_their_content(bench: Bench) -> None:
    rows = [{"status_id": "1"}, {"status_id": "2"}]
    bench.land_site("statuses", *rows)
    before = bench.lake.site_manifest()
    bench.land_site("statuses", *reversed(rows))
    assert bench.lake.site_manifest().tables["statuses"].path == before.tables["statuses"].path
    bench.land_site("statuses", rows[0])
    assert bench.lake.site_manifest().tables["statuses"].path != before.tables["statuses"].path
    assert [
        row["status_id"] for row in read_site_table(bench.lake, bench.lake.site_manifest(), "statuses")
    ] == ["1"]
    assert bench.lake.manifests() == []


def test_what_is_not_named_any_more_is_swept_later(bench: Bench) -> None:
    bench.land([seen("1")])
    bench.derive()
    before = bench.manifest().file_paths()
    bench.land([seen("2")])
    bench.derive()
    manifest = bench.manifest()
    replaced = before - manifest.file_paths()
    with bench.lake.lock("10", "sync"):
        assert bench.lake.sweep(manifest) == 0
        assert all(bench.lake.path(relative).exists() for relative in replaced)
        assert bench.lake.sweep(manifest, live=0) == len(replaced)
    assert not any(bench.lake.path(relative).exists() for relative in replaced)
    assert all(bench.lake.path(relative).exists() for relative in manifest.file_paths())


def test_merging_keeps_every_observation(bench: Bench) -> None:
    for number in range(3):
        bench.land([seen(str(number)), seen("same", updated=at(number))], asked_at=at(number))
    bench.derive()
    before = bench.rows("jira_issues")
    assert compact_project(bench.lake, "10") == 2
    manifest = bench.manifest()
    assert [raw.rows for raw in manifest.raw] == [6]
    assert not bench.derive()
    assert bench.rows("jira_issues") == before
    assert compact.compact_project(bench.lake, "10") == 0


def test_a_damaged_raw_file_stops_its_project_until_it_is_set_aside(bench: Bench) -> None:
    bench.land([seen("1")])
    bench.derive()
    manifest = bench.manifest()
    [raw] = manifest.raw
    damage(bench.lake, raw.path)
    with bench.lake.lock("10", "sync"):
        assert note_damage(bench.lake, manifest, "content")
        with pytest.raises(DamagedFile, match="jira-assets repair P10"):
            refuse_damaged(bench.lake, bench.manifest())
        bench.lake.set_aside([raw.path])
    [found] = damage_in(bench.lake, manifest.raw, "content")
    assert found.reason == "is missing"
    assert bench.lake.remove_damaged() == 1


def damage(lake: Lake, relative: str) -> None:
    """Change a file where it is kept, and leave no copy of it as it was."""
    place = lake.place.removeprefix("file://")
    Path(place, relative).write_bytes(b"PAR1 no more")
    if not lake.is_local:
        lake.read_anew(relative)


def test_a_damaged_table_of_the_site_is_given_up(bench: Bench) -> None:
    bench.land_site("statuses", {"status_id": "1"})
    damage(bench.lake, bench.lake.site_manifest().tables["statuses"].path)
    with bench.lake.lock("site", "repair"):
        assert len(note_site_damage(bench.lake, bench.lake.site_manifest())) == 1
    assert bench.lake.site_manifest().tables == {}


def test_documents_that_are_not_as_they_were_written_are_noticed_and_set_aside(bench: Bench) -> None:
    bench.lake.claim(SiteIdentity("cloud-1", "https://one.example"))
    bench.land([seen("1")])
    bench.land_site("statuses", {"status_id": "1"})
    for document in (IDENTITY, SITE_MANIFEST, "manifests/10.json"):
        content = bench.lake._storage.read(document)
        assert content is not None
        other_digit = b"1" if content[-3:-2] == b"0" else b"0"  # of the digest at its end
        bench.lake._storage.replace(document, content[:-3] + other_digit + content[-2:])
        assert bench.lake.document_damage(document) is not None
    with pytest.raises(DamagedFile, match="not what was written"):
        bench.lake.manifest("10")
    assert bench.lake.manifests() == []
    assert bench.lake.site_manifest() == SiteManifest()

    with bench.lake.lock("10", "repair"):
        manifest, _ = rebuild_manifest(bench.lake, "10", "P10")
        bench.lake.set_aside([IDENTITY, "manifests/10.json"])
        bench.lake.commit(manifest)
    with bench.lake.lock("site", "repair"):
        bench.lake.commit_site(SiteManifest())
    assert bench.lake.site() is None
    assert [raw.rows for raw in bench.manifest().raw] == [1]
    assert bench.lake.remove_damaged() == 3


def test_a_lost_manifest_is_made_again_of_raw_files(bench: Bench) -> None:
    bench.land([seen("1"), seen("2")])
    bench.land([seen("1", updated=at(5))])
    before = bench.manifest()
    bench.lake.set_aside(["manifests/10.json"])
    with pytest.raises(DamagedFile, match="is missing, and 2 raw files"):
        bench.lake.manifest("10")
    assert bench.lake.readable_manifest("10") is None
    manifest, damaged = rebuild_manifest(bench.lake, "10", "PAY")
    assert damaged == []
    assert manifest.raw == before.raw
    assert manifest.next_seq == before.next_seq


def test_names_are_erased_from_raw_files(bench: Bench) -> None:
    bench.land([seen("1", {"summary": "by Ana"}), seen("2", {"summary": "by Bo"})])
    with bench.lake.lock("10", "forget"):
        manifest = bench.manifest()
        done = rewrite_raw(bench.lake, manifest, ["Ana"], lambda text: text.replace(b"Ana", b"someone"))
        assert (done.files, done.rows) == (1, 1)
        assert bench.lake.sweep(manifest, live=0) == 1
    assert count_mentions(bench.lake, bench.manifest(), ["Ana"]) == 0
    assert count_mentions(bench.lake, bench.manifest(), ["Bo"]) == 1
    assert len(bench.lake.raw_files("10")) == 1


def test_facts_follow_the_manifests(bench: Bench) -> None:
    facts = ManifestFacts(lambda manifest: len(manifest.raw))
    assert facts.of(bench.lake) == {}
    bench.land([seen("1")])
    bench.land([seen("1")], project="20")
    assert facts.of(bench.lake) == {"10": 1, "20": 1}
    bench.land([seen("2")])
    assert facts.of(bench.lake) == {"10": 2, "20": 1}
    bench.lake.set_aside(["manifests/10.json"])
    assert facts.of(bench.lake) == {"20": 1}


def test_further_sites_are_kept_apart(bench: Bench, engine: duckdb.DuckDBPyConnection) -> None:
    home = bench.lake.seeing({"acme:": "sites/2"})
    acme = home.of("acme:")
    with acme.lock("10", "sync"):
        acme.commit(Manifest("10", "PAY"))
        assert home.holders(["10", "acme:10"]).keys() == {"acme:10"}
    found = home.manifest("acme:10")
    assert found is not None
    assert found.project_id == "acme:10"
    assert home.manifest("10") is None
    with pytest.raises(ValueError, match="is committed in the lake of its site"):
        home.commit(found)
    assert home.site_folders() == ["sites/2"]
    home.remove_folder("sites/2")
    assert home.site_folders() == []
    assert acme.manifest("10") is None


def test_the_documents_have_the_same_content_in_both(bench: Bench) -> None:
    bench.land([seen("1")])
    content = bench.lake._storage.read("manifests/10.json")
    assert content is not None
    assert msgspec.json.decode(content)["project_id"] == "10"
    assert content.endswith(b'"}')
