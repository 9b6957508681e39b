"""Turn what Jira answered about an issue into an observation for the lake."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jira_assets.jira.answers import IssueHead, RawIssue
from jira_assets.warehouse.comparison import Unseen
from jira_assets.warehouse.land import Kind, Observation


def observation(issue: RawIssue, histories: Sequence[bytes], project_id: str) -> Observation:
    """Say what was seen of an issue from the point of view of one project.

    An issue that Jira gives without its project is where search listed it.
    """
    moved = issue.project_id not in ("", project_id)
    return Observation(
        jira_id=issue.id,
        jira_key=issue.key,
        project_id=project_id,
        project_key=issue.key.rpartition("-")[0],
        updated_at=issue.updated,
        kind="moved" if moved else "issue",
        payload=_place(issue.head) if moved else issue.payload,
        histories=() if moved else histories,
    )


def tombstone(issue: Unseen, project_id: str, kind: Kind, place: IssueHead | None = None) -> Observation:
    """Say that an issue is no longer in a project, and where it went if that is known."""
    return Observation(
        jira_id=issue.jira_id,
        jira_key=issue.jira_key,
        project_id=project_id,
        project_key=issue.project_key,
        updated_at=place.updated if place else issue.updated_at,
        kind=kind,
        payload=_place(place) if place else None,
    )


def _place(head: IssueHead) -> bytes:
    return msgspec.json.encode({"key": head.key, "project_id": head.project_id})
