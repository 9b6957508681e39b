"""Turn what Jira answered about issues into observations for the lake, each with its whole changelog.

The changelog is asked for after the issue: an entry that came in between belongs to a later version, which
the next sync fetches. The other way round it would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import msgspec

from jira_assets.jira.answers import RawIssue
from jira_assets.jira.client import JiraClient
from jira_assets.warehouse.land import Observation

Item = TypeVar("Item")

ISSUES_A_REQUEST = 100
CHANGELOGS_A_REQUEST = 500


def with_changelogs(client: JiraClient, issues: Sequence[RawIssue], project_id: str) -> list[Observation]:
    """Fetch the changelogs of the issues (at most 1000) and put both together."""
    histories = client.fetch_changelogs([issue.id for issue in issues]) if issues else {}
    return [observation(issue, histories.get(issue.id, ()), project_id) for issue in issues]


def observation(issue: RawIssue, histories: Sequence[bytes], project_id: str) -> Observation:
    """Say what was seen of an issue from the point of view of one project."""
    moved = issue.project_id not in (None, project_id)
    place = {"key": issue.key, "project_id": issue.project_id}
    return Observation(
        jira_id=issue.id,
        jira_key=issue.key,
        project_id=project_id,
        project_key=issue.key.rpartition("-")[0],
        updated_at=issue.updated,
        kind="moved" if moved else "issue",
        payload=msgspec.json.encode(place) if moved else bytes(issue.payload),
        histories=() if moved else histories,
    )


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Hand out the items in lists of at most `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
