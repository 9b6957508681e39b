"""`jira-assets team`: the members of the team."""

from __future__ import annotations

import click

from jira_assets.cli.invocation import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_table
from jira_assets.cli.wiring import open_state
from jira_assets.people.members import MemberColumns, read_members
from jira_assets.phrases import counted


@click.group()
def team() -> None:
    """Import and list the members of the team."""


@team.command("import")
@click.argument("source")
@click.option("--member-id", metavar="COLUMN", default="member_id", help="Column of the id: login, say.")
@click.option("--display-name", metavar="COLUMN", default="display_name", help="Column of the name.")
@click.option("--email", metavar="COLUMN", default="email", help="Column of the e-mail address.")
@click.option(
    "--account-id", metavar="COLUMN", default="jira_account_id", help="Column of the Jira account, if any."
)
@pass_invocation
def import_(
    invocation: Invocation, source: str, member_id: str, display_name: str, email: str, account_id: str
) -> None:
    """Make the members in SOURCE the whole team.

    SOURCE is a CSV or TSV file with the columns member_id, display_name, email and, if wanted,
    jira_account_id (or Name, E-mail and the like); or any other table: a Parquet or JSON file,
    file.duckdb#table, file.sqlite#table, or a query that selects.
    If anything in it is wrong, nothing is imported. What was decided about accounts stays decided.

    GitHub's members: team import github.duckdb#members --member-id login --display-name name
    """
    columns = MemberColumns(member_id, display_name, email, account_id)
    members = read_members(source, columns, notice=invocation.say)
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
    if invocation.settings.team:
        invocation.say("JIRA_ASSETS_TEAM is set: the next sync or publish reads the team from there again.")
    else:
        invocation.say("`jira-assets publish` shows the matches; Dagster does within a minute.")


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
