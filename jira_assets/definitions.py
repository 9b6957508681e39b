"""What exists: assets, checks, jobs, sensors, schedules, resources. Wiring only."""

from __future__ import annotations

import dagster as dg

from jira_assets.defs.asset_specs import (
    PULL_REQUESTS_SOURCE,
    TABLE_SETTINGS,
    TEAM_SOURCE,
    published_tables,
)
from jira_assets.defs.assets.project_tables import project_tables
from jira_assets.defs.assets.site_tables import site_tables, team_members
from jira_assets.defs.assets.sync_status import sync_status
from jira_assets.defs.assets.warehouse import warehouse
from jira_assets.defs.checks import health
from jira_assets.defs.jobs import (
    check_job,
    compact_job,
    publish_job,
    reconcile_job,
    refresh_site_job,
    sync_job,
)
from jira_assets.defs.resources import Home, resource_of
from jira_assets.defs.schedules import schedules, settings_at_load
from jira_assets.defs.sensors import jira_changes, publish_local_changes

defs = dg.Definitions(
    assets=[
        site_tables,
        team_members,
        project_tables,
        sync_status,
        warehouse,
        TEAM_SOURCE,
        PULL_REQUESTS_SOURCE,
        TABLE_SETTINGS,
        *published_tables(),
    ],
    asset_checks=[health],
    jobs=[sync_job, reconcile_job, refresh_site_job, compact_job, publish_job, check_job],
    sensors=[jira_changes, publish_local_changes],
    schedules=schedules(settings_at_load()),
    resources={"home": resource_of(Home())},
    # One process a run: the steps share one engine, and a second process would cost three seconds.
    executor=dg.in_process_executor,
)
