"""What each asset is: the text that people read in the catalog, and what it is made from."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import dagster as dg

from jira_assets.defs.asset_metadata import OWNERS, table_metadata
from jira_assets.defs.partitions import jira_projects_partitions

SITE_GROUP = "site"
ISSUES_GROUP = "issues"
WAREHOUSE_GROUP = "warehouse"


def _table(name: str, group: str, **facts: Any) -> dg.AssetSpec:
    return dg.AssetSpec(name, group_name=group, owners=OWNERS, metadata=table_metadata(name), **facts)


_project_table = partial(_table, group=ISSUES_GROUP, partitions_def=jira_projects_partitions, skippable=True)

JIRA_PROJECTS = _table(
    "jira_projects",
    SITE_GROUP,
    kinds={"jira", "parquet"},
    description="Projects of the site that this account can see. Users choose which of them are tracked.",
)
JIRA_USERS = _table(
    "jira_users",
    SITE_GROUP,
    kinds={"jira", "parquet"},
    description=(
        "Accounts of the site: all accounts if the list is readable, otherwise the accounts that "
        "appear in issues."
    ),
)
JIRA_SPRINTS = _table(
    "jira_sprints",
    SITE_GROUP,
    kinds={"jira", "parquet"},
    description="Sprints with their states and dates. They can change without any issue changing.",
)
TEAM_MEMBERS = _table(
    "team_members",
    SITE_GROUP,
    kinds={"csv"},
    description="Members of the team, imported by `jira-assets team import`.",
)
RAW_JIRA_ISSUES = _project_table(
    "raw_jira_issues",
    kinds={"jira", "parquet"},
    deps=[JIRA_PROJECTS],
    description="Every version of every issue as Jira returned it, with its complete changelog. Append-only. "
    "All other tables are derived from it without requests to Jira.",
)
JIRA_ISSUES = _project_table(
    "jira_issues",
    kinds={"duckdb", "parquet"},
    deps=[RAW_JIRA_ISSUES],
    description="Current issues of a project, one row per issue. Their sprints, custom fields and "
    "changes are in related tables.",
)
JIRA_USER_MATCHES = _project_table(
    "jira_user_matches",
    kinds={"duckdb", "parquet"},
    deps=[JIRA_ISSUES, JIRA_USERS, TEAM_MEMBERS],
    description="The team member of each matched Jira account, and the rule that matched it: override, "
    "account id, e-mail, then display name.",
)
JIRA_UNMATCHED_USERS = _project_table(
    "jira_unmatched_users",
    kinds={"duckdb", "parquet"},
    deps=[JIRA_USER_MATCHES],
    description=(
        "Accounts without a known team member: the reason, the candidates, and the activity of the account."
    ),
)
# It stands apart: it is told by the clock, and whatever depended on it would be called stale each time.
SYNC_STATUS = _table(
    "sync_status",
    WAREHOUSE_GROUP,
    kinds={"duckdb"},
    freshness_policy=dg.FreshnessPolicy.time_window(
        warn_window=timedelta(hours=1), fail_window=timedelta(hours=3)
    ),
    description="Freshness and completeness of each tracked project. Updated at most every 15 minutes, and "
    "only while Jira answers. If this asset gets stale, syncs have stopped.",
)
PROJECT_SPECS = [RAW_JIRA_ISSUES, JIRA_ISSUES, JIRA_USER_MATCHES, JIRA_UNMATCHED_USERS]
