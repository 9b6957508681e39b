"""Check that the tables of other programs that settings name can be read: team and pull requests."""

from __future__ import annotations

from collections.abc import Iterator

from jira_assets.cli.check_results import Finding, bad, good
from jira_assets.errors import InputError
from jira_assets.external.pull_requests import check_columns
from jira_assets.external.tables import outside_table, shown
from jira_assets.external.team import read_members
from jira_assets.formatting import counted
from jira_assets.settings.load import Settings


def check_sources(settings: Settings) -> Iterator[Finding]:
    """Read what a sync would read; without these settings there is nothing to check."""
    if settings.team:
        try:
            members = counted(len(read_members(settings.team)), "member")
            yield good("team", f"{members} in {shown(settings.team)}")
        except InputError as error:
            yield bad("team", f"JIRA_ASSETS_TEAM: {error.reason}", error.instruction)
    if settings.pull_requests:
        try:
            with outside_table(settings.pull_requests, memory_limit=settings.memory_limit) as table:
                check_columns(table)
            yield good("pull_requests", f"{shown(settings.pull_requests)} can be read")
        except InputError as error:
            yield bad("pull_requests", f"JIRA_ASSETS_PULL_REQUESTS: {error.reason}", error.instruction)
