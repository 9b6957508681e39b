"""Every tracked project with how it stands, those that need a person first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from jira_assets.state import State
from jira_assets.state.models import SyncRecord, SyncRequest
from jira_assets.sync.notices import ActiveNotice, current_notices
from jira_assets.sync.results import ProjectStatus, read_portfolio, read_statuses
from jira_assets.sync.targets import TargetStatus, target_statuses
from jira_assets.web.app_state import AppState
from jira_assets.web.dagster_storage import DagsterStatus, read_dagster_status

MOST_SHOWN = 200
BUSY_SECONDS, IDLE_SECONDS = 3, 20
PATIENCE = timedelta(minutes=3)

Standing = Literal["error", "syncing", "requested", "pending", "complete"]
_ORDER: tuple[Standing, ...] = ("error", "syncing", "requested", "pending", "complete")


@dataclass(frozen=True)
class ProjectRow:
    """A tracked project as the page shows it."""

    name: str
    record: SyncRecord
    standing: Standing
    held_by: str | None
    requested_at: datetime | None
    is_late: bool
    dagster: str
    """The address of Dagster."""
    progress: str
    """How far the reading is, where the sync is at work for this page or a later one continues it."""

    @property
    def is_up_to_date(self) -> bool:
        """Whether the newest sync went well: that another was requested does not make it old."""
        return self.record.status == "complete"

    @property
    def dagster_url(self) -> str:
        """Where Dagster shows the runs of this project."""
        return f"{self.dagster}/assets/jira_issues?view=partitions&partition={quote(self.record.project_key)}"


@dataclass(frozen=True)
class Overview:
    """The tracked projects that were requested, and what there is to say of all of them."""

    rows: Sequence[ProjectRow]
    found: Sequence[ProjectRow]
    paused_until: datetime | None
    pause_reason: str | None
    dagster: DagsterStatus
    failure: str | None
    """What the newest sync that this page started said, where it failed as a whole."""
    unheard_since: datetime | None
    """When the oldest request was made that was not picked up, although the sensor had the time."""
    notices: Sequence[ActiveNotice] = ()
    """What stops no sync, and someone should know of."""
    targets: Sequence[TargetStatus] = ()
    """Where the tables are published besides the DuckDB file."""

    @property
    def shown(self) -> Sequence[ProjectRow]:
        """Those that fit on a page."""
        return self.found[:MOST_SHOWN]

    @property
    def counts(self) -> Counter[str]:
        """How many projects stand how."""
        return Counter(row.standing for row in self.rows)

    @property
    def up_to_date(self) -> int:
        """How many projects are up to date."""
        return sum(row.is_up_to_date for row in self.rows)

    @property
    def issues(self) -> int:
        """How many issues the lake holds."""
        return sum(row.record.issues for row in self.rows)

    @property
    def proved(self) -> int:
        """How many projects were compared with Jira, issue by issue, and nothing was missing."""
        return sum(bool(row.record.proved_complete_at and not row.record.missing_issues) for row in self.rows)

    @property
    def oldest_news_at(self) -> datetime | None:
        """When it was last known of every project that nothing is missing; None when of one it never was."""
        times = [row.record.fresh_at for row in self.rows]
        return min((time for time in times if time), default=None) if all(times) else None

    @property
    def is_busy(self) -> bool:
        """Whether something is about to change."""
        return any(row.standing in ("syncing", "requested") for row in self.rows)

    @property
    def look_again_after(self) -> int:
        """Seconds after which the page looks again."""
        return BUSY_SECONDS if self.is_busy else IDLE_SECONDS


def read_overview(app_state: AppState, search: str = "") -> Overview:
    """Read how the tracked projects stand; `search` is a part of key or name."""
    state, settings, now = app_state.state, app_state.settings, app_state.now()
    # A project that is just due is not late: the next round of the sensor is on its way.
    late_before = now - 1.5 * timedelta(minutes=settings.longest_age_minutes)
    portfolio, requests = read_portfolio(state), state.sync_requests.all()
    statuses = read_statuses(state, app_state.lake, portfolio)
    progress = app_state.syncs.progress_of if app_state.syncs else lambda _: ""
    dagster_url = app_state.dagster_url  # read once: the settings are those of each moment
    rows = [
        _row(status, _requested_at(requests, status.record), late_before, dagster_url, progress)
        for status in statuses
    ]
    rows.sort(key=lambda row: (_ORDER.index(row.standing), row.record.project_key))
    wanted = search.casefold()
    found = [r for r in rows if wanted in r.record.project_key.casefold() or wanted in r.name.casefold()]
    notices = current_notices(app_state.lake, portfolio.projects)
    failure = app_state.syncs.failure if app_state.syncs else None
    glance = read_dagster_status(settings, now)
    targets = target_statuses(app_state.lake, settings)
    return Overview(rows, found, *_pause(state, now), glance, failure, _unheard(rows, now), notices, targets)


def _requested_at(requests: Sequence[SyncRequest], record: SyncRecord) -> datetime | None:
    """Return since when a sync of the project is requested and was not tried; no project stands for all."""
    if not requests:
        return None
    asked = [r.requested_at for r in requests if r.concerns(record.project_id)]
    tried = record.last_sync_at
    return min((at for at in asked if tried is None or tried < at), default=None)


def _pause(state: State, now: datetime) -> tuple[datetime | None, str | None]:
    """Return until when a site is paused, and why: of several, the one that is paused longest."""
    found = [(site, state.of(site).pauses) for site in state.sites.all()]
    paused = [(until, site, pauses) for site, pauses in found if (until := pauses.until()) and until > now]
    if not paused:
        return None, None
    until, site, pauses = max(paused, key=lambda entry: entry[0])
    return until, pauses.reason() if site.is_first else f"{site.label}: {pauses.reason()}"


def _unheard(rows: Sequence[ProjectRow], now: datetime) -> datetime | None:
    asked = [row.requested_at for row in rows if row.requested_at and row.standing == "requested"]
    return min((at for at in asked if now - at > PATIENCE), default=None)


def _row(
    status: ProjectStatus,
    requested_at: datetime | None,
    late_before: datetime,
    dagster_url: str,
    progress: Callable[[str], str],
) -> ProjectRow:
    record = status.record
    return ProjectRow(
        name=status.name,
        record=record,
        standing="requested" if requested_at and record.status != "syncing" else record.status,
        held_by=status.held_by,
        requested_at=requested_at,
        is_late=record.fresh_at is not None and record.fresh_at < late_before,
        dagster=dagster_url,
        progress=progress(record.project_key) if record.status == "syncing" else status.reading,
    )
