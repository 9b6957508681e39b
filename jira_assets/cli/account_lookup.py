"""Find the account that someone means."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from jira_assets.cli.wiring import open_warehouse
from jira_assets.errors import InputError
from jira_assets.people.names import fold_email, fold_name
from jira_assets.settings.load import Settings

_ID = re.compile(r"(?=.*\d)[\w:.-]*")
"""What may be the id of an account that was not seen yet; a name, or a word of one, has no digit in it."""


def find_account(settings: Settings, words: str) -> str:
    """Find the account of this id, address or name; an unknown id may be of one not seen yet."""
    if not settings.warehouse_file.exists():
        return words
    accounts = _accounts(settings)
    found = _called(accounts, words)
    if len(found) > 1 and found[0] != words:
        raise InputError(
            f"{len(found)} accounts are named {words}: {', '.join(found)}.", "Select one by its id."
        )
    if not found and not _ID.fullmatch(words):
        names = sorted({name for _, *names in accounts for name in names if name})
        raise InputError(f"No account is named {words}.", _close(words, names))
    return found[0] if found else words


def account_names(settings: Settings) -> dict[str, str | None]:
    """Return the ids and names of all accounts that the warehouse knows; none before the first publish."""
    if not settings.warehouse_file.exists():
        return {}
    return {account_id: name for account_id, name, _ in _accounts(settings)}


def _accounts(settings: Settings) -> list[tuple[str, str | None, str | None]]:
    with open_warehouse(settings) as warehouse:
        return warehouse.execute("select account_id, display_name, email from jira_users").fetchall()


def _called(accounts: Sequence[tuple[str, str | None, str | None]], words: str) -> list[str]:
    """List the accounts of this id, address or name, that of the id first."""
    name, address = fold_name(words), fold_email(words)
    found = {
        account_id
        for account_id, display_name, email in accounts
        if account_id == words or fold_name(display_name or "") == name or fold_email(email) == address
    }
    return sorted(found, key=lambda account_id: (account_id != words, account_id))


def _close(words: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(words, names)
    everyone = "`jira-assets sql 'select account_id, display_name from jira_users'` lists all accounts."
    return f"Did you mean {' or '.join(close)}?" if close else everyone
