"""The table of all settings: `jira-assets config` and the documentation are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from jira_assets.settings.per_project import UNDELIVERED_RESOLUTIONS
from jira_assets.settings.values import ValueKind

OAUTH_SCOPES = (
    "read:jira-work",
    "read:jira-user",
    "read:board-scope:jira-software",
    "read:board-scope.admin:jira-software",
    "read:sprint:jira-software",
    "read:project:jira",
    "offline_access",
)
"""Boards and sprints have granular scopes only; without them sprints are read from the issues."""


@dataclass(frozen=True)
class Setting:
    """One row of the table of settings."""

    name: str
    env: str
    description: str
    kind: ValueKind = "text"
    default: str | None = None
    secret: bool = False
    storable: bool = True
    """May stand in state; what is needed to find state, and what is secret, may not."""


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "home",
        "JIRA_ASSETS_HOME",
        "Home folder, which holds all data.",
        "path",
        "~/.jira-assets",
        storable=False,
    ),
    Setting(
        "jira_site_url",
        "JIRA_SITE_URL",
        "Address of the Jira site: https://acme.atlassian.net, or acme.",
        "site",
    ),
    Setting("jira_email", "JIRA_EMAIL", "E-mail address of the account that owns the API token."),
    Setting("jira_api_token", "JIRA_API_TOKEN", "API token of that account.", secret=True, storable=False),
    Setting("jira_cloud_id", "JIRA_CLOUD_ID", "Cloud id of the site. Required for API tokens with scopes."),
    Setting("jira_client_id", "JIRA_CLIENT_ID", "Client id of the OAuth app."),
    Setting(
        "jira_client_secret",
        "JIRA_CLIENT_SECRET",
        "Client secret of the OAuth app.",
        secret=True,
        storable=False,
    ),
    Setting(
        "jira_api_url",
        "JIRA_API_URL",
        "Address of Atlassian's API gateway.",
        "url",
        default="https://api.atlassian.com",
    ),
    Setting(
        "jira_auth_url",
        "JIRA_AUTH_URL",
        "Address of Atlassian's OAuth token service.",
        "url",
        default="https://auth.atlassian.com",
    ),
    Setting(
        "oauth_scopes",
        "JIRA_OAUTH_SCOPES",
        "Scopes that `connect` requests, separated by commas. The app must have all of them.",
        "names",
        ",".join(OAUTH_SCOPES),
    ),
    Setting(
        "callback_port",
        "JIRA_OAUTH_CALLBACK_PORT",
        "Port on this machine that the browser returns to after the consent. It must be registered "
        "in the app.",
        "port",
        "8765",
    ),
    Setting(
        "state_url",
        "JIRA_ASSETS_STATE_URL",
        "Database for decisions and outcomes. When not set: state.db in the home.",
        "database",
        storable=False,
    ),
    Setting(
        "secret_key",
        "JIRA_ASSETS_SECRET_KEY",
        "Key that encrypts the stored credential. Several keys are separated by commas, newest "
        "first. When not set: the file secret.key in the home.",
        secret=True,
        storable=False,
    ),
    Setting(
        "max_in_flight",
        "JIRA_ASSETS_MAX_IN_FLIGHT",
        "Maximum number of concurrent requests, 1 to 8.",
        "1-8",
        "8",
    ),
    Setting(
        "look_back_minutes",
        "JIRA_ASSETS_LOOK_BACK_MINUTES",
        "Overlap in minutes: how far before the last mark a sync searches, because Jira's search index lags.",
        "minutes",
        "2",
    ),
    Setting(
        "deep_look_back_minutes",
        "JIRA_ASSETS_DEEP_LOOK_BACK_MINUTES",
        "Overlap of the deeper search that runs from time to time.",
        "minutes",
        "60",
    ),
    Setting(
        "deep_look_every_minutes",
        "JIRA_ASSETS_DEEP_LOOK_EVERY_MINUTES",
        "Interval of the deeper search.",
        "minutes",
        "15",
    ),
    Setting(
        "memory_limit",
        "JIRA_ASSETS_MEMORY_LIMIT",
        "Memory limit of DuckDB. When not set: a quarter of the memory that this machine or container may "
        "use, at least 180MB and at most 300MB. Work that exceeds it is repeated with one thread and, when "
        "not set, up to half of the memory.",
        "size",
    ),
    Setting(
        "extra_fields",
        "JIRA_ASSETS_EXTRA_FIELDS",
        "Fields that become columns of jira_issues, by id or name, separated by commas.",
        "names",
        "",
    ),
    Setting(
        "excluded_fields",
        "JIRA_ASSETS_EXCLUDED_FIELDS",
        "Fields that are never requested, separated by commas.",
        "names",
        "comment,worklog,attachment",
    ),
    Setting(
        "story_points_field",
        "JIRA_ASSETS_STORY_POINTS_FIELD",
        "Story-point field for the whole site, such as customfield_10016. Discovered when not set.",
    ),
    Setting(
        "sprint_field",
        "JIRA_ASSETS_SPRINT_FIELD",
        "Sprint field for the whole site, such as customfield_10020. Discovered when not set.",
    ),
    Setting(
        "team",
        "JIRA_ASSETS_TEAM",
        "Source from which each sync reads the team: a file, file.duckdb#table, or a query "
        "(docs/people.md). When not set: the imported members.",
    ),
    Setting(
        "pull_requests",
        "JIRA_ASSETS_PULL_REQUESTS",
        "Source from which each sync reads pull requests: a file, file.duckdb#table, or a query "
        "(docs/pull-requests.md).",
    ),
    Setting(
        "parquet_mirror",
        "JIRA_ASSETS_PARQUET_MIRROR",
        "Whether to publish the tables also as Parquet files, in warehouse/parquet.",
        "yes-no",
        "no",
    ),
    Setting(
        "parquet_mirror_minutes",
        "JIRA_ASSETS_PARQUET_MIRROR_MINUTES",
        "How long the Parquet files of a publish are kept after the next publish.",
        "minutes",
        "15",
    ),
    Setting(
        "longest_age_minutes",
        "JIRA_ASSETS_LONGEST_AGE_MINUTES",
        "Maximum time of a project without a successful sync or probe.",
        "minutes",
        "60",
    ),
    Setting(
        "sensor_run_minutes",
        "JIRA_ASSETS_SENSOR_RUN_MINUTES",
        "Time in which a run of the sensor begins to read issues. A longer read, such as the first of a "
        "large project, is continued by the next run, so that the other projects stay fresh.",
        "minutes",
        "5",
    ),
    Setting(
        "longest_unproven_days",
        "JIRA_ASSETS_LONGEST_UNPROVEN_DAYS",
        "Maximum time of a project without a proof that no issue is missing.",
        "count",
        "3",
    ),
    Setting(
        "points_per_hour",
        "JIRA_ASSETS_POINTS_PER_HOUR",
        "Budget of Jira API points per hour for all processes together. When not set: 60000 with "
        "OAuth, no limit with an API token, which Jira does not meter.",
        "count",
    ),
    Setting(
        "reconcile_points_per_hour",
        "JIRA_ASSETS_RECONCILE_POINTS_PER_HOUR",
        "Part of that budget for the nightly proofs. A proof costs about one point per issue.",
        "count",
        "20000",
    ),
    Setting(
        "off_hours",
        "JIRA_ASSETS_OFF_HOURS",
        "Hours of the night, first to last, in which the nightly proofs run.",
        "hours",
        "1-5",
    ),
    Setting(
        "time_zone",
        "JIRA_ASSETS_TIME_ZONE",
        "Time zone of days and weeks in metrics, of the off-hours and of the schedules, such as "
        "Europe/Berlin.",
        "zone",
        "UTC",
    ),
    Setting(
        "refresh_cron",
        "JIRA_ASSETS_REFRESH_CRON",
        "When the site's projects, people and sprints are reloaded.",
        "cron",
        "30 0 * * *",
    ),
    Setting(
        "compact_cron",
        "JIRA_ASSETS_COMPACT_CRON",
        "When the raw files of the lake are compacted.",
        "cron",
        "30 6 * * 0",
    ),
    Setting(
        "sync_cron",
        "JIRA_ASSETS_SYNC_CRON",
        "When the hourly schedule syncs. It is an alternative to the sensor and off by default.",
        "cron",
        "0 * * * *",
    ),
    Setting(
        "hierarchy_levels",
        "JIRA_ASSETS_HIERARCHY_LEVELS",
        "Hierarchy levels of issues that metrics count: 0 standard, -1 sub-task, 1 epic. Can "
        "differ by project: 0; PAY: 0, 1.",
        "levels by project",
        "0",
    ),
    Setting(
        "undelivered_resolutions",
        "JIRA_ASSETS_UNDELIVERED_RESOLUTIONS",
        "Resolutions, by name or id, of issues that were closed without being delivered. Can "
        "differ by project: Won't Do, Duplicate; PAY: Rejected.",
        "names by project",
        ",".join(UNDELIVERED_RESOLUTIONS),
    ),
    Setting(
        "active_statuses",
        "JIRA_ASSETS_ACTIVE_STATUSES",
        "Statuses, by name or id, in which an issue is actively worked on. Required for flow "
        "efficiency. Can differ by project: In Progress, In Review; PAY: Doing.",
        "names by project",
        "",
    ),
    Setting(
        "status_categories",
        "JIRA_ASSETS_STATUS_CATEGORIES",
        "Status categories for metrics that override Jira's, by name or id of the status. Also for "
        "statuses that Jira no longer lists: Ready for Release = done; PAY: Blocked = to do.",
        "categories by project",
        "",
    ),
    Setting(
        "alert_urls",
        "JIRA_ASSETS_ALERT_URLS",
        "Where alerts are sent: URLs of apprise, separated by commas or spaces (docs/operations.md). "
        "Needs the extra `alerts`.",
        "alert URLs",
        "",
        secret=True,
        storable=False,
    ),
    Setting(
        "alert_after_minutes",
        "JIRA_ASSETS_ALERT_AFTER_MINUTES",
        "How long a problem has to last before an alert is sent, and be over before its end is reported.",
        "minutes",
        "10",
    ),
    Setting(
        "dagster_url",
        "JIRA_ASSETS_DAGSTER_URL",
        "Address of Dagster's UI for links on the page.",
        "url",
        "http://127.0.0.1:3000",
    ),
    Setting(
        "web_token",
        "JIRA_ASSETS_WEB_TOKEN",
        "Access token of the page. Required when the page listens on other addresses than this machine's.",
        secret=True,
        storable=False,
    ),
    Setting(
        "web_hosts",
        "JIRA_ASSETS_WEB_HOSTS",
        "Host names of the page besides localhost, separated by commas.",
        "names",
        "",
        storable=False,
    ),
)
