"""A lake is copied to a store and back, file by file and document by document, and a move can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from jira_assets.errors import DamagedFile, InputError, WrongSite
from jira_assets.lake.lake import Lake, SiteIdentity
from jira_assets.lake.move import Move
from jira_assets.lake.storage.local import LocalStorage
from jira_assets_tests.lake_fixture import LakeFixture, seen
from jira_assets_tests.shared_place import SharedPlace

ACME = SiteIdentity("cloud-1", "https://acme.atlassian.net")


@pytest.fixture
def filled(bench: LakeFixture) -> LakeFixture:
    """A lake of two projects, with a table of the site."""
    bench.lake.claim(ACME)
    for project in ("10", "20"):
        bench.land_and_derive(seen("1", {"summary": "x"}, project=project), project=project)
    bench.land_site("projects", {"project_id": "10", "project_key": "P10"})
    return bench


def files_below(folder: Path) -> dict[str, bytes]:
    """Read every document and Parquet file."""
    found = [*folder.rglob("*.parquet"), *folder.rglob("*.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_there_and_back_all_is_as_it_was(filled: LakeFixture, shared: SharedPlace, tmp_path: Path) -> None:
    here, store = LocalStorage(filled.lake.root), shared.host("a")
    before = files_below(filled.lake.root)
    moved = Move(here, store.storage).go()
    assert moved.projects == 2
    assert moved.files == len(shared.objects()) == len([name for name in before if "parquet" in name])
    assert {manifest.project_key for manifest in store.lake.manifests()} == {"P10", "P20"}
    assert store.lake.site() == ACME
    assert store.lake.site_manifest() == filled.lake.site_manifest()

    back = Move(shared.host("b").storage, LocalStorage(tmp_path / "back" / "lake"))
    back.check()
    assert back.go() == moved
    assert files_below(tmp_path / "back" / "lake") == before
    assert list((tmp_path / "b").rglob("*.parquet")) == []


def test_a_move_that_was_interrupted_continues(
    filled: LakeFixture, shared: SharedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = LocalStorage(filled.lake.root), shared.host("a")
    take = there.storage.take

    def take_first(name: str, files: Mapping[str, Path]) -> None:
        if name == "20":
            raise KeyboardInterrupt
        take(name, files)

    monkeypatch.setattr(there.storage, "take", take_first)
    with pytest.raises(KeyboardInterrupt):
        Move(here, there.storage).go()
    assert there.lake.site() is None

    again = Move(here, shared.host("b").storage)
    again.check()
    moved = again.go()
    assert 0 < moved.files < len(shared.objects())
    assert {manifest.project_key for manifest in there.lake.manifests()} == {"P10", "P20"}
    assert again.go().files == 0


def test_what_was_synced_here_since_is_moved_and_what_was_synced_there_is_not_lost(
    filled: LakeFixture, shared: SharedPlace, tmp_path: Path
) -> None:
    here, there = LocalStorage(filled.lake.root), shared.host("a")
    Move(here, there.storage).go()
    filled.land_and_derive(seen("2", {"summary": "y"}))
    again = Move(here, there.storage)
    again.check()
    again.go()
    found = there.lake.manifest("10")
    assert found == filled.lake.manifest("10")

    back = Move(there.storage, here)
    back.check()
    filled.land(
        [seen("3", {"summary": "z"})],
    )
    with pytest.raises(InputError, match=r"lake has versions of P10 that are missing in file://"):
        back.check()


def test_another_site_is_not_overwritten(filled: LakeFixture, shared: SharedPlace) -> None:
    there = shared.host("a")
    there.lake.claim(SiteIdentity("cloud-2", "https://other.atlassian.net"))
    with pytest.raises(WrongSite, match=r"contains https://other\.atlassian\.net"):
        Move(LocalStorage(filled.lake.root), there.storage).check()


def test_a_damaged_file_stops_the_move(filled: LakeFixture, shared: SharedPlace) -> None:
    manifest = filled.manifest()
    filled.lake.path(manifest.raw[0].path).write_bytes(b"x")
    with pytest.raises(DamagedFile, match=r"is missing, or not as it was written\. Run `jira-assets repair`"):
        Move(LocalStorage(filled.lake.root), shared.host("a").storage).go()


def test_the_moved_lake_can_be_used_by_its_path(filled: LakeFixture, shared: SharedPlace) -> None:
    store = shared.host("a")
    Move(LocalStorage(filled.lake.root), store.storage).go()
    with store.lake.lock("10", "sync"):
        manifest = store.lake.manifest("10")
        assert manifest is not None
        store.lake.commit(manifest)
    assert isinstance(Lake(store.storage).site(), SiteIdentity)
