"""The jobs that people, sensors and schedules start."""

from __future__ import annotations

import dagster as dg

from jira_assets.assets.specs import JIRA_PROJECTS, JIRA_SPRINTS, JIRA_USERS, PROJECT_SPECS

sync_job = dg.define_asset_job(
    "sync_jira",
    selection=dg.AssetSelection.assets(*(spec.key for spec in PROJECT_SPECS)),
    description="Bring projects up to date and publish: all that are tracked, or those named in the config.",
)
reconcile_job = dg.define_asset_job(
    "reconcile_jira",
    selection=dg.AssetSelection.assets(*(spec.key for spec in PROJECT_SPECS)),
    config={"ops": {"project_tables": {"config": {"mode": "reconcile"}}}},
    description="Compare every issue of the projects with Jira, mend what differs, and prove it.",
)
refresh_site_job = dg.define_asset_job(
    "refresh_site",
    selection=dg.AssetSelection.assets(JIRA_PROJECTS.key, JIRA_USERS.key, JIRA_SPRINTS.key),
    description="Read the site's projects, people and sprints again.",
)
