"""What each asset is: the text that people read in the catalog, and what it is made from."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

from jira_assets.assets.catalog import OWNERS, table_metadata
from jira_assets.partitions import jira_projects_partitions

SITE_GROUP = "site"
ISSUES_GROUP = "issues"
WAREHOUSE_GROUP = "warehouse"

JIRA_PROJECTS = dg.AssetSpec(
    "jira_projects",
    owners=OWNERS,
    metadata=table_metadata("jira_projects"),
    group_name=SITE_GROUP,
    kinds={"jira", "parquet"},
    description="The projects of the site that this account can see; which are tracked is decided by people.",
)
JIRA_USERS = dg.AssetSpec(
    "jira_users",
    owners=OWNERS,
    metadata=table_metadata("jira_users"),
    group_name=SITE_GROUP,
    kinds={"jira", "parquet"},
    description="The accounts of the site: everyone where the list is readable, else those seen in issues.",
)
JIRA_SPRINTS = dg.AssetSpec(
    "jira_sprints",
    owners=OWNERS,
    metadata=table_metadata("jira_sprints"),
    group_name=SITE_GROUP,
    kinds={"jira", "parquet"},
    description="Sprints with their states and dates, which change without any issue changing.",
)
TEAM_MEMBERS = dg.AssetSpec(
    "team_members",
    owners=OWNERS,
    metadata=table_metadata("team_members"),
    group_name=SITE_GROUP,
    kinds={"csv"},
    description="The people of the team, imported by `jira-assets team import`.",
)
RAW_JIRA_ISSUES = dg.AssetSpec(
    "raw_jira_issues",
    owners=OWNERS,
    metadata=table_metadata("raw_jira_issues"),
    group_name=ISSUES_GROUP,
    kinds={"jira", "parquet"},
    deps=[JIRA_PROJECTS],
    partitions_def=jira_projects_partitions,
    skippable=True,
    description="Every version of every issue as Jira answered it, verbatim, with its whole changelog. "
    "Append-only: all other tables are derived from it without asking Jira again.",
)
JIRA_ISSUES = dg.AssetSpec(
    "jira_issues",
    owners=OWNERS,
    metadata=table_metadata("jira_issues"),
    group_name=ISSUES_GROUP,
    kinds={"duckdb", "parquet"},
    deps=[RAW_JIRA_ISSUES],
    partitions_def=jira_projects_partitions,
    skippable=True,
    description="The issues of a project as they are now, one row an issue, with their sprints, custom "
    "fields and changes beside them.",
)
JIRA_USER_MATCHES = dg.AssetSpec(
    "jira_user_matches",
    owners=OWNERS,
    metadata=table_metadata("jira_user_matches"),
    group_name=ISSUES_GROUP,
    kinds={"duckdb", "parquet"},
    deps=[JIRA_ISSUES, JIRA_USERS, TEAM_MEMBERS],
    partitions_def=jira_projects_partitions,
    skippable=True,
    description="Which Jira account belongs to which team member, and by which rule that was decided: "
    "override, account id, e-mail, then display name.",
)
JIRA_UNMATCHED_USERS = dg.AssetSpec(
    "jira_unmatched_users",
    owners=OWNERS,
    metadata=table_metadata("jira_unmatched_users"),
    group_name=ISSUES_GROUP,
    kinds={"duckdb", "parquet"},
    deps=[JIRA_USER_MATCHES],
    partitions_def=jira_projects_partitions,
    skippable=True,
    description="Accounts that belong to no known team member: why, who might be meant, how active they are.",
)
# It stands apart: it is told by the clock, and whatever depended on it would be called stale each time.
SYNC_STATUS = dg.AssetSpec(
    "sync_status",
    owners=OWNERS,
    metadata=table_metadata("sync_status"),
    group_name=WAREHOUSE_GROUP,
    kinds={"duckdb"},
    freshness_policy=dg.FreshnessPolicy.time_window(
        warn_window=timedelta(hours=1), fail_window=timedelta(hours=3)
    ),
    description="How fresh and complete each tracked project is. It is told at most every quarter of an "
    "hour, and only while Jira answers: when this gets old, everything stands still.",
)
PROJECT_SPECS = [RAW_JIRA_ISSUES, JIRA_ISSUES, JIRA_USER_MATCHES, JIRA_UNMATCHED_USERS]
