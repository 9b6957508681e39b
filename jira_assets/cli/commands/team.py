"""`jira-assets team`: the members of the team."""

from __future__ import annotations

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.external.team import MemberColumns, read_members
from jira_assets.formatting import counted


@click.group()
def team() -> None:
    """Import and list the team members."""


@team.command("import")
@click.argument("source")
@click.option(
    "--member-id",
    metavar="COLUMN",
    default="member_id",
    help="Name of the column with the id, such as login.",
)
@click.option(
    "--display-name",
    metavar="COLUMN",
    default="display_name",
    help="Name of the column with the display name.",
)
@click.option(
    "--email", metavar="COLUMN", default="email", help="Name of the column with the e-mail address."
)
@click.option(
    "--account-id",
    metavar="COLUMN",
    default="jira_account_id",
    help="Name of the column with the Jira account id, if any.",
)
@click.option(
    "--team",
    "team_column",
    metavar="COLUMN",
    default="team",
    help="Name of the column with the team of the member, if any.",
)
@pass_invocation
def import_(
    invocation: Invocation,
    source: str,
    member_id: str,
    display_name: str,
    email: str,
    account_id: str,
    team_column: str,
) -> None:
    """Replace the team with the members in SOURCE.

    SOURCE is a CSV or TSV file with the columns member_id, display_name, email and, optionally,
    jira_account_id and team (or Name, E-mail and similar names), or another table: a Parquet or JSON
    file, file.duckdb#table, file.sqlite#table, or a SELECT query. If SOURCE contains an error, nothing is
    imported. Decisions about accounts are kept.

    GitHub's members: team import github.duckdb#members --member-id login --display-name name
    """
    columns = MemberColumns(member_id, display_name, email, account_id, team_column)
    members = read_members(source, columns, notice=invocation.say)
    with open_state(invocation.settings) as state:
        before = {member.member_id for member in state.team.members()}
        count = state.team.replace(members)
        overrides = state.team.overrides()
    now = {member.member_id for member in members}
    invocation.say(
        f"{counted(count, 'member')} imported: {len(now - before)} added, {len(before - now)} removed."
    )
    for override in overrides:
        if override.member_id and override.member_id not in now:
            invocation.say(
                f"Account {override.account_id} was matched by hand to {override.member_id}, who is "
                f"not on the team. To undo it: `jira-assets users reset {override.account_id}`."
            )
    if invocation.settings.team:
        invocation.say(
            "JIRA_ASSETS_TEAM is set: the next sync or publish reads the team from that source again."
        )
    else:
        invocation.say("`jira-assets publish` updates the matches; Dagster does so within a minute.")


@team.command("list")
@click.option("--json", "as_json", is_flag=True, help="Objects of member_id, display_name, email, …")
@pass_invocation
def list_(invocation: Invocation, as_json: bool) -> None:
    """List the team members."""
    with open_state(invocation.settings) as state:
        members = state.team.members()
    if as_json:
        write_json(members)
    else:
        columns = ["member", "name", "team", "e-mail", "Jira account"]
        rows = [(m.member_id, m.display_name, m.team, m.email, m.jira_account_id) for m in members]
        write_table(columns, rows)
