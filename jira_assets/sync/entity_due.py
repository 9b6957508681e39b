"""Decide whether comments, worklogs and the like of a project are behind, though its issues may not be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from jira_assets.lake.derive_worklogs import UNLISTED
from jira_assets.lake.entity_state import EntityState
from jira_assets.lake.site_manifest import WorklogFiles
from jira_assets.sync.entity_kinds import KINDS, WORKLOGS

SETTLED = UNLISTED + timedelta(seconds=5)
"""So long after a change of an issue, Jira lists the worklog that may have caused it."""


def are_lists_behind(states: Mapping[str, EntityState], wanted: Mapping[str, bool]) -> bool:
    """Check whether some list is to be read, or another choice was made since the last read.

    `wanted` has what is chosen of the project, with whether texts are kept.
    """
    chosen = {kind.name: wanted[kind.name] for kind in KINDS if kind.name in wanted}
    known = {name: state.has_bodies for name, state in states.items()}
    return known != chosen or any(state.behind for state in states.values())


def are_worklogs_behind(
    files: WorklogFiles,
    project_id: str,
    wanted: Mapping[str, bool],
    newest: datetime | None,
    now: datetime,
) -> bool:
    """Check whether Jira was not asked since all worklogs are listed that may have changed an issue.

    `newest` is the latest `updated` of the issues of the project.
    """
    if wanted.get(WORKLOGS) != files.chosen.get(project_id):
        return True
    if WORKLOGS not in wanted:
        return False
    if files.asked_at is None:
        return True
    return newest is not None and newest > files.asked_at - UNLISTED and now >= newest + SETTLED
