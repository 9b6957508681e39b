"""What the shell offers when someone presses Tab: from the state, never from the network."""

from __future__ import annotations

import click

from jira_assets.cli.wiring import open_state
from jira_assets.errors import JiraAssetsError
from jira_assets.settings.load import load_settings


def complete_tracked_keys(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Offer the keys of the tracked projects."""
    home = context.find_root().params.get("home")
    try:
        settings = load_settings({"home": str(home)} if home else {})
        if settings.source("state_url") == "default" and not settings.state_path.is_file():
            return []  # pressing Tab creates nothing
        with open_state(settings) as state:
            keys = [project.project_key for project in state.projects.tracked()]
    except JiraAssetsError:
        return []  # a message in the middle of a half-typed line would help no one
    return [key for key in keys if key.upper().startswith(incomplete.upper())]
