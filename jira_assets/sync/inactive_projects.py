"""Look whether projects that Jira did not show are there again."""

from __future__ import annotations

from dataclasses import replace

from jira_assets.errors import JiraError
from jira_assets.jira.client import JiraClient
from jira_assets.state import State
from jira_assets.sync.bulk_fetch import batches

PROJECTS_A_REQUEST = 50


def find_again(client: JiraClient, state: State) -> list[str]:
    """Make the inactive projects that Jira lists again due for a sync; returns their keys.

    A list that cannot be read changes nothing.
    """
    tracked = {project.project_id for project in state.projects.tracked()}
    inactive = {
        record.project_id: record.project_key
        for record in state.records.all()
        if record.inactive_since is not None and record.project_id in tracked
    }
    found: list[str] = []
    for ids in batches(sorted(inactive), PROJECTS_A_REQUEST):
        try:
            listed = {project.id for project in client.fetch_projects(ids=ids)}
        except JiraError:
            return found
        for project_id in listed.intersection(ids):
            state.records.revise(
                project_id,
                inactive[project_id],
                lambda before: replace(before, status="pending", inactive_since=None, errors=0),
            )
            found.append(inactive[project_id])
    return found
