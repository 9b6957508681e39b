"""Follow what other programs keep: team and pull requests. What cannot be read is said, and stays."""

from __future__ import annotations

from dataclasses import replace

from jira_assets.errors import InputError
from jira_assets.people.members import read_members
from jira_assets.settings import Settings
from jira_assets.state import State
from jira_assets.sync.context import utc_now
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.pull_requests import land_pull_requests


def follow_sources(lake: Lake, state: State, settings: Settings) -> list[str]:
    """Read every source that the settings name; returns what is worth telling a person."""
    notices = []
    try:
        _follow_team(state, settings)
    except InputError as error:
        notices.append(f"The team stays as it was. {error}")
    try:
        land_pull_requests(lake, settings.pull_requests, utc_now(), memory_limit=settings.memory_limit)
    except InputError as error:
        notices.append(f"The pull requests stay as they were. {error}")
    return notices


def _follow_team(state: State, settings: Settings) -> None:
    if settings.team is None:
        return
    members = read_members(settings.team)
    known = {replace(member, imported_at=None) for member in state.team_members()}
    if set(members) != known:
        state.replace_team(members)
