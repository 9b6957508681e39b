"""Settings that may differ from project to project."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from jira_assets.errors import SettingsError
from jira_assets.settings.load import Settings, load_settings
from jira_assets.settings.per_project import UNDELIVERED_RESOLUTIONS
from jira_assets.state import TrackedProject
from jira_assets.sync.publish import metric_settings
from jira_assets.warehouse.metric_settings import ProjectMetrics


def read(**environ: str) -> Settings:
    return load_settings(environ=environ, dotenv=None, stored={})


def of(settings: Settings, key: str) -> ProjectMetrics:
    now = datetime(2026, 1, 5, 23, tzinfo=UTC)
    project = TrackedProject("10", key, key, True, None, None, now, None)
    return metric_settings(settings, [project], now).projects["10"]


def test_a_project_may_have_its_own() -> None:
    settings = read(JIRA_ASSETS_ACTIVE_STATUSES="In Progress, In Review; pay: Doing ,Doing; WEB:")

    assert settings.active_statuses.of("OPS") == ("In Progress", "In Review")
    assert settings.active_statuses.of("PAY") == ("Doing",)
    assert settings.active_statuses.of("WEB") == ()
    assert str(settings.active_statuses) == "In Progress,In Review; PAY: Doing; WEB: "


def test_levels_are_numbers() -> None:
    assert read(JIRA_ASSETS_HIERARCHY_LEVELS="0; PAY: 0, -1").hierarchy_levels.of("PAY") == (0, -1)
    with pytest.raises(SettingsError, match="is not a list of hierarchy levels"):
        read(JIRA_ASSETS_HIERARCHY_LEVELS="standard")


def test_a_status_is_put_into_a_category_that_exists() -> None:
    settings = read(JIRA_ASSETS_STATUS_CATEGORIES="Ready = Done; PAY: A = b = to do, Blocked = in progress")

    assert of(settings, "WEB").status_categories == {"Ready": "done"}
    assert of(settings, "PAY").status_categories == {"A = b": "new", "Blocked": "indeterminate"}
    for wrong in ("Ready", "Ready = finished", "= done"):
        with pytest.raises(SettingsError, match="does not have the format In Review = done"):
            read(JIRA_ASSETS_STATUS_CATEGORIES=wrong)


def test_a_part_after_a_semicolon_has_to_name_its_project() -> None:
    with pytest.raises(SettingsError, match="contains no project key after a semicolon"):
        read(JIRA_ASSETS_ACTIVE_STATUSES="In Progress; Doing")


def test_who_names_a_project_only_leaves_the_others_as_usual() -> None:
    settings = read(
        JIRA_ASSETS_HIERARCHY_LEVELS="PAY: 1", JIRA_ASSETS_UNDELIVERED_RESOLUTIONS="PAY: Rejected"
    )
    assert of(settings, "WEB") == ProjectMetrics()
    assert of(settings, "PAY") == ProjectMetrics((1,), ("Rejected",))
    assert of(read(), "WEB").undelivered_resolutions == UNDELIVERED_RESOLUTIONS


def test_the_last_day_is_that_of_the_time_zone() -> None:
    now = datetime(2026, 1, 5, 23, tzinfo=UTC)
    assert metric_settings(read(), [], now).as_of == date(2026, 1, 5)
    there = read(JIRA_ASSETS_TIME_ZONE="Asia/Kolkata")
    assert metric_settings(there, [], now).as_of == date(2026, 1, 6)


def test_a_project_may_have_no_resolution_that_does_not_count() -> None:
    settings = read(JIRA_ASSETS_UNDELIVERED_RESOLUTIONS="Won't Do; PAY:")
    assert of(settings, "PAY").undelivered_resolutions == ()
    assert of(settings, "WEB").undelivered_resolutions == ("Won't Do",)
