"""The tables of the warehouse and their columns, in the order in which they are built."""

from __future__ import annotations

from collections.abc import Mapping

from jira_assets.warehouse.metric_tables import METRIC_MACROS, METRIC_TABLES, PREPARATIONS

PUBLISHED_TABLES: Mapping[str, tuple[str, ...]] = {
    "jira_projects": (
        "project_id",
        "project_key",
        "name",
        "project_type",
        "style",
        "is_archived",
        "former_keys",
        "is_tracked",
        "story_points_field",
        "sprint_field",
    ),
    "jira_statuses": (
        "status_id",
        "status",
        "status_category",
        "project_id",
        "is_listed",
    ),
    "jira_sprints": (
        "sprint_id",
        "sprint_name",
        "state",
        "board_id",
        "goal",
        "started_at",
        "ended_at",
        "completed_at",
        "as_of",
        "source",
    ),
    "jira_issue_sprints": (
        "jira_id",
        "sprint_id",
        "sprint_name",
        "state",
        "board_id",
        "goal",
        "started_at",
        "ended_at",
        "completed_at",
        "is_current",
    ),
    "jira_issues": (
        "jira_id",
        "jira_key",
        "url",
        "project_id",
        "project_key",
        "summary",
        "issue_type",
        "issue_type_id",
        "hierarchy_level",
        "is_subtask",
        "parent_id",
        "parent_key",
        "status",
        "status_id",
        "status_category",
        "priority",
        "resolution",
        "resolution_id",
        "assignee_account_id",
        "assignee_id",
        "reporter_account_id",
        "creator_account_id",
        "story_points",
        "sprint_id",
        "sprint_name",
        "labels",
        "components",
        "fix_versions",
        "issue_created_at",
        "updated_at",
        "resolved_at",
        "due_date",
        "cycle_time_hours",
        "synced_at",
    ),
    "jira_issue_fields": (
        "jira_id",
        "field_id",
        "field_name",
        "value",
    ),
    "jira_issue_changes": (
        "jira_id",
        "change_id",
        "changed_at",
        "author_account_id",
        "field",
        "field_id",
        "from_value",
        "from_string",
        "to_value",
        "to_string",
    ),
    "jira_users": (
        "account_id",
        "display_name",
        "email",
        "account_type",
        "is_active",
        "time_zone",
    ),
    "jira_user_matches": (
        "project_key",
        "account_id",
        "display_name",
        "email",
        "member_id",
        "matched_by",
        "issues_assigned",
        "issues_reported",
    ),
    "jira_unmatched_users": (
        "project_key",
        "account_id",
        "display_name",
        "email",
        "account_type",
        "reason",
        "candidates",
        "suggestions",
        "suggested_because",
        "issues_assigned",
        "issues_reported",
        "last_seen_at",
    ),
    "jira_match_rates": (
        "project_id",
        "project_key",
        "accounts",
        "accounts_matched",
        "accounts_set_aside",
        "activity",
        "activity_matched",
        "match_rate",
        "issues_assigned",
        "issues_assigned_matched",
        "assignee_match_rate",
    ),
    "team_members": (
        "member_id",
        "display_name",
        "email",
        "jira_account_id",
        "matched_by",
    ),
    "issue_pull_requests": (
        "jira_id",
        "jira_key",
        "pull_request_id",
        "found_in",
        "mentioned_as",
    ),
    "pull_requests": (
        "pull_request_id",
        "repository",
        "number",
        "title",
        "branch",
        "url",
        "author",
        "state",
        "created_at",
        "merged_at",
        "closed_at",
        "issues",
        "unknown_keys",
    ),
    "jira_deleted_issues": (
        "jira_id",
        "jira_key",
        "project_key",
        "reason",
        "moved_to_key",
        "noticed_at",
    ),
    "sync_status": (
        "project_key",
        "project_id",
        "status",
        "last_sync_at",
        "last_success_at",
        "watermark",
        "issues",
        "issues_synced",
        "issues_created",
        "issues_updated",
        "issues_deleted",
        "errors",
        "last_error",
        "proved_complete_at",
        "missing_issues",
    ),
    "raw_jira_issues": (
        "jira_id",
        "jira_key",
        "project_key",
        "updated_at",
        "asked_at",
        "payload",
    ),
    **METRIC_TABLES,
    "pull_request_flow": (
        "jira_id",
        "jira_key",
        "project_id",
        "project_key",
        "issue_type",
        "delivered",
        "pull_requests",
        "first_pull_request_id",
        "started_at",
        "first_opened_at",
        "merged_at",
        "finished_at",
        "finished_on",
        "hours_to_first_pull_request",
        "hours_to_merge",
        "hours_to_finish",
        "is_in_order",
    ),
}
"""Each is made by the statement of its name under sql/publish/; a later one may read an earlier one."""

VIEWS = frozenset({"raw_jira_issues", "cycle_time_scatter"})
"""Those that hold nothing themselves."""

BUILT = (
    *(name for table in PUBLISHED_TABLES for name in (PREPARATIONS.get(table), table) if name),
    *METRIC_MACROS,
)
"""The statements under sql/publish/ that make the warehouse, in their order."""

OF_THE_SITE = (
    "jira_projects",
    "jira_statuses",
    "jira_sprints",
    "jira_users",
    "team_members",
    "sync_status",
    "metric_settings",
)
"""Small tables that are made from all projects every time."""

OF_ALL_PROJECTS = (
    "raw_jira_issues",
    "sprint_velocity",
    "sprint_burndown",
    "flow_times_weekly",
    "forecast_inputs",
)
"""Those that look at rows of all projects at once, in the order in which they are built."""

OF_PULL_REQUESTS = ("issue_pull_requests", "pull_requests", "pull_request_flow")
"""They look at all projects, too, and are empty where no setting names pull requests."""

_ODD_KEYS = {
    "jira_issue_sprints": "jira_id",
    "jira_issue_fields": "jira_id",
    "jira_issue_changes": "jira_id",
    "jira_user_matches": "project_key",
    "jira_unmatched_users": "project_key",
    "jira_deleted_issues": "project_key",
}
KEYS = {
    table: _ODD_KEYS.get(table, "project_id")
    for table in PUBLISHED_TABLES
    if table not in {*OF_THE_SITE, *OF_ALL_PROJECTS, *OF_PULL_REQUESTS, *VIEWS}
}
"""The others, and the column that tells to which project a row belongs."""
