"""What the metrics are computed with: the time zone, the last day, and what each project counts.

The rows become the table `metric_settings`; every statement of a metric reads them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jira_assets.lake.sql_files import literal
from jira_assets.settings.per_project import UNDELIVERED_RESOLUTIONS

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
"""Jira itself prints this one in some names and the straight one in others."""


@dataclass(frozen=True)
class ProjectMetrics:
    """What the metrics of one project count."""

    hierarchy_levels: Sequence[int] = (0,)
    undelivered_resolutions: Sequence[str] = UNDELIVERED_RESOLUTIONS
    active_statuses: Sequence[str] = ()
    blocked_statuses: Sequence[str] = ()
    status_categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MetricSettings:
    """The time zone of all days and weeks, the last day of every series, and the projects by id."""

    time_zone: str = "UTC"
    as_of: date = field(default_factory=lambda: datetime.now(UTC).date())
    projects: Mapping[str, ProjectMetrics] = field(default_factory=dict)

    @classmethod
    def at(cls, now: datetime, time_zone: str, projects: Mapping[str, ProjectMetrics]) -> MetricSettings:
        """Take the day that it is now in the time zone."""
        return cls(time_zone, now.astimezone(ZoneInfo(time_zone)).date(), projects)

    def rows(self, project_ids: Iterable[str]) -> list[dict[str, Any]]:
        """Name what holds for each of these projects."""
        return [self._row(project_id) for project_id in project_ids]

    def _row(self, project_id: str) -> dict[str, Any]:
        project = self.projects.get(project_id, ProjectMetrics())
        return {
            "project_id": project_id,
            "time_zone": self.time_zone,
            "as_of": self.as_of.isoformat(),
            "hierarchy_levels": sorted(set(project.hierarchy_levels)),
            "undelivered_resolutions": _folded(project.undelivered_resolutions),
            "active_statuses": _folded(project.active_statuses),
            "blocked_statuses": _folded(project.blocked_statuses),
            "status_categories": {_fold(name): kind for name, kind in project.status_categories.items()},
        }


def define_days(engine: duckdb.DuckDBPyConnection, time_zone: str) -> None:
    """Create the macros for the day of a moment, and for the last moment of a day.

    In UTC, the usual zone, that needs no conversion: it would be most of what a large warehouse costs.
    """
    zone = literal(time_zone)
    if time_zone == "UTC":
        local, back = "moment", "midnight"
    else:
        local = f"(moment at time zone 'UTC') at time zone {zone}"
        back = f"(midnight at time zone {zone}) at time zone 'UTC'"
    engine.execute(f"create macro local_day(moment) as ({local})::date")
    engine.execute(f"create macro from_local(midnight) as {back}")
    engine.execute(
        "create macro end_of_day(day) as from_local((day + 1)::timestamp) - interval 1 microsecond"
    )


def define_names(engine: duckdb.DuckDBPyConnection) -> None:
    """Define the macro with which the statements compare names; `_fold` does the same to the settings."""
    engine.execute(
        f"create macro folded(name) as replace(lower(trim(name)), {literal(APOSTROPHE)}, {literal(chr(39))})"
    )


def _folded(names: Iterable[str]) -> list[str]:
    return sorted({_fold(name) for name in names})


def _fold(name: str) -> str:
    return name.strip().lower().replace(APOSTROPHE, "'")
