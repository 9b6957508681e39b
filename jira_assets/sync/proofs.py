"""Choose what to prove complete now, so that every project is proved and the budget of points holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from jira_assets.state.records import SyncRecord, TrackedProject

PROVED_LATELY = timedelta(hours=18)
"""One proof a night is enough."""

OVERHEAD = 20
"""Points that a proof costs beside one for each issue."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def choose_for_proof(
    projects: Iterable[TrackedProject], records: Mapping[str, SyncRecord], now: datetime, points: int
) -> list[TrackedProject]:
    """Choose projects, the oldest proof first, that together cost no more than these points.

    One that alone costs more is chosen alone, while there are points at all: else it would never be proved.
    """
    waiting = [
        (record.proved_complete_at or _NEVER, project.project_key, project, record.issues + OVERHEAD)
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
