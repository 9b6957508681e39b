"""The table of all settings: `jira-assets config` and the documentation are made from it."""

from __future__ import annotations

from dataclasses import dataclass

from jira_assets.setting_projects import UNDELIVERED_RESOLUTIONS
from jira_assets.setting_values import ValueKind

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
        "Folder of everything a user keeps.",
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
    Setting("jira_email", "JIRA_EMAIL", "E-mail of the account that the API token belongs to."),
    Setting("jira_api_token", "JIRA_API_TOKEN", "API token of that account.", secret=True, storable=False),
    Setting("jira_cloud_id", "JIRA_CLOUD_ID", "Cloud id of the site; needed for API tokens with scopes."),
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
        "Gateway of Atlassian's APIs.",
        "url",
        default="https://api.atlassian.com",
    ),
    Setting(
        "jira_auth_url",
        "JIRA_AUTH_URL",
        "Where OAuth tokens come from.",
        "url",
        default="https://auth.atlassian.com",
    ),
    Setting(
        "oauth_scopes",
        "JIRA_OAUTH_SCOPES",
        "Scopes that `connect` asks for, separated by commas; the app has to have them all.",
        "names",
        ",".join(OAUTH_SCOPES),
    ),
    Setting(
        "callback_port",
        "JIRA_OAUTH_CALLBACK_PORT",
        "Port of this machine to which the browser returns from Atlassian; the app registers it.",
        "port",
        "8765",
    ),
    Setting(
        "state_url",
        "JIRA_ASSETS_STATE_URL",
        "Database of decisions and outcomes; state.db in the home when not set.",
        "database",
        storable=False,
    ),
    Setting(
        "secret_key",
        "JIRA_ASSETS_SECRET_KEY",
        "Key that encrypts what `connect` keeps; several, the newest first, separated by commas. "
        "The file secret.key in the home when not set.",
        secret=True,
        storable=False,
    ),
    Setting("max_in_flight", "JIRA_ASSETS_MAX_IN_FLIGHT", "Requests open at once, 1 to 8.", "1-8", "8"),
    Setting(
        "look_back_minutes",
        "JIRA_ASSETS_LOOK_BACK_MINUTES",
        "How far before the last mark a sync asks again: Jira's search index lags.",
        "minutes",
        "2",
    ),
    Setting(
        "deep_look_back_minutes",
        "JIRA_ASSETS_DEEP_LOOK_BACK_MINUTES",
        "The same for the deeper look taken now and then.",
        "minutes",
        "60",
    ),
    Setting(
        "deep_look_every_minutes",
        "JIRA_ASSETS_DEEP_LOOK_EVERY_MINUTES",
        "How often that deeper look is taken.",
        "minutes",
        "15",
    ),
    Setting("memory_limit", "JIRA_ASSETS_MEMORY_LIMIT", "Memory that DuckDB may use.", "size", "180MB"),
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
        "Fields never asked for, separated by commas.",
        "names",
        "comment,worklog,attachment",
    ),
    Setting(
        "story_points_field",
        "JIRA_ASSETS_STORY_POINTS_FIELD",
        "Field of the story points, for the whole site: customfield_10016, say. Discovered when not set.",
    ),
    Setting(
        "sprint_field",
        "JIRA_ASSETS_SPRINT_FIELD",
        "Field of the sprints, for the whole site: customfield_10020, say. Discovered when not set.",
    ),
    Setting(
        "team",
        "JIRA_ASSETS_TEAM",
        "Where each sync reads the team: a file, file.duckdb#table, or a query (docs/people.md). "
        "The members imported by hand when not set.",
    ),
    Setting(
        "pull_requests",
        "JIRA_ASSETS_PULL_REQUESTS",
        "Where each sync reads pull requests: a file, file.duckdb#table, or a query (docs/pull-requests.md).",
    ),
    Setting(
        "parquet_mirror",
        "JIRA_ASSETS_PARQUET_MIRROR",
        "Whether the tables are also published as Parquet files, in warehouse/parquet.",
        "yes-no",
        "no",
    ),
    Setting(
        "parquet_mirror_minutes",
        "JIRA_ASSETS_PARQUET_MIRROR_MINUTES",
        "How long the Parquet files of a publish stay after the next publish.",
        "minutes",
        "15",
    ),
    Setting(
        "longest_age_minutes",
        "JIRA_ASSETS_LONGEST_AGE_MINUTES",
        "How long a project may go without a sync or a probe that succeeded.",
        "minutes",
        "60",
    ),
    Setting(
        "longest_unproven_days",
        "JIRA_ASSETS_LONGEST_UNPROVEN_DAYS",
        "How long a project may go without a proof that nothing is missing.",
        "count",
        "3",
    ),
    Setting(
        "points_per_hour",
        "JIRA_ASSETS_POINTS_PER_HOUR",
        "Points of Jira's API that all processes together may spend in an hour. When not set: 60000 with "
        "OAuth, no limit with an API token, which Jira does not meter.",
        "count",
    ),
    Setting(
        "reconcile_points_per_hour",
        "JIRA_ASSETS_RECONCILE_POINTS_PER_HOUR",
        "Of these, how many the nightly proofs may spend; about one an issue.",
        "count",
        "20000",
    ),
    Setting(
        "off_hours",
        "JIRA_ASSETS_OFF_HOURS",
        "The hours of the night, first to last, in which projects are proved complete.",
        "hours",
        "1-5",
    ),
    Setting(
        "time_zone",
        "JIRA_ASSETS_TIME_ZONE",
        "Time zone of the metrics' days and weeks, the off-hours and the schedules: Europe/Berlin, say.",
        "zone",
        "UTC",
    ),
    Setting(
        "refresh_cron",
        "JIRA_ASSETS_REFRESH_CRON",
        "When the site's projects, people and sprints are read again.",
        "cron",
        "30 0 * * *",
    ),
    Setting(
        "compact_cron",
        "JIRA_ASSETS_COMPACT_CRON",
        "When the raw files of the lake are merged into fewer.",
        "cron",
        "30 6 * * 0",
    ),
    Setting(
        "sync_cron",
        "JIRA_ASSETS_SYNC_CRON",
        "When the hourly schedule syncs, for those who prefer one to the sensor; it is off until turned on.",
        "cron",
        "0 * * * *",
    ),
    Setting(
        "hierarchy_levels",
        "JIRA_ASSETS_HIERARCHY_LEVELS",
        "Levels of the issues that metrics count: 0 standard, -1 sub-task, 1 epic. A project may have its "
        "own: 0; PAY: 0, 1.",
        "levels by project",
        "0",
    ),
    Setting(
        "undelivered_resolutions",
        "JIRA_ASSETS_UNDELIVERED_RESOLUTIONS",
        "Resolutions, by name or id, with which an issue is closed without being delivered. A project may "
        "have its own: Won't Do, Duplicate; PAY: Rejected.",
        "names by project",
        ",".join(UNDELIVERED_RESOLUTIONS),
    ),
    Setting(
        "active_statuses",
        "JIRA_ASSETS_ACTIVE_STATUSES",
        "Statuses in which somebody works on an issue, by name or id; flow efficiency needs them. A project "
        "may have its own: In Progress, In Review; PAY: Doing.",
        "names by project",
        "",
    ),
    Setting(
        "status_categories",
        "JIRA_ASSETS_STATUS_CATEGORIES",
        "Statuses, by name or id, that metrics put into another category than Jira does, or that Jira does "
        "not list any more: Ready for Release = done; PAY: Blocked = to do.",
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
        "Where the page's links to Dagster lead.",
        "url",
        "http://127.0.0.1:3000",
    ),
    Setting(
        "web_token",
        "JIRA_ASSETS_WEB_TOKEN",
        "What a person shows to the page; needed when it listens on more than this machine.",
        secret=True,
        storable=False,
    ),
    Setting(
        "web_hosts",
        "JIRA_ASSETS_WEB_HOSTS",
        "Names by which people reach the page, besides localhost, separated by commas.",
        "names",
        "",
        storable=False,
    ),
)
