"""The target delta beside a sync: it follows it, stops nothing, and says how it stands."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from jira_assets.alerts.watch import sync_and_publish
from jira_assets.sync.health import NOTHING_UNREAD, judge_home
from jira_assets.warehouse.targets.delta.target import DeltaTarget
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.conftest import Cli
from jira_assets_tests.sync.test_targets import change, check_each_publish_is_shown, synced
from jira_assets_tests.warehouse.targets.delta_tables import DeltaTables

pytestmark = pytest.mark.few_tables


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    return DeltaTables(DeltaTarget(str(tmp_path / "delta")))


@pytest.fixture
def harness(templates: HomeTemplates, tmp_path: Path, tables: DeltaTables) -> Iterator[SyncHarness]:
    """Open a home that was synced and published before it was to keep Delta tables."""
    with templates.open(synced, tmp_path / "home") as harness:
        yield publishing_to(harness, tables.target.place)


def publishing_to(harness: SyncHarness, url: str | None) -> SyncHarness:
    """Name the folder in the settings of the home."""
    settings = replace(harness.pipeline.settings, publish=("duckdb", "delta"), publish_delta_url=url)
    harness.pipeline = replace(harness.pipeline, settings=settings)
    return harness


def test_it_shows_each_publish_and_says_so(harness: SyncHarness, tables: DeltaTables, cli: Cli) -> None:
    check_each_publish_is_shown(harness, "delta", tables.differences)

    assert "delta: up to date: the publish of" in cli("status").stderr
    [target] = json.loads(cli("status", "--json").stdout)["targets"]
    assert (target["target"], target["behind_seconds"], target["trouble"]) == ("delta", 0.0, None)
    assert target["place"] == tables.target.place
    assert "✓ delta: " in cli("doctor").stdout
    before = tables.newest()
    assert "delta: up to date" in cli("publish", "--force").stderr
    assert tables.newest().items().isdisjoint(before.items())


@pytest.mark.prove
def test_a_failure_stops_nothing_and_is_tried_again(
    harness: SyncHarness, tables: DeltaTables, cli: Cli, tmp_path: Path
) -> None:
    harness.publish()
    shown = harness.pipeline.targets()[0].shows
    tables.folder.rename(tmp_path / "away")
    tables.folder.write_text("no folder", encoding="utf-8")
    change(harness)
    pipeline = harness.pipeline
    result, published = sync_and_publish(pipeline, lambda: pipeline.sync(harness.tracked))
    assert published is not None

    [notice] = [str(each) for each in pipeline.notices()]
    assert notice in result.notices
    assert "target delta" in notice
    assert tables.target.place in notice
    faults = {each.name: each.faults for each in judge_home(pipeline).verdicts}
    assert list(faults[NOTHING_UNREAD]) == ["target delta"]
    [status] = pipeline.targets()
    assert (status.shows, bool(status.behind_seconds)) == (shown, True)
    assert "behind the newest publish" in cli("status").stderr
    assert "! target delta" in cli("publish").stderr

    tables.folder.unlink()
    (tmp_path / "away").rename(tables.folder)
    harness.publish()
    assert pipeline.notices() == []
    assert tables.differences(pipeline.settings.warehouse_file) == {}


def test_without_a_place_or_the_package_it_is_said_what_is_lacking(harness: SyncHarness) -> None:
    publishing_to(harness, None).publish()
    [notice] = harness.pipeline.notices()
    assert "JIRA_ASSETS_PUBLISH_DELTA_URL" in notice.instruction
    publishing_to(harness, "/nowhere")
    with mock.patch.dict(sys.modules, {"deltalake": None}):
        harness.publish()
    [notice] = harness.pipeline.notices()
    assert "pip install 'jira_assets[delta]'" in notice.instruction


@pytest.mark.prove
@pytest.mark.few_tables("jira_users")
def test_a_person_who_is_forgotten_is_not_in_the_tables(harness: SyncHarness, tables: DeltaTables) -> None:
    harness.pipeline.publish(force=True)
    names = {row["account_id"]: row["display_name"] for row in tables.rows("jira_users")}
    account = next(filter(None, (row["assignee_account_id"] for row in tables.rows("jira_issues"))))
    erased = harness.pipeline.forget(account)
    assert tables.differences(harness.pipeline.settings.warehouse_file) == {}
    now = {row["account_id"]: row["display_name"] for row in tables.rows("jira_users")}
    assert now.get(account) != names[account]
    assert any("after 7 days" in sentence for sentence in erased.remaining)
