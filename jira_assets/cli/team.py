"""`jira-assets team`: the members of the team."""

from __future__ import annotations

from pathlib import Path

import click

from jira_assets.cli.invocation import Invocation, pass_invocation
from jira_assets.cli.output import counted, write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.people.members import read_members


@click.group()
def team() -> None:
    """Import and list the members of the team."""


@team.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@pass_invocation
def import_(invocation: Invocation, file: Path) -> None:
    """Make the members in FILE the whole team.

    FILE is CSV with the columns member_id, display_name, email and, if wanted, jira_account_id. If anything
    in it is wrong, nothing is imported.
    """
    members = read_members(file)
    with open_state(invocation.settings) as state:
        before = {member.member_id for member in state.team_members()}
        count = state.replace_team(members)
        overrides = state.overrides()
    now = {member.member_id for member in members}
    invocation.say(f"{counted(count, 'member')} imported: {len(now - before)} new, {len(before - now)} gone.")
    for override in overrides:
        if override.member_id and override.member_id not in now:
            invocation.say(
                f"Account {override.account_id} was matched by hand to {override.member_id}, who is not on "
                f"the team; undo it with `jira-assets users forget {override.account_id}`."
            )
    invocation.say("The matches follow with the next `jira-assets sync`.")


@team.command("list")
@click.option("--json", "as_json", is_flag=True, help="Objects of member_id, display_name, email, …")
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the members of the team."""
    with open_state(invocation.settings) as state:
        members = state.team_members()
    if as_json:
        write_json(members)
    else:
        columns = ["member", "name", "e-mail", "Jira account"]
        rows = [(m.member_id, m.display_name, m.email, m.jira_account_id) for m in members]
        write_table(columns, rows)
