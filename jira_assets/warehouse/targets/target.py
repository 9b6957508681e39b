"""What a target is: a place outside of this home that shows the published tables.

A target is filled from the published DuckDB file alone, so all targets show the same publish. It keeps there
what it shows of it, so nothing is lost when a home is restored or another process publishes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from jira_assets.settings.load import Settings
from jira_assets.settings.values import mask_password


@dataclass(frozen=True)
class Shown:
    """What a target shows: the time of the publish, and how many values it holds in another form.

    After a publish also the stamp of the file, and how many rows were written.
    """

    published_at: datetime
    changed_values: int = 0
    stamp: str = ""
    written: int = 0


class Target(Protocol):
    """A place that shows the published tables."""

    @property
    def name(self) -> str:
        """Its name in `JIRA_ASSETS_PUBLISH`."""

    @property
    def place(self) -> str:
        """Where it is, without secrets."""

    def publish(self, warehouse_file: Path, *, force: bool = False, memory_limit: str | None = None) -> Shown:
        """Show what the file has: all of it with `force`, otherwise what differs. Readers see all or nothing.

        Raises `TargetError`, and then the target shows what it showed before.
        """

    def shown(self) -> Shown | None:
        """Ask the target what it shows; None: nothing. Raises `TargetError`."""


def target_names(settings: Settings) -> list[str]:
    """Return the targets that the settings name, besides the DuckDB file."""
    return [name for name in settings.publish if name in _KINDS]


def open_target(name: str, settings: Settings) -> Target:
    """Return a target by its name. Raises `TargetError` when it lacks a setting."""
    return _KINDS[name].open(settings)


def place_of(name: str, settings: Settings) -> str:
    """Return where a target is, without secrets and without loading what it needs."""
    return _KINDS[name].place(settings)


def what_stays(name: str, settings: Settings) -> str:
    """Say until when a target has what it no longer shows."""
    return _KINDS[name].stays.format(place=place_of(name, settings), days=settings.publish_delta_days)


@dataclass(frozen=True)
class _Kind:
    """How a target of this name is opened, where it is, and what stays there of what it no longer shows."""

    open: Callable[[Settings], Target]
    place: Callable[[Settings], str]
    stays: str


def _postgres(settings: Settings) -> Target:
    from jira_assets.warehouse.targets.postgres.target import PostgresTarget  # late: it imports SQLAlchemy

    return PostgresTarget.from_settings(settings)


def _schema_in_postgres(settings: Settings) -> str:
    url = mask_password(settings.publish_postgres_url or settings.state_url).replace("+psycopg2", "", 1)
    return f"{url}, schema {settings.publish_postgres_schema}"


def _delta(settings: Settings) -> Target:
    from jira_assets.warehouse.targets.delta.target import DeltaTarget  # late: as the one above

    return DeltaTarget.from_settings(settings)


def _folder_of_delta(settings: Settings) -> str:
    return settings.publish_delta_url or "no place"


_KINDS = {
    "postgres": _Kind(
        _postgres,
        _schema_in_postgres,
        "The server of {place} removes the former rows from its files by its vacuum.",
    ),
    "delta": _Kind(
        _delta,
        _folder_of_delta,
        "Files of former publishes in {place} have the name until later publishes remove them, "
        "after {days} days (JIRA_ASSETS_PUBLISH_DELTA_DAYS).",
    ),
}
