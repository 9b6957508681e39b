"""Look whether projects that Jira did not know are there again."""

from __future__ import annotations

from dataclasses import replace

from jira_assets.state import State
from jira_assets.sync.context import SyncContext
from jira_assets.sync.missing_projects import look_at_project


def ask_again(context: SyncContext, state: State) -> list[str]:
    """Make the projects that are visible again due for a sync; returns their keys."""
    tracked = {project.project_id for project in state.tracked_projects()}
    found = []
    for record in state.records():
        if record.inactive_since is None or record.project_id not in tracked:
            continue
        if look_at_project(context.client, record.project_id, record.project_key) is None:
            state.revise_record(
                record.project_id,
                record.project_key,
                lambda before: replace(before, status="pending", inactive_since=None, errors=0),
            )
            found.append(record.project_key)
    return found
