"""What each asset is: the text that people read in the catalog, and what it is made from."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import dagster as dg

from jira_assets.assets.catalog import OWNERS, table_metadata
from jira_assets.partitions import jira_projects_partitions

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
    description="The projects of the site that this account can see; which are tracked is decided by people.",
)
JIRA_USERS = _table(
    "jira_users",
    SITE_GROUP,
    kinds={"jira", "parquet"},
    description="The accounts of the site: everyone where the list is readable, else those seen in issues.",
)
JIRA_SPRINTS = _table(
    "jira_sprints",
    SITE_GROUP,
    kinds={"jira", "parquet"},
    description="Sprints with their states and dates, which change without any issue changing.",
)
TEAM_MEMBERS = _table(
    "team_members",
    SITE_GROUP,
    kinds={"csv"},
    description="The people of the team, imported by `jira-assets team import`.",
)
RAW_JIRA_ISSUES = _project_table(
    "raw_jira_issues",
    kinds={"jira", "parquet"},
    deps=[JIRA_PROJECTS],
    description="Every version of every issue as Jira answered it, verbatim, with its whole changelog. "
    "Append-only: all other tables are derived from it without asking Jira again.",
)
JIRA_ISSUES = _project_table(
    "jira_issues",
    kinds={"duckdb", "parquet"},
    deps=[RAW_JIRA_ISSUES],
    description="The issues of a project as they are now, one row an issue, with their sprints, custom "
    "fields and changes beside them.",
)
JIRA_USER_MATCHES = _project_table(
    "jira_user_matches",
    kinds={"duckdb", "parquet"},
    deps=[JIRA_ISSUES, JIRA_USERS, TEAM_MEMBERS],
    description="Which Jira account belongs to which team member, and by which rule that was decided: "
    "override, account id, e-mail, then display name.",
)
JIRA_UNMATCHED_USERS = _project_table(
    "jira_unmatched_users",
    kinds={"duckdb", "parquet"},
    deps=[JIRA_USER_MATCHES],
    description="Accounts that belong to no known team member: why, who might be meant, how active they are.",
)
# It stands apart: it is told by the clock, and whatever depended on it would be called stale each time.
SYNC_STATUS = _table(
    "sync_status",
    WAREHOUSE_GROUP,
    kinds={"duckdb"},
    freshness_policy=dg.FreshnessPolicy.time_window(
        warn_window=timedelta(hours=1), fail_window=timedelta(hours=3)
    ),
    description="How fresh and complete each tracked project is. It is told at most every quarter of an "
    "hour, and only while Jira answers: when this gets old, everything stands still.",
)
PROJECT_SPECS = [RAW_JIRA_ISSUES, JIRA_ISSUES, JIRA_USER_MATCHES, JIRA_UNMATCHED_USERS]
