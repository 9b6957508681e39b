"""`jira-assets users`: the accounts without a team member, and what to do about them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import click

from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.invocation import Invocation, pass_invocation
from jira_assets.cli.output import counted, write_json_rows, write_table
from jira_assets.cli.wiring import open_state, open_warehouse
from jira_assets.errors import InputError

_UNMATCHED = (
    "project_key",
    "account_id",
    "display_name",
    "email",
    "account_type",
    "reason",
    "candidates",
    "issues_assigned",
    "issues_reported",
    "last_seen_at",
)
_SHOWN = ("project_key", "display_name", "email", "reason", "candidates", "issues_assigned", "account_id")


@click.group()
def users() -> None:
    """Show the accounts without a team member, and decide about them."""


@users.command()
@click.argument("keys", nargs=-1, shell_complete=complete_tracked_keys)
@click.option("--all", "everything", is_flag=True, help="Also those that somebody decided to ignore.")
@click.option("--json", "as_json", is_flag=True, help="Objects with the columns of jira_unmatched_users.")
@pass_invocation
def unmatched(invocation: Invocation, keys: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the accounts that belong to no member of the team, busiest first, as of the last publish.

    KEYS are projects; without them, all.
    """
    rows = _read_unmatched(invocation, [key.upper() for key in keys], everything)
    if as_json:
        write_json_rows(_UNMATCHED, rows)
        return
    places = [_UNMATCHED.index(column) for column in _SHOWN]
    write_table(_SHOWN, [[row[place] for place in places] for row in rows])
    invocation.say(f"{counted(len({row[1] for row in rows}), 'account')} without a member of the team.")
    if rows:
        invocation.say("Decide with `jira-assets users match ACCOUNT MEMBER` or `users ignore ACCOUNT`.")


@users.command()
@click.argument("account_id")
@click.argument("member_id")
@pass_invocation
def match(invocation: Invocation, account_id: str, member_id: str) -> None:
    """Decide that the account ACCOUNT_ID belongs to the member MEMBER_ID; it is stronger than every rule."""
    with open_state(invocation.settings) as state:
        known = [member.member_id for member in state.team_members()]
        if member_id not in known:
            close = difflib.get_close_matches(member_id, known)
            raise InputError(
                f"No member of the team has the id {member_id}.",
                f"Did you mean {' or '.join(close)}?" if close else "`jira-assets team list` shows them all.",
            )
        state.set_override(account_id, member_id)
    _mention_unseen(invocation, [account_id])
    invocation.say(f"{account_id} belongs to {member_id} from the next sync on.")


@users.command()
@click.argument("account_ids", nargs=-1, required=True)
@pass_invocation
def ignore(invocation: Invocation, account_ids: tuple[str, ...]) -> None:
    """Decide that these accounts are nobody's; no rule matches them any more."""
    with open_state(invocation.settings) as state:
        for account_id in account_ids:
            state.set_override(account_id, None)
    _mention_unseen(invocation, account_ids)
    invocation.say(f"Ignored from the next sync on: {', '.join(account_ids)}.")


@users.command()
@click.argument("account_ids", nargs=-1, required=True)
@pass_invocation
def forget(invocation: Invocation, account_ids: tuple[str, ...]) -> None:
    """Take back what was decided about these accounts; the rules apply again."""
    with open_state(invocation.settings) as state:
        for account_id in account_ids:
            if not state.forget_override(account_id):
                invocation.say(f"Nothing was decided about {account_id}.")


def _mention_unseen(invocation: Invocation, account_ids: Sequence[str]) -> None:
    """Warn of account ids that nobody has, as far as the warehouse knows: they are long and easily cut."""
    if not invocation.settings.warehouse_file.exists():
        return
    query = "select account_id from jira_users where list_contains($ids, account_id)"
    with open_warehouse(invocation.settings) as warehouse:
        seen = {row[0] for row in warehouse.execute(query, {"ids": list(account_ids)}).fetchall()}
    for account_id in account_ids:
        if account_id not in seen:
            invocation.say(f"No account {account_id} was seen so far: check the id.")


def _read_unmatched(invocation: Invocation, keys: list[str], everything: bool) -> list[tuple[Any, ...]]:
    query = f"""
        select {", ".join(_UNMATCHED)}
        from jira_unmatched_users
        where (len($keys) = 0 or list_contains($keys, project_key)) and ($everything or reason <> 'ignored')
        order by issues_assigned + issues_reported desc, display_name, account_id, project_key
    """
    with open_warehouse(invocation.settings) as warehouse:
        return warehouse.execute(query, {"keys": keys, "everything": everything}).fetchall()
