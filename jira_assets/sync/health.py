"""Judge how fresh and complete the tracked projects are, from what the state says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jira_assets.formatting import counted
from jira_assets.settings.load import Settings
from jira_assets.state.models import SyncRecord, TrackedProject
from jira_assets.sync.notices import ActiveNotice

EVERY_PROJECT_SYNCED = "every_project_synced"
NO_PROJECT_TOO_OLD = "no_project_too_old"
NO_PROJECT_UNPROVEN = "no_project_unproven"
NOTHING_UNREAD = "nothing_unread"


@dataclass(frozen=True)
class Verdict:
    """Whether all is well in one respect, and if not, where and why."""

    name: str
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


@dataclass(frozen=True)
class Limits:
    """How old a project may get before it is reported."""

    oldest: timedelta = timedelta(hours=2)
    longest_unproven: timedelta = timedelta(days=3)


def limits_from(settings: Settings) -> Limits:
    """Take the limits from the settings; a project is due at the longest age, and late at twice that."""
    return Limits(
        oldest=2 * timedelta(minutes=settings.longest_age_minutes),
        longest_unproven=timedelta(days=settings.longest_unproven_days),
    )


def judge_projects(
    projects: Sequence[TrackedProject], records: Iterable[SyncRecord], now: datetime, limits: Limits
) -> list[Verdict]:
    """Judge by all that is known, not by one run: a run without the broken project heals nothing."""
    known = {record.project_id: record for record in records}
    tracked = [
        (project, known.get(project.project_id) or SyncRecord(project.project_id, project.project_key))
        for project in projects
    ]
    faults = {
        EVERY_PROJECT_SYNCED: {p.project_key: _failure(record) for p, record in tracked},
        NO_PROJECT_TOO_OLD: {p.project_key: _age(p, record, now, limits) for p, record in tracked},
        NO_PROJECT_UNPROVEN: {p.project_key: _proof(p, record, now, limits) for p, record in tracked},
    }
    return [
        Verdict(name, {key: fault for key, fault in found.items() if fault is not None})
        for name, found in faults.items()
    ]


def judge_notices(notices: Iterable[ActiveNotice]) -> Verdict:
    """Judge whether some part of the site is stale or cut, or some setting without effect."""
    return Verdict(NOTHING_UNREAD, {notice.concerns: str(notice) for notice in notices})


def _failure(record: SyncRecord) -> str | None:
    return f"{record.last_error} {record.last_instruction}" if record.status == "error" else None


def _age(project: TrackedProject, record: SyncRecord, now: datetime, limits: Limits) -> str | None:
    """A project that Jira does not know is reported as such, and not for its age, too."""
    since = record.fresh_at or project.tracked_at
    if record.inactive_since is not None or now - since <= limits.oldest:
        return None
    return f"Last known to be up to date {_when(record.fresh_at)}."


def _proof(project: TrackedProject, record: SyncRecord, now: datetime, limits: Limits) -> str | None:
    if record.missing_issues:
        return f"{counted(record.missing_issues, 'issue')} that Jira lists could not be read."
    since = record.proved_complete_at or project.tracked_at
    if record.inactive_since is not None or now - since <= limits.longest_unproven:
        return None
    return f"Last proved complete {_when(record.proved_complete_at)}."


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
