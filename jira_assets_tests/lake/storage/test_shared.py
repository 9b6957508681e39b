"""Hosts share a lake: what one commits the others read, and who lost a project changes nothing."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import create_engine, text

from jira_assets.errors import DamagedFile, LakeError, LeaseLost, LockHeld, WrongSite
from jira_assets.lake.compact import compact_project
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.files import size_and_digest
from jira_assets.lake.lake import Lake, SiteIdentity
from jira_assets.lake.locks import Holder
from jira_assets.lake.manifest import Manifest, RawFile
from jira_assets.lake.manifest_facts import ManifestFacts
from jira_assets.lake.raw_writer import RawFileWriter
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets_tests.lake_fixture import NOON, seen
from jira_assets_tests.shared_place import Host, SharedPlace, shared_place


@pytest.fixture
def a(shared: SharedPlace, engine: duckdb.DuckDBPyConnection) -> Host:
    """Open the lake on a host."""
    return shared.host("a", engine)


@pytest.fixture
def b(shared: SharedPlace, engine: duckdb.DuckDBPyConnection) -> Host:
    """Open the lake on another host."""
    return shared.host("b", engine)


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a lease run out at once, where it is not renewed."""
    monkeypatch.setattr("jira_assets.lake.storage.leases.LEASE_SECONDS", 0.01)
    monkeypatch.setattr("jira_assets.lake.storage.leases.RENEWALS", 0.0001)


def write(lake: Lake, project: str = "10", summary: str = "x") -> RawFile:
    """Write a raw file, which is not committed."""
    writer = RawFileWriter(lake, Manifest(project, f"P{project}"), NOON)
    writer.add([seen("1", {"summary": summary}, project=project)])
    raw = writer.finish()
    assert raw is not None
    return raw


def land(lake: Lake, project: str = "10", summary: str = "x") -> RawFile:
    """Commit a raw file."""
    with lake.lock(project, "sync"):
        manifest = lake.manifest(project) or Manifest(project, f"P{project}")
        raw = write(lake, project, summary)
        manifest.add_raw(raw)
        lake.commit(manifest)
    return raw


def content(lake: Lake, raw: RawFile) -> bytes:
    return lake.path(raw.path).read_bytes()


def test_what_a_host_commits_the_others_read(a: Host, b: Host, shared: SharedPlace) -> None:
    a.lake.claim(SiteIdentity("cloud-1", "https://acme.atlassian.net"))
    raw = land(a.lake)

    assert b.lake.site() == SiteIdentity("cloud-1", "https://acme.atlassian.net")
    [manifest] = b.lake.manifests()
    assert manifest.raw == [raw]
    assert content(b.lake, raw) == content(a.lake, raw)
    assert shared.objects() == {raw.path}
    assert b.lake.project_ids() == ["10"]
    assert b.lake.raw_files("10") == [raw.path]


def test_a_lake_of_another_site_is_refused(a: Host, b: Host) -> None:
    a.lake.claim(SiteIdentity("cloud-1", "https://acme.atlassian.net"))
    with pytest.raises(WrongSite, match=r"file://.*store contains https://acme"):
        b.lake.claim(SiteIdentity("cloud-2", "https://other.atlassian.net"))


def test_the_folder_of_a_host_may_vanish(a: Host) -> None:
    raw = land(a.lake)
    before = content(a.lake, raw)
    shutil.rmtree(a.cache.root)

    assert content(a.lake, raw) == before
    later = land(a.lake, summary="y")
    manifest = a.lake.manifest("10")
    assert manifest is not None
    assert manifest.raw == [raw, later]


def test_a_project_is_held_on_all_hosts(a: Host, b: Host) -> None:
    with a.lake.lock("10", "sync"):
        found = b.lake.holder("10")
        assert found is not None
        assert str(found).startswith("process ")
        assert " on " in str(found)
        with pytest.raises(LockHeld, match=r"process \d+ on .* \(sync, since"):
            b.lake.lock("10", "publish", wait=False).__enter__()
        with b.lake.lock("20", "sync"):
            assert a.lake.holders(["10", "20", "30"]).keys() == {"10", "20"}
    assert b.lake.holder("10") is None


def test_who_waits_is_told_for_whom_and_goes_on_when_it_is_free(a: Host, b: Host) -> None:
    told: list[Holder | None] = []
    with ThreadPoolExecutor(1) as pool:
        with a.lake.lock("10", "sync"):
            waits = pool.submit(hold_and_read, b.lake, told)
            while not told:
                pass
            raw = land_held(a.lake)
        assert waits.result() == [raw]
    [holder] = told
    assert holder is not None
    assert holder.purpose == "sync"


def hold_and_read(lake: Lake, told: list[Holder | None]) -> list[RawFile]:
    with lake.lock("10", "publish", on_wait=told.append):
        manifest = lake.manifest("10")
        return list(manifest.raw) if manifest else []


def land_held(lake: Lake) -> RawFile:
    raw = write(lake)
    manifest = Manifest("10", "P10")
    manifest.add_raw(raw)
    lake.commit(manifest)
    return raw


def test_threads_of_a_process_take_turns(a: Host) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: land(a.lake, summary=str(number)), range(12)))
    manifest = a.lake.manifest("10")
    assert manifest is not None
    assert len(manifest.raw) == 12


@pytest.mark.usefixtures("short_leases")
def test_a_host_that_was_silent_for_too_long_keeps_nothing(a: Host, b: Host, shared: SharedPlace) -> None:
    first = land(a.lake)
    with a.lake.lock("10", "sync"):
        manifest = a.lake.manifest("10")
        assert manifest is not None
        second = land(b.lake, summary="y")  # which took it over
        late = write(a.lake, summary="z")
        manifest.add_raw(late)
        with pytest.raises(LeaseLost, match=r"Another process took 10 of file://.* over"):
            a.lake.commit(manifest)
    found = b.lake.manifest("10")
    assert found is not None
    assert found.raw == [first, second]

    # What it uploaded is found although no manifest ever named it.
    assert shared.objects() == {first.path, second.path, late.path}
    with b.lake.lock("10", "sync"):
        assert b.lake.sweep(found, live=0) == 1
    assert shared.objects() == {first.path, second.path}


@pytest.mark.usefixtures("short_leases")
def test_a_host_that_lost_a_project_removes_nothing(a: Host, b: Host, shared: SharedPlace) -> None:
    first = land(a.lake)
    with a.lake.lock("10", "forget"):
        manifest = a.lake.manifest("10")
        assert manifest is not None
        second = land(b.lake, summary="y")
        with pytest.raises(LeaseLost):
            a.lake.sweep(manifest, live=0)
    assert shared.objects() == {first.path, second.path}


def test_a_file_that_is_lost_before_its_commit_is_not_named(a: Host, b: Host) -> None:
    raw = write(a.lake)
    a.lake.path(raw.path).unlink()
    manifest = Manifest("10", "P10")
    manifest.add_raw(raw)
    with a.lake.lock("10", "sync"), pytest.raises(DamagedFile, match="neither on this host nor in the store"):
        a.lake.commit(manifest)
    assert b.lake.manifests() == []


def test_a_project_that_is_not_held_is_not_committed(a: Host) -> None:
    with pytest.raises(LakeError, match="10 is to be committed and is not held"):
        a.lake.commit(Manifest("10", "P10"))


def test_a_kill_between_upload_and_commit_leaves_what_was_there(
    a: Host, b: Host, shared: SharedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = land(a.lake)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(a.storage._parts.documents, "commit", die)
    with pytest.raises(KeyboardInterrupt):
        land(a.lake, summary="y")
    [manifest] = b.lake.manifests()
    assert manifest.raw == [first]
    assert len(shared.objects()) == 2
    pass_an_hour(shared)
    assert b.lake.sweep(manifest) == 1
    assert shared.objects() == {first.path}


def pass_an_hour(shared: SharedPlace) -> None:
    """Let all that no manifest names be so for an hour."""
    engine = create_engine(shared.state_url)
    with engine.begin() as connection:
        connection.execute(text("update lake_trash set unnamed_at = unnamed_at - interval '1 hour'"))
    engine.dispose()


def test_files_live_for_an_hour_after_no_manifest_names_them(a: Host, b: Host, shared: SharedPlace) -> None:
    raw = land(a.lake)
    [before] = b.lake.manifests()
    with a.lake.lock("10", "compaction"):
        manifest = a.lake.manifest("10")
        assert manifest is not None
        merged = write(a.lake)
        manifest.replace_raw([merged])
        a.lake.commit(manifest)
        assert a.lake.sweep(manifest) == 0
        assert content(b.lake, before.raw[0])  # a reader of the manifest before
        pass_an_hour(shared)
        assert a.lake.sweep(manifest) == 1
        assert a.lake.sweep(manifest) == 0
    assert shared.objects() == {merged.path}
    assert not (a.lake.root / raw.path).exists()


def test_a_sweep_of_everything_finds_what_was_never_noted(a: Host, shared: SharedPlace) -> None:
    raw = land(a.lake)
    stray = shared.folder / "store" / "jira_issues" / "project=10" / "stray.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    [manifest] = a.lake.manifests()

    assert a.lake.sweep(manifest) == 0
    assert a.lake.sweep(manifest, live=0) == 1
    assert shared.objects() == {raw.path}


def test_the_manifests_of_many_projects_are_read_again_only_when_they_were_replaced(a: Host, b: Host) -> None:
    read: list[str] = []

    def note(manifest: Manifest) -> int:
        read.append(manifest.project_id)
        return len(manifest.raw)

    facts = ManifestFacts(note)
    for project in ("10", "20"):
        land(a.lake, project)
    with a.lake.lock("site", "sync"):
        a.lake.commit_site(SiteManifest())
    assert facts.of(b.lake) == {"10": 1, "20": 1}
    land(a.lake, "20")
    assert facts.of(b.lake) == facts.of(b.lake) == {"10": 1, "20": 2}
    assert read.count("10") == 1
    assert read.count("20") == 2
    a.lake.set_aside(["manifests/10.json"])
    assert facts.of(b.lake) == {"20": 2}


def test_a_copy_that_was_damaged_on_its_way_is_fetched_again(
    a: Host, b: Host, shared: SharedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = land(a.lake)
    get = b.storage._parts.bucket.get
    cut = [True]

    def cut_once(key: str, path: Path) -> bool:
        found = get(key, path)
        if cut.pop() if cut else False:
            path.write_bytes(path.read_bytes()[:-9])
        return found

    monkeypatch.setattr(b.storage._parts.bucket, "get", cut_once)
    assert [manifest.raw for manifest in b.lake.manifests()] == [[raw]]
    assert content(b.lake, raw) == content(a.lake, raw)


def test_a_damaged_object_is_reported_and_a_damaged_copy_is_replaced(
    a: Host, b: Host, shared: SharedPlace
) -> None:
    raw = land(a.lake)
    b.lake.manifests()
    copy = b.lake.path(raw.path)
    copy.chmod(0o644)
    copy.write_bytes(b"nonsense")
    copy.chmod(0o444)
    assert damage_in(b.lake, [raw], "content") == []
    assert size_and_digest(copy) == (raw.size, raw.digest)

    stored = shared.folder / "store" / raw.path
    stored.write_bytes(stored.read_bytes()[:-9])
    b.cache.drop(raw.path)
    with pytest.raises(DamagedFile, match="is not the file that was written"):
        b.lake.path(raw.path)
    assert [each.path for each in damage_in(b.lake, [raw], "footer")] == [raw.path]
    assert [each.path for each in damage_in(b.lake, [raw], "content")] == [raw.path]

    b.lake.set_aside([raw.path])
    [kept] = shared.objects()
    assert kept.startswith("damaged/")
    assert kept.endswith(raw.path)
    assert b.lake.remove_damaged() == 1
    assert shared.objects() == set()
    assert [each.reason for each in damage_in(b.lake, [raw], "content")] == ["is missing"]


def test_looking_at_sizes_fetches_nothing(a: Host, b: Host) -> None:
    raw = land(a.lake)
    assert damage_in(b.lake, [raw], "size") == []
    assert damage_in(b.lake, [raw], "footer") == []
    assert not b.lake.is_at_hand(raw.path)


def test_a_manifest_that_is_lost_while_raw_files_are_there_is_damage(a: Host, b: Host) -> None:
    land(a.lake)
    a.lake.set_aside(["manifests/10.json"])
    with pytest.raises(DamagedFile, match=r"manifests/10.json is missing, and 1 raw files"):
        b.lake.manifest("10")
    assert b.lake.manifest("20") is None


def test_a_further_site_has_its_rows_and_objects_in_its_folder(
    shared: SharedPlace, a: Host, engine: duckdb.DuckDBPyConnection
) -> None:
    folders = {"acme:": "sites/2"}
    home = Lake(a.storage, engine, folders=folders)
    land(home)
    raw = land(home.of("acme:"))
    seen_from_home = home.manifest("acme:10")
    assert seen_from_home is not None
    assert [file.path for file in seen_from_home.raw] == [f"sites/2/{raw.path}"]
    b = Lake(shared.host("b").storage, engine, folders=folders)
    assert b.readable_manifests(["10", "acme:10"]).keys() == {"10", "acme:10"}
    assert b.path(f"sites/2/{raw.path}").read_bytes() == content(home.of("acme:"), raw)
    assert b.raw_files("acme:10") == [f"sites/2/{raw.path}"]
    with home.of("acme:").lock("10", "sync"):
        assert b.holders(["10", "acme:10"]).keys() == {"acme:10"}

    assert b.site_folders() == ["sites/2"]
    assert len(home.of("acme:").sizes()) == 2
    b.remove_folder("sites/2")
    assert b.site_folders() == []
    assert home.manifest("acme:10") is None
    assert home.manifest("10") is not None


def test_the_manifests_of_ten_thousand_projects_are_read_together(a: Host, shared: SharedPlace) -> None:
    engine = create_engine(shared.state_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into lake_documents select :lake, format('manifests/%s.json', id), 1, 0, "
                'convert_to(format(\'{"project_id":"%s","project_key":"P%s"}\', id, id), \'UTF8\') '
                "from generate_series(1, 10000) as id"
            ),
            {"lake": a.storage.place},
        )
    engine.dispose()
    found = a.lake.manifests()
    assert len(found) == 10_000
    assert {manifest.project_key for manifest in found} == {f"P{number}" for number in range(1, 10_001)}


def test_hosts_share_a_store_that_speaks_s3(
    s3: str, tmp_path: Path, postgres_url: str, engine: duckdb.DuckDBPyConnection
) -> None:
    with shared_place(tmp_path, postgres_url, s3) as place:
        a, b = place.host("a", engine), place.host("b", engine)
        first = land(a.lake)
        second = land(b.lake, summary="y")
        [manifest] = a.lake.manifests()
        assert manifest.raw == [first, second]
        assert [path.read_bytes() for path in a.lake.paths([first.path, second.path])] == [
            content(b.lake, first),
            content(b.lake, second),
        ]
        assert compact_project(a.lake, "10") == 1
        pass_an_hour(place)
        [merged] = b.lake.manifests()
        with b.lake.lock("10", "sync"):
            assert b.lake.sweep(merged) == 2
        assert place.objects() == {merged.raw[0].path}
        assert damage_in(b.lake, merged.raw, "content") == []
