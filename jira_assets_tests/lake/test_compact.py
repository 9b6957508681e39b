"""Merging raw files changes no table and forgets no version."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.lake import compact
from jira_assets.warehouse.published_tables import PUBLISHED_TABLES
from jira_assets_tests.harness import Rig, open_rig

NOW_MS = 1_795_435_200_000
TABLES = [table for table in PUBLISHED_TABLES if table not in ("sync_status", "warehouse_info")]


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A site of two projects, one of which was synced after each of several changes."""
    with open_rig(tmp_path / "home", generate_site(7, projects=2, issues=16, now_ms=NOW_MS)) as rig:
        rig.track()
        rig.sync()
        project = rig.tracked[0].project_key
        issues = list(rig.site.issues_truth(project))
        for number in range(2):
            rig.site.clock.advance(timedelta(minutes=30))
            rig.site.edit_issue(issues[0], summary=f"edit {number}")
            rig.sync(project)
        rig.site.move_issue(issues[2], rig.tracked[1].project_key)
        rig.sync()
        yield rig


def everything(rig: Rig) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, the raw versions included."""
    return {table: rig.ask(f"select * from {table} order by all") for table in TABLES}


def raw_files(rig: Rig) -> list[int]:
    """How many raw files the manifests name."""
    return [len(manifest.raw) for manifest in rig.bench.lake.manifests()]


def test_merging_leaves_every_table_and_every_version_as_it_was(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(rig)
    with monkeypatch.context() as patched:
        patched.setattr(compact, "SMALL", 1)
        assert rig.bench.compact() == 0  # all files are large already

    assert rig.bench.compact() > 0
    rig.bench.publish()

    assert raw_files(rig) == [1, 1]
    assert everything(rig) == before
    assert rig.bench.compact() == 0

    for manifest in rig.bench.lake.manifests():
        manifest.derived.clear()
        rig.bench.lake.commit(manifest)
    rig.bench.rederive(rig.tracked)
    rig.bench.publish(force=True)
    assert everything(rig) == before


def test_after_merging_nothing_is_derived_again_and_a_sync_goes_on(rig: Rig) -> None:
    rig.bench.compact()
    rig.bench.publish()

    assert not any(outcome.changed for outcome in rig.bench.rederive(rig.tracked))
    assert rig.bench.publish() is None
    rig.site.clock.advance(timedelta(minutes=5))
    rig.site.edit_issue(next(iter(rig.site.issues_truth())), summary="after")
    rig.sync()
    assert rig.differences() == []


def test_merged_files_live_on_for_an_hour_for_those_who_read_them(rig: Rig) -> None:
    manifest = next(found for found in rig.bench.lake.manifests() if len(found.raw) > 1)
    old = [rig.bench.lake.path(file.path) for file in manifest.raw]
    for path in old:
        os.utime(path, (time.time() - 86_400,) * 2)

    rig.bench.compact()
    rig.sync()
    assert all(path.exists() for path in old)

    for path in old:
        os.utime(path, (time.time() - 4_000,) * 2)
    rig.sync()
    assert not any(path.exists() for path in old)


def test_a_sync_that_leaves_too_many_files_merges_them(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jira_assets.sync.project.MOST_FILES", 2)
    rig.site.clock.advance(timedelta(minutes=5))
    rig.site.edit_issue(next(iter(rig.site.issues_truth())), summary="once more")

    rig.sync()

    assert min(raw_files(rig)) == 1
    assert rig.differences() == []
