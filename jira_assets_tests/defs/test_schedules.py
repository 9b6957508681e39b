"""What runs by the clock, and how to change when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from jira_assets.definitions import defs
from jira_assets.defs.run_locks import LocalRunLocks
from jira_assets.defs.schedules import keys_to_prove, request_proofs, schedules, settings_at_load
from jira_assets.lake.locks import lock_held
from jira_assets.settings.load import load_settings
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.conftest import synced_once


@pytest.fixture
def harness(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    """A home whose projects were just read, and proved by that."""
    with templates.open(synced_once, tmp_path / "home") as harness:
        yield harness


def test_the_sensor_keeps_things_fresh_so_the_hourly_schedule_is_off() -> None:
    found = {schedule.name: schedule.default_status for schedule in defs.schedules or ()}

    off = [name for name, status in found.items() if status is dg.DefaultScheduleStatus.STOPPED]
    assert off == ["sync_hourly"]
    assert set(found) - {"sync_hourly"} == {"reconcile_nightly", "refresh_site_daily", "compact_weekly"}


def test_times_and_zone_are_settable() -> None:
    settings = load_settings(
        {"refresh_cron": "5 4 * * *", "time_zone": "Europe/Berlin", "off_hours": "22-4"},
        {},
        dotenv=None,
        stored={},
    )
    found = {schedule.name: schedule for schedule in schedules(settings)}

    assert found["refresh_site_daily"].cron_schedule == "5 4 * * *"
    assert found["reconcile_nightly"].cron_schedule == "*/20 22-23,0-4 * * *"
    assert {schedule.execution_timezone for schedule in found.values()} == {"Europe/Berlin"}


def test_a_setting_that_makes_no_sense_does_not_take_the_whole_page_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JIRA_ASSETS_REFRESH_CRON", "every night")

    assert settings_at_load().refresh_cron == "30 0 * * *"


def test_a_night_proves_every_project_once(harness: SyncHarness) -> None:
    assert keys_to_prove(harness.pipeline) == []  # a first read proves what it read
    harness.site.clock.advance(timedelta(days=1))

    first = keys_to_prove(harness.pipeline)
    harness.pipeline.reconcile(harness.pipeline.state.projects.find(first))

    assert first == keys(harness)
    assert keys_to_prove(harness.pipeline) == []


def test_what_was_never_read_is_not_proved(tmp_path: Path) -> None:
    with open_harness(tmp_path / "home") as harness:
        harness.track()
        assert keys_to_prove(harness.pipeline) == []


def test_what_was_spent_this_hour_leaves_less_to_prove_with(harness: SyncHarness) -> None:
    settings = replace(harness.pipeline.settings, reconcile_points_per_hour=150)
    harness.pipeline = replace(harness.pipeline, settings=settings)
    harness.site.clock.advance(timedelta(days=1))

    assert keys_to_prove(harness.pipeline) == keys(harness)
    harness.pipeline.state.points.spend(100, harness.pipeline.clock())
    assert keys_to_prove(harness.pipeline) == keys(harness)[:1]
    harness.pipeline.state.points.spend(100, harness.pipeline.clock())
    assert keys_to_prove(harness.pipeline) == []


def test_a_project_that_somebody_works_on_is_left_out(harness: SyncHarness) -> None:
    harness.site.clock.advance(timedelta(days=1))

    with harness.pipeline.lake.lock(harness.tracked[0].project_id, "sync"):
        assert keys_to_prove(harness.pipeline) == keys(harness)[1:]


def test_a_run_is_asked_for_unless_one_is_alive_or_all_is_proved(harness: SyncHarness) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert "proved" in str(request_proofs(instance, harness.pipeline))
        harness.site.clock.advance(timedelta(days=1))

        wanted = request_proofs(instance, harness.pipeline)
        assert isinstance(wanted, dg.RunRequest)
        assert wanted.run_config["ops"]["project_tables"]["config"]["projects"] == keys(harness)

        job = defs.resolve_job_def("reconcile_jira")
        alive = instance.create_run_for_job(job_def=job, status=dg.DagsterRunStatus.STARTED)
        with lock_held(LocalRunLocks(harness.pipeline.settings.run_locks_dir).path(alive.run_id), "run"):
            assert "still running" in str(request_proofs(instance, harness.pipeline))


def keys(harness: SyncHarness) -> list[str]:
    """The keys of what is tracked."""
    return [project.project_key for project in harness.tracked]
