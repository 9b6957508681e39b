"""Facts of manifests are those of the manifests as they are now, and few manifests are read for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.manifest_facts import ManifestFacts
from jira_assets.lake.site_manifest import SiteManifest


class Reader:
    """Facts that note which manifests they are made of."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.facts = ManifestFacts(self._key)

    def keys(self, lake: Lake) -> dict[str, str]:
        """The keys of the projects by id."""
        return dict(self.facts.of(lake))

    def _key(self, manifest: Manifest) -> str:
        self.read.append(manifest.project_id)
        return manifest.project_key


@pytest.fixture
def reader() -> Reader:
    """Facts of which nothing is known yet."""
    return Reader()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for one that no write can follow within the same step of time."""
    monkeypatch.setattr("jira_assets.lake.storage.local.SETTLED_NS", -1)


@pytest.mark.usefixtures("settled")
def test_a_manifest_is_read_once_and_again_when_it_was_replaced(tmp_path: Path, reader: Reader) -> None:
    lake = Lake(tmp_path)
    lake.commit(Manifest("1", "ONE"))
    lake.commit(Manifest("2", "TWO"))

    assert [reader.keys(lake) for _ in "abc"] == [{"1": "ONE", "2": "TWO"}] * 3
    lake.commit(Manifest("2", "NEW"))
    assert reader.keys(Lake(tmp_path)) == {"1": "ONE", "2": "NEW"}
    assert sorted(reader.read) == ["1", "2", "2"]


def test_what_was_written_a_moment_ago_is_not_relied_on(tmp_path: Path, reader: Reader) -> None:
    lake = Lake(tmp_path)
    lake.commit(Manifest("1", "ONE"))

    assert reader.keys(lake) == reader.keys(lake) == {"1": "ONE"}
    assert reader.read == ["1", "1"]


@pytest.mark.usefixtures("settled")
def test_manifests_that_go_and_come_and_folders_that_are_missing(tmp_path: Path, reader: Reader) -> None:
    lake = Lake(tmp_path)
    assert reader.keys(lake) == {}
    lake.commit_site(SiteManifest())
    assert reader.keys(lake) == {}
    lake.commit(Manifest("1", "ONE"))
    assert reader.keys(lake) == {"1": "ONE"}
    lake.set_aside(["manifests/1.json"])
    assert reader.keys(lake) == {}


@pytest.mark.usefixtures("settled")
def test_a_damaged_manifest_has_no_facts_until_it_is_whole(tmp_path: Path, reader: Reader) -> None:
    lake = Lake(tmp_path)
    lake.commit(Manifest("1", "ONE"))
    whole = lake.path("manifests/1.json").read_bytes()
    lake.path("manifests/1.json").write_bytes(whole[:-20])

    assert reader.keys(lake) == {}
    lake.commit(Manifest("1", "ONE"))
    assert reader.keys(lake) == {"1": "ONE"}


@pytest.mark.usefixtures("settled")
def test_another_lake_has_facts_of_its_own(tmp_path: Path, reader: Reader) -> None:
    one, two = Lake(tmp_path / "one"), Lake(tmp_path / "two")
    one.commit(Manifest("1", "ONE"))
    two.commit(Manifest("1", "TWO"))

    assert [reader.keys(one), reader.keys(two), reader.keys(one)] == [
        {"1": "ONE"},
        {"1": "TWO"},
        {"1": "ONE"},
    ]
