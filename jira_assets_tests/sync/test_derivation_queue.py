"""Small projects that wait at the same time are derived together, each as it would be alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import duckdb
import msgspec
import pytest

from jira_assets.lake.derive import DeriveOptions, derive_alone, derive_projects
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, Manifest
from jira_assets.sync import derivation_queue
from jira_assets.sync.derivation_queue import DerivationQueue
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.lake_fixture import tables_of
from jira_assets_tests.waiting import wait_until

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
    return sizes


def in_threads(
    rig: SyncHarness, queue: DerivationQueue, change: Callable[[Manifest], None] = lambda _: None
) -> list[Derived | Exception]:
    """Derive each project in a thread of its own; all wait before the first gets a turn."""

    def attempt(manifest: Manifest) -> Derived | Exception:
        try:
            return queue.derive(rig.pipeline.lake.cursor(), manifest, OPTIONS)
        except Exception as error:
            return error

    manifests = rig.pipeline.lake.manifests()
    for manifest in manifests:
        change(manifest)
    with ThreadPoolExecutor(len(manifests)) as threads:
        with queue.turn:
            found = [threads.submit(attempt, manifest) for manifest in manifests]
            wait_until(lambda: len(queue.waiting) == len(manifests))
        return [future.result() for future in found]


def test_tables_of_projects_that_are_derived_together_are_those_of_each_alone(rig: SyncHarness) -> None:
    lake = rig.pipeline.lake
    manifests = lake.manifests()
    together = derive_projects(lake, manifests, OPTIONS)

    for manifest, derived in zip(manifests, together, strict=True):
        alone = derive_alone(lake, manifest, OPTIONS)
        assert tables_of(lake, derived) == tables_of(lake, alone)
        assert (derived.fingerprint, derived.nulled, derived.cut) == (
            alone.fingerprint,
            alone.nulled,
            alone.cut,
        )
    assert all(derived.files["jira_issues"].rows for derived in together)
    assert sum(derived.files["jira_deleted_issues"].rows for derived in together) == 2


def test_projects_that_wait_at_the_same_time_are_derived_together(
    rig: SyncHarness, groups: list[int]
) -> None:
    found = in_threads(rig, DerivationQueue())

    assert groups == [2]
    for manifest, derived in zip(rig.pipeline.lake.manifests(), found, strict=True):
        assert isinstance(derived, Derived)
        assert all(f"project={manifest.project_id}/" in file.path for file in derived.files.values())


def test_each_gets_the_error_of_its_own_project(rig: SyncHarness, groups: list[int]) -> None:
    damaged = rig.pipeline.lake.manifests()[0].project_id

    def damage(manifest: Manifest) -> None:
        if manifest.project_id == damaged:
            nowhere = "raw/nowhere.parquet"
            manifest.raw = [msgspec.structs.replace(file, path=nowhere) for file in manifest.raw]

    refused, derived = in_threads(rig, DerivationQueue(), damage)

    assert groups == [2, 1, 1]
    assert isinstance(refused, duckdb.IOException)
    assert isinstance(derived, Derived)


def test_a_large_project_is_derived_alone(
    rig: SyncHarness, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation_queue, "SMALL", 0)
    lake, queue = rig.pipeline.lake, DerivationQueue()
    with queue.turn:  # it needs none
        for manifest in lake.manifests():
            assert isinstance(queue.derive(lake, manifest, OPTIONS), Derived)
    assert groups == []


def test_projects_whose_fields_differ_are_not_mixed(rig: SyncHarness, groups: list[int]) -> None:
    other = rig.pipeline.lake.manifests()[0].project_id

    def leave_out_points(manifest: Manifest) -> None:
        if manifest.project_id == other:
            manifest.mapping = msgspec.structs.replace(manifest.mapping, story_points_field=None)

    found = in_threads(rig, DerivationQueue(), leave_out_points)

    assert groups == [1, 1]
    with closing(duckdb.connect()) as engine:
        for derived, has_points in zip(found, (False, True), strict=True):
            assert isinstance(derived, Derived)
            path = rig.pipeline.lake.path(derived.files["jira_issues"].path)
            (count,) = engine.execute(f"select count(story_points) from '{path}'").fetchall()[0]
            assert bool(count) == has_points
