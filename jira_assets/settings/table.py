"""The table of all settings: each is one field, from which loading, `config` and the documentation follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from jira_assets.memory import default_memory_limit
from jira_assets.settings import values
from jira_assets.settings.paths import HomePaths
from jira_assets.settings.per_project import (
    UNDELIVERED_RESOLUTIONS,
    ByProject,
    read_bodies_by_project,
    read_categories_by_project,
    read_entities_by_project,
    read_levels_by_project,
    read_names_by_project,
)
from jira_assets.settings.setting import ShownSetting, Source, declared_settings, setting


@dataclass(frozen=True)
class Settings(HomePaths):
    """The settings in force; `sources` has the origin of each value."""

    home: Path = setting(
        "JIRA_ASSETS_HOME",
        "Home folder, which holds all data.",
        values.read_path,
        default="~/.jira-assets",
        storable=False,
    )
    jira_site_url: str | None = setting(
        "JIRA_SITE_URL",
        "Address of the Jira site: https://acme.atlassian.net, or acme.",
        values.read_site,
    )
    jira_email: str | None = setting(
        "JIRA_EMAIL",
        "E-mail address of the account that owns the API token. That of a service account may need none.",
        values.read_email,
    )
    jira_api_token: str | None = setting(
        "JIRA_API_TOKEN",
        "API token of that account.",
        values.read_text,
        secret=True,
        storable=False,
    )
    jira_cloud_id: str | None = setting(
        "JIRA_CLOUD_ID",
        "Cloud id of the site. Required for API tokens with scopes and for those of service accounts.",
        values.read_text,
    )
    jira_client_id: str | None = setting(
        "JIRA_CLIENT_ID",
        "Client id of the OAuth app, or of the service account.",
        values.read_text,
    )
    jira_client_secret: str | None = setting(
        "JIRA_CLIENT_SECRET",
        "Client secret of the OAuth app, or of the service account.",
        values.read_text,
        secret=True,
        storable=False,
    )
    jira_api_url: str = setting(
        "JIRA_API_URL",
        "Address of Atlassian's API gateway.",
        values.read_url,
        default="https://api.atlassian.com",
    )
    jira_auth_url: str = setting(
        "JIRA_AUTH_URL",
        "Address of Atlassian's OAuth token service.",
        values.read_url,
        default="https://auth.atlassian.com",
    )
    oauth_scopes: tuple[str, ...] = setting(
        "JIRA_OAUTH_SCOPES",
        "Scopes that `connect` requests, separated by commas. The app must have all of them.",
        values.read_names,
        # Boards and sprints have granular scopes only; without them sprints are read from the issues.
        default="read:jira-work,read:jira-user,read:board-scope:jira-software,"
        "read:board-scope.admin:jira-software,read:sprint:jira-software,read:project:jira,offline_access",
    )
    callback_port: int = setting(
        "JIRA_OAUTH_CALLBACK_PORT",
        "Port on this machine that the browser returns to after the consent. It must be registered "
        "in the app.",
        values.read_port,
        default="8765",
    )
    state_url: str = setting(
        "JIRA_ASSETS_STATE_URL",
        "Database for decisions and outcomes. When not set: state.db in the home.",
        values.read_database_url,
        mask=values.mask_password,
        storable=False,
    )
    lake_url: str | None = setting(
        "JIRA_ASSETS_LAKE",
        "Store for the files of the lake, which several hosts share: s3://bucket/prefix, gs://bucket/prefix "
        "or az://container/prefix (docs/shared-lake.md). Needs the extra `shared`. When not set: the folder "
        "lake in the home.",
        values.read_lake,
        storable=False,
    )
    lake_cache: str = setting(
        "JIRA_ASSETS_LAKE_CACHE",
        "Disk space for copies of files of that store, in the folder lake-cache of the home.",
        values.read_size,
        default="10GB",
    )
    lake_delta: bool = setting(
        "JIRA_ASSETS_LAKE_DELTA",
        "Whether other engines can read the raw files of the lake, where they are, as the Delta table raw "
        "(docs/targets.md). Needs the extra `delta`.",
        values.read_yes_no,
        default="no",
    )
    secret_key: str | None = setting(
        "JIRA_ASSETS_SECRET_KEY",
        "Key that encrypts the stored credential. Several keys are separated by commas, newest "
        "first. When not set: the file secret.key in the home.",
        values.read_text,
        secret=True,
        storable=False,
    )
    max_in_flight: int = setting(
        "JIRA_ASSETS_MAX_IN_FLIGHT",
        "Maximum number of concurrent requests to a site, of all processes together, 1 to 8.",
        values.read_requests,
        default="8",
    )
    look_back_minutes: int = setting(
        "JIRA_ASSETS_LOOK_BACK_MINUTES",
        "Overlap in minutes: how far before the last mark a sync searches, because Jira's search index lags.",
        values.read_minutes,
        default="2",
        unit="minutes",
    )
    deep_look_back_minutes: int = setting(
        "JIRA_ASSETS_DEEP_LOOK_BACK_MINUTES",
        "Overlap of the deeper search that runs from time to time.",
        values.read_minutes,
        default="60",
        unit="minutes",
    )
    deep_look_every_minutes: int = setting(
        "JIRA_ASSETS_DEEP_LOOK_EVERY_MINUTES",
        "Interval of the deeper search.",
        values.read_minutes,
        default="15",
        unit="minutes",
    )
    memory_limit: str | None = setting(
        "JIRA_ASSETS_MEMORY_LIMIT",
        "Memory limit of DuckDB. When not set: a quarter of the memory that this machine or container may "
        "use, at least 180MB and at most 260MB. Work that exceeds it is repeated with one thread and, when "
        "not set, up to half of the memory.",
        values.read_size,
        when_unset=default_memory_limit,
    )
    extra_fields: tuple[str, ...] = setting(
        "JIRA_ASSETS_EXTRA_FIELDS",
        "Fields that become columns of jira_issues, by id or name, separated by commas.",
        values.read_names,
        default="",
    )
    excluded_fields: tuple[str, ...] = setting(
        "JIRA_ASSETS_EXCLUDED_FIELDS",
        "Fields that are never requested, separated by commas.",
        values.read_names,
        default="comment,worklog,attachment",
    )
    entities: ByProject[str] = setting(
        "JIRA_ASSETS_ENTITIES",
        "What is read beside the issues: comments, worklogs, attachments (without their content), "
        "remote_links. Nothing when not set. Can differ by project: comments, worklogs; PAY: comments.",
        read_entities_by_project,
        default="",
    )
    entity_bodies: ByProject[str] = setting(
        "JIRA_ASSETS_ENTITY_BODIES",
        "Of which of them the text is kept as well: comments, worklogs. Such texts may contain personal "
        "data. Can differ by project.",
        read_bodies_by_project,
        default="",
    )
    story_points_field: str | None = setting(
        "JIRA_ASSETS_STORY_POINTS_FIELD",
        "Story-point field for the whole site, such as customfield_10016. Discovered when not set.",
        values.read_text,
    )
    sprint_field: str | None = setting(
        "JIRA_ASSETS_SPRINT_FIELD",
        "Sprint field for the whole site, such as customfield_10020. Discovered when not set.",
        values.read_text,
    )
    team_field: str | None = setting(
        "JIRA_ASSETS_TEAM_FIELD",
        "Field with the team of an issue for the whole site, such as customfield_10001. When not set: "
        "Atlassian's Team field, if the site has it.",
        values.read_text,
    )
    team_from: str = setting(
        "JIRA_ASSETS_TEAM_FROM",
        "Which team comes first as the team of an issue: jira (the Team field) or assignee (the team of the "
        "assignee). Where that one is empty, the other one applies.",
        values.read_team_source,
        default="jira",
    )
    team: str | None = setting(
        "JIRA_ASSETS_TEAM",
        "Source from which each sync reads the team: a file, file.duckdb#table, or a query "
        "(docs/people.md). When not set: the imported members.",
        values.read_text,
    )
    pull_requests: str | None = setting(
        "JIRA_ASSETS_PULL_REQUESTS",
        "Source from which each sync reads pull requests: a file, file.duckdb#table, or a query "
        "(docs/pull-requests.md).",
        values.read_text,
    )
    parquet_mirror: bool = setting(
        "JIRA_ASSETS_PARQUET_MIRROR",
        "Whether to publish the tables also as Parquet files, in warehouse/parquet.",
        values.read_yes_no,
        default="no",
    )
    parquet_mirror_minutes: int = setting(
        "JIRA_ASSETS_PARQUET_MIRROR_MINUTES",
        "How long the Parquet files of a publish are kept after the next publish.",
        values.read_minutes,
        default="15",
        unit="minutes",
    )
    publish: tuple[str, ...] = setting(
        "JIRA_ASSETS_PUBLISH",
        "Where the tables are published, separated by commas: duckdb, from which the others are filled and "
        "which is always there, postgres, and delta (docs/targets.md). none: syncs of this host publish "
        "nothing, since others do (docs/shared-lake.md).",
        values.read_targets,
        default="duckdb",
    )
    publish_postgres_url: str | None = setting(
        "JIRA_ASSETS_PUBLISH_POSTGRES_URL",
        "Database of the target postgres: postgresql://user:password@host/database. When not set: that of "
        "JIRA_ASSETS_STATE_URL, if it is PostgreSQL.",
        values.read_postgres_url,
        mask=values.mask_password,
        secret=True,
        storable=False,
    )
    publish_postgres_schema: str = setting(
        "JIRA_ASSETS_PUBLISH_POSTGRES_SCHEMA",
        "Schema of the target postgres. Homes that share a database need one each.",
        values.read_schema,
        default="jira",
    )
    publish_delta_url: str | None = setting(
        "JIRA_ASSETS_PUBLISH_DELTA_URL",
        "Where the target delta keeps its tables: a folder, s3://bucket/path, gs://bucket/path or "
        "az://container/path. Homes need one each. Credentials: the environment variables of the cloud.",
        values.read_folder_url,
    )
    publish_delta_days: int = setting(
        "JIRA_ASSETS_PUBLISH_DELTA_DAYS",
        "How long files of former publishes are kept for readers of the target delta.",
        values.read_days,
        default="7",
        unit="days",
    )
    longest_age_minutes: int = setting(
        "JIRA_ASSETS_LONGEST_AGE_MINUTES",
        "Maximum time of a project without a successful sync or probe.",
        values.read_minutes,
        default="60",
        unit="minutes",
    )
    sensor_run_minutes: int = setting(
        "JIRA_ASSETS_SENSOR_RUN_MINUTES",
        "Time in which a run of the sensor begins to read issues. A longer read, such as the first of a "
        "large project, is continued by the next run, so that the other projects stay fresh.",
        values.read_minutes,
        default="5",
        unit="minutes",
    )
    longest_unproven_days: int = setting(
        "JIRA_ASSETS_LONGEST_UNPROVEN_DAYS",
        "Maximum time of a project without a proof that no issue is missing.",
        values.read_count,
        default="3",
        unit="days",
    )
    points_per_hour: int | None = setting(
        "JIRA_ASSETS_POINTS_PER_HOUR",
        "Budget of Jira API points per hour for all processes together. When not set: 60000 with "
        "OAuth, no limit with an API token, which Jira does not meter.",
        values.read_count,
        unit="points",
    )
    reconcile_points_per_hour: int = setting(
        "JIRA_ASSETS_RECONCILE_POINTS_PER_HOUR",
        "Part of that budget for the nightly proofs. A proof costs about one point per issue.",
        values.read_count,
        default="20000",
        unit="points",
    )
    off_hours: str = setting(
        "JIRA_ASSETS_OFF_HOURS",
        "Hours of the night, first to last, in which the nightly proofs run.",
        values.read_hours,
        default="1-5",
    )
    time_zone: str = setting(
        "JIRA_ASSETS_TIME_ZONE",
        "Time zone of days and weeks in metrics, of the off-hours and of the schedules, such as "
        "Europe/Berlin.",
        values.read_zone,
        default="UTC",
    )
    refresh_cron: str = setting(
        "JIRA_ASSETS_REFRESH_CRON",
        "When the site's projects, people and sprints are reloaded.",
        values.read_cron,
        default="30 0 * * *",
    )
    compact_cron: str = setting(
        "JIRA_ASSETS_COMPACT_CRON",
        "When the raw files of the lake are compacted.",
        values.read_cron,
        default="30 6 * * 0",
    )
    sync_cron: str = setting(
        "JIRA_ASSETS_SYNC_CRON",
        "When the hourly schedule syncs. It is an alternative to the sensor and off by default.",
        values.read_cron,
        default="0 * * * *",
    )
    hierarchy_levels: ByProject[int] = setting(
        "JIRA_ASSETS_HIERARCHY_LEVELS",
        "Hierarchy levels of issues that metrics count: 0 standard, -1 sub-task, 1 epic. Can "
        "differ by project: 0; PAY: 0, 1.",
        read_levels_by_project,
        default="0",
    )
    undelivered_resolutions: ByProject[str] = setting(
        "JIRA_ASSETS_UNDELIVERED_RESOLUTIONS",
        "Resolutions, by name or id, of issues that were closed without being delivered. Can "
        "differ by project: Won't Do, Duplicate; PAY: Rejected.",
        read_names_by_project,
        default=",".join(UNDELIVERED_RESOLUTIONS),
    )
    active_statuses: ByProject[str] = setting(
        "JIRA_ASSETS_ACTIVE_STATUSES",
        "Statuses, by name or id, in which an issue is actively worked on. Required for flow "
        "efficiency. Can differ by project: In Progress, In Review; PAY: Doing.",
        read_names_by_project,
        default="",
    )
    blocked_statuses: ByProject[str] = setting(
        "JIRA_ASSETS_BLOCKED_STATUSES",
        "Statuses, by name or id, in which an issue is blocked: rows of issue_block_spans, beside flags and "
        "links. Can differ by project: Blocked, On Hold; PAY: Waiting for bank.",
        read_names_by_project,
        default="",
    )
    status_categories: ByProject[tuple[str, str]] = setting(
        "JIRA_ASSETS_STATUS_CATEGORIES",
        "Status categories for metrics that override Jira's, by name or id of the status. Also for "
        "statuses that Jira no longer lists: Ready for Release = done; PAY: Blocked = to do.",
        read_categories_by_project,
        default="",
    )
    alert_urls: tuple[str, ...] = setting(
        "JIRA_ASSETS_ALERT_URLS",
        "Where alerts are sent: URLs of apprise, separated by commas or spaces (docs/operations.md). "
        "Needs the extra `alerts`.",
        values.read_alert_urls,
        default="",
        mask=values.mask_alert_urls,
        secret=True,
        storable=False,
    )
    alert_after_minutes: int = setting(
        "JIRA_ASSETS_ALERT_AFTER_MINUTES",
        "How long a problem has to last before an alert is sent, and be over before its end is reported.",
        values.read_minutes,
        default="10",
        unit="minutes",
    )
    dagster_url: str = setting(
        "JIRA_ASSETS_DAGSTER_URL",
        "Address of Dagster's UI for links on the page.",
        values.read_url,
        default="http://127.0.0.1:3000",
    )
    web_token: str | None = setting(
        "JIRA_ASSETS_WEB_TOKEN",
        "Access token of the page. Required when the page listens on other addresses than this machine's.",
        values.read_text,
        secret=True,
        storable=False,
    )
    web_hosts: tuple[str, ...] = setting(
        "JIRA_ASSETS_WEB_HOSTS",
        "Host names of the page besides localhost, separated by commas.",
        values.read_names,
        default="",
        storable=False,
    )
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    def __post_init__(self) -> None:
        if self.state_url is None:
            object.__setattr__(self, "state_url", f"sqlite:///{self.state_path}")

    def source(self, name: str) -> Source:
        """Return where the value of a setting came from."""
        return self.sources.get(name, "default")

    def describe(self) -> list[ShownSetting]:
        """Return every setting with its value, secrets masked, and its source."""
        return [
            ShownSetting(
                each.name,
                each.env,
                each.show(getattr(self, each.name)),
                self.source(each.name),
                each.description,
            )
            for each in SETTINGS
        ]


SETTINGS = declared_settings(Settings)
