"""Merging raw files changes no table and forgets no version."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jira_assets.demo.generate.generate import generate_site
from jira_assets.lake import compact
from jira_assets.warehouse.models import models
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates

NOW_MS = 1_795_435_200_000
OF_THE_TIME = ("sync_status", "warehouse_info")
"""They say when something was done."""


@contextmanager
def synced(home: Path) -> Iterator[SyncHarness]:
    """A site of two projects, one of which was synced after each of several changes."""
    with open_harness(home, generate_site(7, projects=2, issues=16, now_ms=NOW_MS)) as harness:
        harness.track()
        harness.sync()
        project = harness.tracked[0].project_key
        issues = list(harness.site.issues_truth(project))
        for number in range(2):
            harness.site.clock.advance(timedelta(minutes=30))
            harness.site.edit_issue(issues[0], summary=f"edit {number}")
            harness.sync(project)
        harness.site.move_issue(issues[2], harness.tracked[1].project_key)
        harness.sync()
        yield harness


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    with templates.open(synced, tmp_path / "home") as harness:
        yield harness


def everything(harness: SyncHarness) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, the raw versions included."""
    return {
        table: harness.ask(f"select * from {table} order by all")
        for table in models()
        if table not in OF_THE_TIME
    }


def raw_files(harness: SyncHarness) -> list[int]:
    """How many raw files the manifests name."""
    return [len(manifest.raw) for manifest in harness.pipeline.lake.manifests()]


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param("those of issues", marks=pytest.mark.few_tables("jira_users", "jira_issue_links")),
        pytest.param("all", marks=pytest.mark.prove),
    ],
)
def test_merging_leaves_every_table_and_every_version_as_it_was(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch, tables: str
) -> None:
    before = everything(harness)
    assert (len(before) > 50) is (tables == "all")
    with monkeypatch.context() as patched:
        patched.setattr(compact, "SMALL", 1)
        assert harness.pipeline.compact() == 0  # all files are large already

    assert harness.pipeline.compact() > 0
    harness.pipeline.publish()

    assert raw_files(harness) == [1, 1]
    assert everything(harness) == before
    assert harness.pipeline.compact() == 0

    for manifest in harness.pipeline.lake.manifests():
        manifest.drop_derived(list(manifest.derived))
        harness.pipeline.lake.commit(manifest)
    harness.pipeline.rederive(harness.tracked)
    harness.pipeline.publish(force=True)
    assert everything(harness) == before


@pytest.mark.few_tables
def test_after_merging_nothing_is_derived_again_and_a_sync_goes_on(harness: SyncHarness) -> None:
    harness.pipeline.compact()
    harness.pipeline.publish()

    assert not any(outcome.changed for outcome in harness.pipeline.rederive(harness.tracked))
    assert harness.pipeline.publish() is None
    harness.site.clock.advance(timedelta(minutes=5))
    harness.site.edit_issue(next(iter(harness.site.issues_truth())), summary="after")
    harness.sync()
    assert harness.differences() == []


def test_merged_files_live_on_for_an_hour_for_those_who_read_them(harness: SyncHarness) -> None:
    manifest = next(found for found in harness.pipeline.lake.manifests() if len(found.raw) > 1)
    old = [harness.pipeline.lake.path(file.path) for file in manifest.raw]
    for path in old:
        os.utime(path, (time.time() - 86_400,) * 2)

    harness.pipeline.compact()
    harness.sync()
    assert all(path.exists() for path in old)

    for path in old:
        os.utime(path, (time.time() - 4_000,) * 2)
    harness.sync()
    assert not any(path.exists() for path in old)


def test_a_sync_that_leaves_too_many_files_merges_them(
    harness: SyncHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.sync.project.MOST_FILES", 2)
    harness.site.clock.advance(timedelta(minutes=5))
    harness.site.edit_issue(next(iter(harness.site.issues_truth())), summary="once more")

    harness.sync()

    assert min(raw_files(harness)) == 1
    assert harness.differences() == []
