"""What exists: assets, checks, jobs, resources. Wiring only."""

from __future__ import annotations

import dagster as dg

from jira_assets.assets.project_tables import project_tables
from jira_assets.assets.site_tables import site_tables, team_members
from jira_assets.assets.warehouse import warehouse
from jira_assets.jobs import reconcile_job, refresh_site_job, sync_job
from jira_assets.resources import JiraAssetsHome

defs = dg.Definitions(
    assets=[site_tables, team_members, project_tables, warehouse],
    jobs=[sync_job, reconcile_job, refresh_site_job],
    resources={"home": JiraAssetsHome()},
    # One process a run: the steps share one engine, and a second process would cost three seconds.
    executor=dg.in_process_executor,
)
