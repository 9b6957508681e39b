"""Find the account, or the member, that somebody means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from jira_assets.cli.wiring import open_warehouse
from jira_assets.errors import InputError
from jira_assets.people.names import fold_email
from jira_assets.settings import Settings
from jira_assets.state.records import TeamMember

_ACCOUNTS = """
    select account_id
    from jira_users
    where account_id = $words or lower(trim(email)) = $folded or lower(trim(display_name)) = $folded
    order by account_id = $words desc, account_id
"""


def find_account(settings: Settings, words: str) -> str:
    """Find the account of this id, address or name; what nobody has is taken for an id."""
    found = accounts_called(settings, words)
    if len(found) > 1 and found[0] != words:
        raise InputError(
            f"{len(found)} accounts are called {words}: {', '.join(found)}.", "Name one of them by its id."
        )
    return found[0] if found else words


def accounts_called(settings: Settings, words: str) -> list[str]:
    """List the accounts of this id, address or name that the warehouse knows, that of the id first."""
    if not settings.warehouse_file.exists():
        return [words]
    with open_warehouse(settings) as warehouse:
        given = {"words": words, "folded": fold_email(words)}
        return [str(row[0]) for row in warehouse.execute(_ACCOUNTS, given).fetchall()]


def find_member(members: Sequence[TeamMember], words: str) -> str:
    """Find the member of this id or address."""
    ids = [member.member_id for member in members]
    if words in ids:
        return words
    addressed = [member.member_id for member in members if fold_email(member.email) == fold_email(words)]
    if len(addressed) == 1:
        return addressed[0]
    close = difflib.get_close_matches(words, ids)
    raise InputError(
        f"No member of the team has the id {words}.",
        f"Did you mean {' or '.join(close)}?" if close else "`jira-assets team list` shows them all.",
    )
