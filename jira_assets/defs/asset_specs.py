"""What each asset is: the text that people read in the catalog, and what it is made from."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import dagster as dg

from jira_assets.defs.asset_metadata import OWNERS, table_metadata
from jira_assets.defs.partitions import jira_projects_partitions
from jira_assets.warehouse.models import Model, models

SOURCES_GROUP = "sources"


def _table(name: str, **facts: Any) -> dg.AssetSpec:
    return dg.AssetSpec(
        name, group_name=models()[name].group, owners=OWNERS, metadata=table_metadata(name), **facts
    )


_project_table = partial(_table, partitions_def=jira_projects_partitions, skippable=True)

TEAM_SOURCE = dg.AssetSpec(
    "team_source",
    group_name=SOURCES_GROUP,
    owners=OWNERS,
    description="The table that JIRA_ASSETS_TEAM names: a file, a table of a database, or a query. Other "
    "programs own it. Observed when its content changed.",
)
PULL_REQUESTS_SOURCE = dg.AssetSpec(
    "pull_requests_source",
    group_name=SOURCES_GROUP,
    owners=OWNERS,
    description="The table that JIRA_ASSETS_PULL_REQUESTS names: a file, a table of a database, or a query. "
    "Other programs own it. Observed when its content changed.",
)
TABLE_SETTINGS = dg.AssetSpec(
    "table_settings",
    group_name=SOURCES_GROUP,
    owners=OWNERS,
    description="The settings that decide what the tables show, such as the time zone and the status "
    "categories. `jira-assets config` lists them. Observed when one of them changed.",
)

JIRA_PROJECTS = _table(
    "jira_projects",
    kinds={"jira", "parquet"},
    description="Projects of the site that this account can see. Users choose which of them are tracked.",
)
JIRA_USERS = _table(
    "jira_users",
    kinds={"jira", "parquet"},
    description=(
        "Accounts of the site: all accounts if the list is readable, otherwise the accounts that "
        "appear in issues."
    ),
)
JIRA_SPRINTS = _table(
    "jira_sprints",
    kinds={"jira", "parquet"},
    description="Sprints with their states and dates. They can change without any issue changing.",
)
TEAM_MEMBERS = _table(
    "team_members",
    kinds={"csv"},
    deps=[TEAM_SOURCE],
    description="Members of the team, from the setting JIRA_ASSETS_TEAM or imported by "
    "`jira-assets team import`.",
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
    kinds={"duckdb"},
    freshness_policy=dg.FreshnessPolicy.time_window(
        warn_window=timedelta(hours=1), fail_window=timedelta(hours=3)
    ),
    description="Freshness and completeness of each tracked project. Updated at most every 15 minutes, and "
    "only while Jira answers. If this asset gets stale, syncs have stopped.",
)
PROJECT_SPECS = [RAW_JIRA_ISSUES, JIRA_ISSUES, JIRA_USER_MATCHES, JIRA_UNMATCHED_USERS]
_SOURCES = {
    "site.projects": JIRA_PROJECTS,
    "site.users": JIRA_USERS,
    "site.sprints": JIRA_SPRINTS,
    "site.pull_requests": PULL_REQUESTS_SOURCE,
    "given.tracked": JIRA_PROJECTS,
    "given.team_members": TEAM_MEMBERS,
    "given.sync_status": SYNC_STATUS,
    "given.metric_settings": TABLE_SETTINGS,
}
"""The asset behind each source of the models. What the lake derives for a project is made from raw issues."""


def published_tables() -> list[dg.AssetSpec]:
    """Return the published tables and views that are no assets of their own: each publish makes them.

    They are external assets, without events: one for each table and publish would grow the log of events.
    """
    made = [JIRA_PROJECTS, JIRA_USERS, JIRA_SPRINTS, TEAM_MEMBERS, SYNC_STATUS, *PROJECT_SPECS]
    own = {spec.key.to_user_string() for spec in made}
    return [
        _table(
            model.name,
            kinds={"duckdb", *({"view"} if model.kind == "view" else ())},
            deps=_upstream(model),
            description=f"{model.comment}.\n\nEach publish makes it. Its events are those of `warehouse`.",
        )
        for model in models().values()
        if model.name not in own
    ]


def _upstream(model: Model) -> list[str]:
    read = [_SOURCES[source] for source in model.sources if source in _SOURCES]
    if any(source.startswith("lake.") for source in model.sources):
        read.append(RAW_JIRA_ISSUES)
    return sorted({*model.needs, *(spec.key.to_user_string() for spec in read)})
