"""Judge how fresh and complete the tracked projects are, from what the state says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jira_assets.auth.status import Connected, connected_as, sites_in_use
from jira_assets.formatting import counted
from jira_assets.settings.load import Settings
from jira_assets.state.models import SyncRecord, TrackedProject
from jira_assets.sync.notices import ActiveNotice, current_notices
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.results import Portfolio, read_portfolio
from jira_assets.sync.targets import PART as TARGET
from jira_assets.sync.targets import overdue_targets
from jira_assets.warehouse.targets.target import target_names

CONNECTION_HOLDS = "the_connection_holds"
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


@dataclass(frozen=True)
class Health:
    """How a home stands at one moment: connections, projects and notices, and what is wrong.

    `connected` has the sites by prefix: those with tracked projects, and the first where there is no other.
    """

    portfolio: Portfolio
    connected: Mapping[str, Connected]
    notices: Sequence[ActiveNotice]
    verdicts: Sequence[Verdict]


def judge_home(pipeline: Pipeline, portfolio: Portfolio | None = None) -> Health:
    """Judge by what state and lake say, without a query; `portfolio` is what was just read of the state."""
    portfolio = portfolio or read_portfolio(pipeline.state)
    now = pipeline.clock()
    sites = sites_in_use(pipeline.known_sites, portfolio.projects)
    connected = {site.prefix: connected_as(pipeline.settings, pipeline.state.of(site), now) for site in sites}
    trouble = {
        "connection" if site.is_first else f"connection of {site.label}": f"{how.trouble} {how.remedy}"
        for site in sites
        if (how := connected[site.prefix]).trouble
    }
    notices = current_notices(pipeline.lake, portfolio.projects)
    names = target_names(pipeline.settings)
    overdue = [name for name in overdue_targets(pipeline.lake, pipeline.settings, now) if name in names]
    verdicts = [
        Verdict(CONNECTION_HOLDS, trouble),
        *judge_projects(portfolio, now, limits_from(pipeline.settings)),
        judge_notices(notices, overdue),
    ]
    return Health(portfolio, connected, notices, verdicts)


def judge_projects(portfolio: Portfolio, now: datetime, limits: Limits) -> list[Verdict]:
    """Judge by all that is known, not by one run: a run without the broken project heals nothing."""
    failures, ages, proofs = {}, {}, {}
    for project in portfolio.projects:
        record, key = portfolio.record_of(project), project.project_key
        if (failure := _failure(record)) is not None:
            failures[key] = failure
        if (age := _age(project, record, now, limits)) is not None:
            ages[key] = age
        if (proof := _proof(project, record, now, limits)) is not None:
            proofs[key] = proof
    return [
        Verdict(EVERY_PROJECT_SYNCED, failures),
        Verdict(NO_PROJECT_TOO_OLD, ages),
        Verdict(NO_PROJECT_UNPROVEN, proofs),
    ]


def judge_notices(notices: Iterable[ActiveNotice], overdue: Iterable[str] = ()) -> Verdict:
    """Judge whether a part of the site is stale or cut, a setting is without effect, or a target behind."""
    behind = {
        f"{TARGET}{name}": "It does not show the newest publish. `jira-assets publish` brings it up to date."
        for name in overdue
    }
    return Verdict(NOTHING_UNREAD, behind | {notice.concerns: str(notice) for notice in notices})


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
