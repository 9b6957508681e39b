"""`jira-assets projects fields`: the fields of story points and sprints that were chosen by hand."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.invocation import Invocation, pass_invocation
from jira_assets.cli.output import write_table
from jira_assets.cli.wiring import open_client, open_state
from jira_assets.errors import InputError

if TYPE_CHECKING:
    from jira_assets.jira.client import JiraClient


@click.command()
@click.argument("key", shell_complete=complete_tracked_keys)
@click.option("--story-points", metavar="FIELD", help="Field of the story points, as customfield_10016.")
@click.option("--sprint", metavar="FIELD", help="Field of the sprints.")
@click.option("--discover", is_flag=True, help="Forget both: find them out again.")
@pass_invocation
def fields(
    invocation: Invocation, key: str, story_points: str | None, sprint: str | None, discover: bool
) -> None:
    """Show or choose by hand the fields of story points and sprints of the tracked project KEY.

    What is chosen for a project comes before what is chosen for the site (JIRA_ASSETS_STORY_POINTS_FIELD and
    JIRA_ASSETS_SPRINT_FIELD), and that before what is discovered. `jira-assets publish` shows it;
    Dagster does within a minute.
    """
    if discover and (story_points or sprint):
        raise click.UsageError("--discover forgets what --story-points and --sprint choose.")
    with open_state(invocation.settings) as state:
        (project,) = state.find_tracked([key])
        if story_points or sprint:
            _check_fields(open_client(invocation.settings, state), [f for f in (story_points, sprint) if f])
        if story_points or sprint or discover:
            state.choose_fields(
                project.project_id,
                story_points=None if discover else story_points or project.story_points_field,
                sprint=None if discover else sprint or project.sprint_field,
            )
            (project,) = state.find_tracked([key])
    chosen = (("story points", project.story_points_field), ("sprint", project.sprint_field))
    write_table(["field of", "chosen by hand"], [(name, field or "no: discovered") for name, field in chosen])


def _check_fields(client: JiraClient, wanted: Sequence[str]) -> None:
    known = {field.id: field.name for field in client.fetch_fields()}
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known) or [
                i for i in known if i.startswith("customfield_")
            ]
            shown = ", ".join(f"{field} ({known[field]})" for field in close[:5])
            raise InputError(f"Jira has no field {name}.", f"It has {shown}; nothing was changed.")
