"""Where every setting comes from: flags, then environment, then `.env`, then state, then the default."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jira_assets.errors import SettingsError
from jira_assets.settings.setting import Setting, Source
from jira_assets.settings.table import SETTINGS, Settings
from jira_assets.settings.values import (
    read_database_url,
    read_folder_url,
    read_lake,
    read_postgres_url,
    read_site,
    read_url,
)

__all__ = ["Settings", "load_settings", "read_dotenv"]

_BY_NAME = {setting.name: setting for setting in SETTINGS}
_ADDRESSES = (read_url, read_site, read_database_url, read_postgres_url, read_folder_url, read_lake)


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
    if settings.lake_url is not None:
        check_shared_lake(settings, settings.lake_url)
    if stored is None:
        stored = _read_stored(settings)
    by_env = {s.env: stored[s.name] for s in SETTINGS if s.storable and s.name in stored}
    return _build([*layers, ("state", by_env)]) if by_env else settings


def check_shared_lake(settings: Settings, address: str) -> None:
    """Raise `SettingsError` where hosts could share the files, and do not share what else they need."""
    lacking = {}
    if not settings.state_url.startswith("postgresql"):
        lacking["JIRA_ASSETS_STATE_URL"] = "postgresql+psycopg2://user:password@host/database"
    if settings.secret_key is None:
        lacking["JIRA_ASSETS_SECRET_KEY"] = "a key that every host has"  # noqa: S105 - not a key
    if lacking:
        needed = " and ".join(f"{name} to {value}" for name, value in lacking.items())
        raise SettingsError(
            f"JIRA_ASSETS_LAKE is {address}, but the state or the key is in the folder of "
            "this home, which other hosts do not have.",
            f"Set {needed}. docs/shared-lake.md has the steps.",
            name="lake_url",
        )


def _build(layers: list[tuple[Source, Mapping[str, str]]]) -> Settings:
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for setting in SETTINGS:
        source, text = _first_set(setting, layers)
        sources[setting.name] = source
        if text is not None:
            values[setting.name] = _read_value(setting, text, source)
    return Settings(**values, sources=MappingProxyType(sources))


def _first_set(setting: Setting, layers: list[tuple[Source, Mapping[str, str]]]) -> tuple[Source, str | None]:
    for source, layer in layers:
        # A variable that is set to nothing counts as not set: compose files and CI systems leave such behind.
        if text := layer.get(setting.env, "").strip():
            return source, text
    return "default", setting.default


def _read_value(setting: Setting, text: str, source: Source) -> Any:
    try:
        return setting.parse(text)
    except ValueError as error:
        # The reader's words never repeat the value; it is shown here only where it cannot hold a secret.
        shown = "" if setting.secret or setting.parse in _ADDRESSES else f" ({text!r})"
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
        return state.settings.all()
