"""Where every setting comes from: flags, then environment, then `.env`, then state, then the default."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from jira_assets.errors import SettingsError
from jira_assets.memory import default_memory_limit
from jira_assets.settings.per_project import UNDELIVERED_RESOLUTIONS, ByProject
from jira_assets.settings.table import OAUTH_SCOPES, SETTINGS, Setting
from jira_assets.settings.values import VALUE_READERS, mask_alert_url, mask_password, mask_secret

Source = Literal["flag", "environment", ".env", "state", "default"]


_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True)
class ShownSetting:
    """A setting as a person may see it: secrets are cut to their last four characters."""

    name: str
    env: str
    value: str
    source: str
    description: str


@dataclass(frozen=True)
class Settings:
    """The settings in force; `sources` tells where each value came from."""

    home: Path
    state_url: str = field(repr=False)
    jira_site_url: str | None = None
    jira_email: str | None = None
    jira_api_token: str | None = field(default=None, repr=False)
    jira_cloud_id: str | None = None
    jira_client_id: str | None = None
    jira_client_secret: str | None = field(default=None, repr=False)
    jira_api_url: str = "https://api.atlassian.com"
    jira_auth_url: str = "https://auth.atlassian.com"
    oauth_scopes: tuple[str, ...] = OAUTH_SCOPES
    callback_port: int = 8765
    secret_key: str | None = field(default=None, repr=False)
    max_in_flight: int = 8
    look_back_minutes: int = 2
    deep_look_back_minutes: int = 60
    deep_look_every_minutes: int = 15
    memory_limit: str | None = None
    extra_fields: tuple[str, ...] = ()
    excluded_fields: tuple[str, ...] = ("comment", "worklog", "attachment")
    story_points_field: str | None = None
    sprint_field: str | None = None
    team: str | None = None
    pull_requests: str | None = None
    parquet_mirror: bool = False
    parquet_mirror_minutes: int = 15
    longest_age_minutes: int = 60
    sensor_run_minutes: int = 5
    longest_unproven_days: int = 3
    points_per_hour: int | None = None
    reconcile_points_per_hour: int = 20_000
    off_hours: str = "1-5"
    time_zone: str = "UTC"
    refresh_cron: str = "30 0 * * *"
    compact_cron: str = "30 6 * * 0"
    sync_cron: str = "0 * * * *"
    hierarchy_levels: ByProject[int] = field(default_factory=lambda: ByProject((0,)))
    undelivered_resolutions: ByProject[str] = field(
        default_factory=lambda: ByProject(UNDELIVERED_RESOLUTIONS)
    )
    active_statuses: ByProject[str] = field(default_factory=ByProject)
    status_categories: ByProject[tuple[str, str]] = field(default_factory=ByProject)
    alert_urls: tuple[str, ...] = field(default=(), repr=False)
    alert_after_minutes: int = 10
    dagster_url: str = "http://127.0.0.1:3000"
    web_token: str | None = field(default=None, repr=False)
    web_hosts: tuple[str, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}), repr=False)

    @property
    def lake_dir(self) -> Path:
        """The folder of the Parquet files that runs write."""
        return self.home / "lake"

    @property
    def warehouse_dir(self) -> Path:
        """The folder of the published DuckDB files."""
        return self.home / "warehouse"

    @property
    def warehouse_file(self) -> Path:
        """The link that always names the newest published DuckDB file."""
        return self.warehouse_dir / "jira.duckdb"

    @property
    def dagster_dir(self) -> Path:
        """The folder that DAGSTER_HOME points to."""
        return self.home / "dagster"

    @property
    def run_locks_dir(self) -> Path:
        """The folder of the locks that show which Dagster runs are alive."""
        return self.home / "run_locks"

    @property
    def state_path(self) -> Path:
        """The SQLite file of the state, unless `state_url` names another database."""
        return self.home / "state.db"

    @property
    def secret_key_file(self) -> Path:
        """The file of the key that encrypts credentials, unless `secret_key` is set."""
        return self.home / "secret.key"

    def source(self, name: str) -> Source:
        """Tell where the value of a setting came from."""
        return self.sources.get(name, "default")

    def describe(self) -> list[ShownSetting]:
        """List every setting with its value, secrets masked, and its source."""
        return [
            ShownSetting(
                setting.name,
                setting.env,
                _shown(setting, getattr(self, setting.name)),
                self.source(setting.name),
                setting.description,
            )
            for setting in SETTINGS
        ]


def load_settings(
    overrides: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = Path(".env"),
    stored: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings in force.

    `overrides` are the flags by setting name; `environ` is the process's own unless given; `dotenv` is
    `.env` in the working folder unless given (None: no such file). `stored` are the settings kept in state;
    when None they are read from there, if there is a state yet.

    Raises `SettingsError` naming the variable, its source, what is wrong with it and what to do.
    """
    environ = os.environ if environ is None else environ
    layers: list[tuple[Source, Mapping[str, str]]] = [
        ("flag", {_known(name).env: value for name, value in (overrides or {}).items()}),
        ("environment", environ),
        (".env", read_dotenv(dotenv) if dotenv else {}),
    ]
    settings = _build(layers)
    if stored is None:
        stored = _read_stored(settings)
    by_env = {s.env: stored[s.name] for s in SETTINGS if s.storable and s.name in stored}
    return _build([*layers, ("state", by_env)]) if by_env else settings


def _build(layers: list[tuple[Source, Mapping[str, str]]]) -> Settings:
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for setting in SETTINGS:
        source, text = _first_set(setting, layers)
        sources[setting.name] = source
        if text is not None:
            values[setting.name] = _read_value(setting, text, source)
    values.setdefault("state_url", f"sqlite:///{values['home'] / 'state.db'}")
    return Settings(**values, sources=MappingProxyType(sources))


def _first_set(setting: Setting, layers: list[tuple[Source, Mapping[str, str]]]) -> tuple[Source, str | None]:
    for source, layer in layers:
        # A variable that is set to nothing counts as not set: compose files and CI systems leave such behind.
        if text := layer.get(setting.env, "").strip():
            return source, text
    return "default", setting.default


def _read_value(setting: Setting, text: str, source: Source) -> Any:
    try:
        return VALUE_READERS[setting.kind](text)
    except ValueError as error:
        # The reader's words never repeat the value; it is shown here only where it cannot hold a secret.
        shown = "" if setting.secret or setting.kind in ("url", "site", "database") else f" ({text!r})"
        raise SettingsError(
            f"{setting.env}{shown}, from {_place(source)}, {error}.",
            f"{_again(setting, source)} {setting.description}",
            name=setting.name,
            source=source,
        ) from None


def _again(setting: Setting, source: Source) -> str:
    return "Correct it there." if source == "flag" else f"Set {setting.env} again."


def _place(source: Source) -> str:
    places = {
        "flag": "the command line",
        "environment": "the environment",
        ".env": "the file .env",
        "state": "the state",
    }
    return places.get(source, "its default")


def _known(name: str) -> Setting:
    if name not in _BY_NAME:
        raise SettingsError(f"There is no setting {name}.", "`jira-assets config` lists all settings.")
    return _BY_NAME[name]


def read_dotenv(path: Path) -> dict[str, str]:
    """Read the names and values of such a file; raises `SettingsError` naming a line that is none."""
    if not path.is_file():
        return {}
    # Dagster reads .env with the same parser; a second set of quoting rules would disagree with it one day.
    from dotenv.parser import parse_stream

    values: dict[str, str] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{path.absolute()} is not UTF-8 text.", "Save it as UTF-8.") from None
    with io.StringIO(text) as lines:
        for binding in parse_stream(lines):
            if binding.error:
                raise SettingsError(
                    f"{path.absolute()}, line {binding.original.line}, does not have the format NAME=value.",
                    "Correct or remove that line.",
                )
            if binding.key and binding.value is not None:
                values[binding.key] = binding.value
    return values


def _read_stored(settings: Settings) -> Mapping[str, str]:
    if settings.source("state_url") == "default":
        from jira_assets.state.stored_settings import read_site_settings

        return read_site_settings(settings.state_path) if settings.state_path.is_file() else {}
    from jira_assets.state import State  # late: it imports SQLAlchemy

    with State.open(settings.state_url) as state:
        return state.site_settings()


def _shown(setting: Setting, value: Any) -> str:
    if value is None:
        return default_memory_limit() if setting.name == "memory_limit" else ""
    if setting.kind == "alert URLs":
        return ",".join(map(mask_alert_url, value))
    if setting.secret:
        return mask_secret(value)
    if setting.kind == "database":
        return mask_password(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) if isinstance(value, tuple) else str(value)
