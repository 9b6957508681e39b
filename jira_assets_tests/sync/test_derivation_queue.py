"""Small projects that wait at the same time are derived together, each as it would be alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import duckdb
import msgspec
import pytest

from jira_assets.lake.derive import DeriveOptions, derive_alone, derive_projects
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, Manifest
from jira_assets.sync import derivation_queue
from jira_assets.sync.derivation_queue import DerivationQueue
from jira_assets_tests.harness import SyncHarness, open_harness

OPTIONS = DeriveOptions(embeds_lists=True)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncHarness]:
    """A synced home of some projects, from which issues were deleted and between which one was moved."""
    with open_harness(tmp_path_factory.mktemp("queue") / "home") as rig:
        rig.track()
        rig.sync()
        first, second, third, *_ = rig.site.store.documents.values()
        rig.site.delete_issue(first.issue.id)
        other = next(p.key for p in rig.site.catalog.projects.values() if p.id != second.issue.project_id)
        rig.site.move_issue(second.issue.id, other)
        rig.site.edit_issue(third.issue.id, summary="Changed")
        rig.reconcile()
        yield rig


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Returns how many projects were derived together each time."""
    sizes: list[int] = []

    def derive(lake: Lake, manifests: Sequence[Manifest], options: DeriveOptions) -> list[Derived]:
        sizes.append(len(manifests))
        return derive_projects(lake, manifests, options)

    monkeypatch.setattr(derivation_queue, "derive_projects", derive)
    monkeypatch.setattr(derivation_queue, "PATIENCE", 60)
    return sizes


def rows_of(lake: Lake, derived: Derived) -> dict[str, Any]:
    """The columns and rows of every table."""
    return {
        table: (
            [column[:2] for column in lake.engine.execute(f"describe from '{path}'").fetchall()],
            lake.engine.execute(f"select columns(* exclude (project)) from '{path}' order by all").fetchall(),
            file.rows,
        )
        for table, file in derived.files.items()
        for path in [lake.path(file.path)]
    }


def in_threads(rig: SyncHarness, work: Callable[[Lake, Manifest], Derived]) -> list[Derived | Exception]:
    """Do the work for each project, all at the same time."""

    def attempt(manifest: Manifest) -> Derived | Exception:
        try:
            return work(rig.pipeline.lake.cursor(), manifest)
        except Exception as error:
            return error

    manifests = rig.pipeline.lake.manifests()
    with ThreadPoolExecutor(len(manifests)) as threads:
        return list(threads.map(attempt, manifests))


def test_tables_of_projects_that_are_derived_together_are_those_of_each_alone(rig: SyncHarness) -> None:
    lake = rig.pipeline.lake
    manifests = lake.manifests()
    together = derive_projects(lake, manifests, OPTIONS)

    for manifest, derived in zip(manifests, together, strict=True):
        alone = derive_alone(lake, manifest, OPTIONS)
        assert rows_of(lake, derived) == rows_of(lake, alone)
        assert (derived.fingerprint, derived.nulled, derived.cut) == (
            alone.fingerprint,
            alone.nulled,
            alone.cut,
        )
    assert all(derived.files["jira_issues"].rows for derived in together)
    assert sum(derived.files["jira_deleted_issues"].rows for derived in together) == 2


def test_projects_that_are_expected_are_waited_for(rig: SyncHarness, groups: list[int]) -> None:
    queue, all_are_read = DerivationQueue(), threading.Barrier(2, timeout=30)

    def work(lake: Lake, manifest: Manifest) -> Derived:
        with queue.expected() as expect:
            expect()
            all_are_read.wait()
            return queue.derive(lake, manifest, OPTIONS)

    found = in_threads(rig, work)

    assert groups == [2]
    for manifest, derived in zip(rig.pipeline.lake.manifests(), found, strict=True):
        assert isinstance(derived, Derived)
        assert all(f"project={manifest.project_id}/" in file.path for file in derived.files.values())


def test_a_project_that_ends_without_being_derived_is_not_waited_for(
    rig: SyncHarness, groups: list[int]
) -> None:
    queue, all_are_read = DerivationQueue(), threading.Barrier(2, timeout=30)
    first = rig.pipeline.lake.manifests()[0].project_id

    def work(lake: Lake, manifest: Manifest) -> Derived:
        with queue.expected() as expect:
            expect()
            all_are_read.wait()
            if manifest.project_id == first:
                raise RuntimeError("it could not be read")
            return queue.derive(lake, manifest, OPTIONS)

    refused, derived = in_threads(rig, work)

    assert groups == [1]
    assert str(refused) == "it could not be read"
    assert isinstance(derived, Derived)


def test_each_gets_the_error_of_its_own_project(rig: SyncHarness, groups: list[int]) -> None:
    queue, all_are_read = DerivationQueue(), threading.Barrier(2, timeout=30)
    damaged = rig.pipeline.lake.manifests()[0]

    def work(lake: Lake, manifest: Manifest) -> Derived:
        if manifest.project_id == damaged.project_id:
            manifest.raw = [
                msgspec.structs.replace(file, path="raw/nowhere.parquet") for file in manifest.raw
            ]
        with queue.expected() as expect:
            expect()
            all_are_read.wait()
            return queue.derive(lake, manifest, OPTIONS)

    refused, derived = in_threads(rig, work)

    assert groups == [2, 1, 1]
    assert isinstance(refused, duckdb.IOException)
    assert isinstance(derived, Derived)


def test_a_large_project_is_derived_alone(
    rig: SyncHarness, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation_queue, "SMALL", 0)
    queue = DerivationQueue()
    found = in_threads(rig, lambda lake, manifest: queue.derive(lake, manifest, OPTIONS))
    assert all(isinstance(derived, Derived) for derived in found)
    assert groups == []


def test_projects_whose_fields_differ_are_not_mixed(rig: SyncHarness, groups: list[int]) -> None:
    queue, all_are_read = DerivationQueue(), threading.Barrier(2, timeout=30)
    other = rig.pipeline.lake.manifests()[0].project_id

    def work(lake: Lake, manifest: Manifest) -> Derived:
        if manifest.project_id == other:
            manifest.mapping = msgspec.structs.replace(manifest.mapping, story_points_field=None)
        with queue.expected() as expect:
            expect()
            all_are_read.wait()
            return queue.derive(lake, manifest, OPTIONS)

    found = in_threads(rig, work)

    assert groups == [1, 1]
    with closing(duckdb.connect()) as engine:
        for derived, has_points in zip(found, (False, True), strict=True):
            assert isinstance(derived, Derived)
            path = rig.pipeline.lake.path(derived.files["jira_issues"].path)
            (count,) = engine.execute(f"select count(story_points) from '{path}'").fetchall()[0]
            assert bool(count) == has_points
