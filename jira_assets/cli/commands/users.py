"""`jira-assets users`: the accounts without a team member, and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from jira_assets.cli.account_lookup import account_names, find_account
from jira_assets.cli.commands.forget import forget, forgotten
from jira_assets.cli.completion import complete_tracked_keys
from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.output import write_json, write_json_rows, write_table
from jira_assets.cli.project_keys import PROJECT_KEY
from jira_assets.cli.wiring import open_state, open_warehouse
from jira_assets.formatting import ago, counted
from jira_assets.people.lookup import find_member
from jira_assets.warehouse.models import column_names

_UNMATCHED = column_names("jira_unmatched_users")
_WHEN = "`jira-assets publish` applies it; Dagster does so within a minute."
_SHOWN = ("account_id", "name", "e-mail", "projects", "issues", "reason", "it may be")


@click.group()
def users() -> None:
    """Show accounts without a team member, match or ignore them, and erase people."""


users.add_command(forget)
users.add_command(forgotten)


@users.command()
@click.argument("keys", nargs=-1, type=PROJECT_KEY, shell_complete=complete_tracked_keys)
@click.option("--all", "everything", is_flag=True, help="Include ignored accounts.")
@click.option("--json", "as_json", is_flag=True, help="Objects with the columns of jira_unmatched_users.")
@pass_invocation
def unmatched(invocation: Invocation, keys: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """List the accounts without a team member, as of the last publish, most active first.

    KEYS are project keys. Without KEYS, all projects are included. The table has a row per account. With
    --json, there is an object per account and project.
    """
    if keys:
        with open_state(invocation.settings) as state:
            state.projects.find(keys)
    rows = _read_unmatched(invocation, keys, everything)
    if as_json:
        write_json_rows(_UNMATCHED, rows)
        return
    accounts = _by_account([dict(zip(_UNMATCHED, row, strict=True)) for row in rows])
    write_table(_SHOWN, map(_row, accounts))
    invocation.say(f"{counted(len(accounts), 'account')} without a team member.")
    if rows:
        invocation.say(
            "Match or ignore accounts with `jira-assets users match ACCOUNT MEMBER` or `users ignore "
            "ACCOUNT`."
        )


@users.command()
@click.argument("account")
@click.argument("member")
@pass_invocation
def match(invocation: Invocation, account: str, member: str) -> None:
    """Match the account ACCOUNT to the member MEMBER. This overrides all matching rules.

    ACCOUNT is an account id, or an e-mail address or name that only one account has. MEMBER is a member id,
    or an e-mail address or name that only one member has. Importing the team again keeps the decision.
    """
    account_id = find_account(invocation.settings, account)
    with open_state(invocation.settings) as state:
        found = find_member(state.team.members(), member)
        state.team.set_override(account_id, found.member_id)
    _mention_unseen(invocation, [account_id])
    invocation.say(f"{account_id} belongs to {found.display_name} ({found.member_id}). {_WHEN}")


@users.command()
@click.argument("accounts", nargs=-1, required=True)
@pass_invocation
def ignore(invocation: Invocation, accounts: tuple[str, ...]) -> None:
    """Ignore these accounts: no rule matches them any more."""
    account_ids = [find_account(invocation.settings, account) for account in accounts]
    with open_state(invocation.settings) as state:
        for account_id in account_ids:
            state.team.set_override(account_id, None)
    _mention_unseen(invocation, account_ids)
    invocation.say(f"Ignored: {', '.join(account_ids)}. {_WHEN}")


@users.command()
@click.argument("accounts", nargs=-1, required=True)
@pass_invocation
def reset(invocation: Invocation, accounts: tuple[str, ...]) -> None:
    """Remove the decisions about these accounts. The matching rules apply again."""
    with open_state(invocation.settings) as state:
        decided = {override.account_id for override in state.team.overrides()}
        account_ids = [
            account if account in decided else find_account(invocation.settings, account)
            for account in accounts
        ]
        forgotten = [account_id for account_id in account_ids if state.team.forget_override(account_id)]
    for account_id in account_ids:
        if account_id not in forgotten:
            invocation.say(f"There is no decision about {account_id}.")
    if forgotten:
        invocation.say(f"Decisions removed, the matching rules apply again: {', '.join(forgotten)}. {_WHEN}")


@users.command()
@click.option("--json", "as_json", is_flag=True, help="Objects of account_id, member_id, decided_at.")
@pass_invocation
def decided(invocation: Invocation, as_json: bool) -> None:
    """List all decisions about accounts in this state."""
    with open_state(invocation.settings) as state:
        overrides = state.team.overrides()
        members = {member.member_id: member.display_name for member in state.team.members()}
    if as_json:
        write_json(overrides)
        return
    accounts = account_names(invocation.settings)
    rows = [
        (
            each.account_id,
            accounts.get(each.account_id),
            each.member_id or "ignored",
            members.get(each.member_id or ""),
            ago(each.decided_at),
        )
        for each in overrides
    ]
    write_table(["account_id", "name", "member_id", "member", "decided"], rows)


def _by_account(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Put the rows of each account together, in the order in which the accounts come first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["account_id"], []).append(row)
    return list(found.values())


def _row(rows: Sequence[dict[str, Any]]) -> tuple[object, ...]:
    """Write the rows of one account as one."""
    first = rows[0]
    issues = sum(row["issues_assigned"] + row["issues_reported"] for row in rows)
    reasons = list(dict.fromkeys(row["reason"] for row in rows))
    projects = [row["project_key"] for row in rows]
    owners = list(dict.fromkeys(owner for row in rows for owner in _owners(row)))
    return first["account_id"], first["display_name"], first["email"], projects, issues, reasons, owners


def _owners(account: dict[str, Any]) -> list[str]:
    """Name the candidates, then the suggestions with what speaks for them."""
    suggested = zip(account["suggestions"], account["suggested_because"], strict=True)
    return [*account["candidates"], *(f"{member_id} ({why})" for member_id, why in suggested)]


def _mention_unseen(invocation: Invocation, account_ids: Sequence[str]) -> None:
    """Warn of account ids that are not in the warehouse: they are long and easily cut."""
    if not invocation.settings.warehouse_file.exists():
        return
    known = account_names(invocation.settings)
    for account_id in account_ids:
        if account_id not in known:
            invocation.say(f"The account {account_id} has not been seen yet. Check the id.")


def _read_unmatched(invocation: Invocation, keys: Sequence[str], everything: bool) -> list[tuple[Any, ...]]:
    query = f"""
        select {", ".join(_UNMATCHED)}
        from jira_unmatched_users
        where (len($keys) = 0 or list_contains($keys, project_key)) and ($everything or reason <> 'ignored')
        order by issues_assigned + issues_reported desc, display_name, account_id, project_key
    """
    with open_warehouse(invocation.settings) as warehouse:
        return warehouse.execute(query, {"keys": list(keys), "everything": everything}).fetchall()
