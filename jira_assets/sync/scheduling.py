"""Which projects have to be synced now: pure functions of projects, outcomes, a probe, and the time."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from jira_assets import errors
from jira_assets.errors import JiraError
from jira_assets.lake.diff import LakeDiff
from jira_assets.state.models import SyncRecord, SyncRequest, TrackedProject
from jira_assets.sync.entity_kinds import ATTACHMENTS, COMMENTS, WORKLOGS
from jira_assets.sync.project_sync import ProjectSync
from jira_assets.sync.results import record_of

FORMER_ERROR_KINDS = {"OutOfRoom": "ResourceExhausted", "Unobserved": "MassDeletionSuspected"}
"""Names of classes that records of earlier releases have."""


@dataclass(frozen=True)
class Rules:
    """How old a project may get, and how a failure that may pass is tried again."""

    longest_age: timedelta = timedelta(hours=1)
    retries: int = 3
    first_pause: timedelta = timedelta(seconds=60)
    jitter: float = 0.3


class Asked(msgspec.Struct, frozen=True):
    """A sync was asked for because the lake lacked these versions."""

    lacking: str
    at: datetime


@dataclass(frozen=True)
class ProjectSignals:
    """What is known beside the outcomes: what the lake lacks, what that led to, and what people asked for."""

    lacking: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)
    requests: Sequence[SyncRequest] = ()


@dataclass(frozen=True)
class Due:
    """A project to sync now, and why."""

    project: TrackedProject
    why: str


def due_projects(
    projects: Iterable[TrackedProject],
    records: Mapping[str, SyncRecord],
    sighting: ProjectSignals,
    now: datetime,
    rules: Rules,
) -> list[Due]:
    """Choose the projects that are due; those still to be read to their end, which takes long, come last."""
    due: list[Due] = []
    unread: list[Due] = []
    for project in projects:
        record = record_of(project, records)
        why = _why(record, sighting, now, rules)
        if why is not None:
            (unread if record.status == "pending" else due).append(Due(project, why))
    return due + unread


def _why(record: SyncRecord, sighting: ProjectSignals, now: datetime, rules: Rules) -> str | None:
    if sighting.requests and _is_requested(record, sighting.requests):
        return "requested"
    if record.inactive_since is not None:
        return None
    if record.last_sync_at is None:
        return "never synced"
    if record.status == "pending":
        return "partly read"
    if record.status == "error":
        return "failed before" if now >= record.last_sync_at + pause_after(record, rules) else None
    if _is_lacking(record, sighting):
        return "changed"
    fresh_at = record.fresh_at
    return "overdue" if fresh_at is None or now - fresh_at >= rules.longest_age else None


def pause_after(record: SyncRecord, rules: Rules) -> timedelta:
    """Return how long a project that failed is left alone.

    What may pass is tried again soon, a few times, each later than the one before; what will not, and what
    did not, at the longest age.
    """
    if record.errors > rules.retries or severity_of(record.error_kind) != "retriable":
        return rules.longest_age
    doubled = rules.first_pause * float(2 ** max(record.errors - 1, 0))
    return min(doubled * _spread(record, rules.jitter), rules.longest_age)


def severity_of(error_kind: str | None) -> errors.Severity:
    """Return how severe an error of the class of that name is; "fatal" if there is no such class."""
    name = FORMER_ERROR_KINDS.get(error_kind or "", error_kind or "")
    kind = getattr(errors, name, errors.JiraAssetsError)
    return kind.severity if issubclass(kind, errors.JiraAssetsError) else "fatal"


def unsatisfied(
    requests: Sequence[SyncRequest], projects: Iterable[TrackedProject], records: Mapping[str, SyncRecord]
) -> list[SyncRequest]:
    """List the requests for which some tracked project was not tried since."""
    if not requests:
        return []
    tracked = [record_of(project, records) for project in projects]
    return [request for request in requests if any(_is_requested(record, (request,)) for record in tracked)]


def _is_requested(record: SyncRecord, requests: Iterable[SyncRequest]) -> bool:
    return any(
        request.concerns(record.project_id)
        and (record.last_sync_at is None or record.last_sync_at < request.requested_at)
        for request in requests
    )


def _is_lacking(record: SyncRecord, sighting: ProjectSignals) -> bool:
    """Return whether versions are lacking that no sync has tried to bring.

    Jira's search may name a version that Jira then does not give (deleted, or hidden meanwhile): a sync that
    succeeded has done what it can, and the rest is for reconcile to judge.
    """
    lacking = sighting.lacking.get(record.project_id)
    if lacking is None:
        return False
    asked = sighting.asked.get(record.project_id)
    if asked is None or asked.lacking != lacking:
        return True
    return record.last_success_at is None or record.last_success_at < asked.at


def _spread(record: SyncRecord, jitter: float) -> float:
    """Keep projects that failed together from coming back together; the same failure always waits as long."""
    dice = random.Random(f"{record.project_id}/{record.errors}/{record.last_sync_at}")  # noqa: S311  # no secret
    return dice.uniform(1 - jitter, 1 + jitter)


PROVED_LATELY = timedelta(hours=18)
"""One proof a night is enough."""

OVERHEAD = 20
"""Points that a proof costs beside one for each issue."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def proof_cost(issues: int, entities: Collection[str] = ()) -> int:
    """Return about how many points a proof costs: for each issue one, and one for each kind of list."""
    lists = bool({COMMENTS.name, ATTACHMENTS.name} & set(entities))
    return issues * (1 + lists + (WORKLOGS in entities)) + OVERHEAD


def choose_for_proof(
    projects: Iterable[TrackedProject],
    records: Mapping[str, SyncRecord],
    now: datetime,
    points: int,
    entities: Callable[[str], Collection[str]] = lambda _: (),
) -> list[TrackedProject]:
    """Choose projects, the oldest proof first, that together cost no more than these points.

    `entities` returns what is read of a project beside its issues, by its key. One project that alone costs
    more is chosen alone, while there are points at all: else it would never be proved.
    """
    waiting = [
        (
            record.proved_complete_at or _NEVER,
            project.project_key,
            project,
            proof_cost(record.issues, entities(project.project_key)),
        )
        for project in projects
        if (record := records.get(project.project_id)) is not None and _may_be_proved(record, now)
    ]
    chosen: list[TrackedProject] = []
    for _, _, project, cost in sorted(waiting, key=lambda entry: entry[:2]):
        if points <= 0 or (chosen and cost > points):
            break
        chosen.append(project)
        points -= cost
    return chosen


def _may_be_proved(record: SyncRecord, now: datetime) -> bool:
    proved_at = record.proved_complete_at
    return (
        record.inactive_since is None
        and record.last_success_at is not None
        and (proved_at is None or now - proved_at >= PROVED_LATELY)
    )


CHEAP_TO_LIST = 1000
"""A project of so many issues is listed again by every sync until it is proved."""


def is_worth_proving(sync: ProjectSync) -> bool:
    """Check whether a project is unproved, nothing of it is known to be unread, and a listing may prove it.

    What an early end of a listing left out lies before the watermark, so no incremental read ever finds it.
    A large project is listed again only once Jira counts as many issues as the lake has.
    """
    if sync.manifest.unproved is None or sync.manifest.unread:
        return False
    in_lake = LakeDiff(sync.context.lake, sync.manifest).alive()
    try:
        counted = sync.count()
    except JiraError:
        return in_lake <= CHEAP_TO_LIST
    return counted == in_lake or max(counted, in_lake) <= CHEAP_TO_LIST
