"""Find the columns of a team's file by the names that spreadsheets and exports give them."""

from __future__ import annotations

import re
from collections.abc import Sequence

SYNONYMS = {
    "email": ("e_mail", "mail", "email_address", "e_mail_address", "work_email", "emailaddress"),
    "display_name": ("name", "full_name", "fullname", "displayname", "member_name"),
    "member_id": ("id", "member", "memberid", "login", "username", "user_name", "employee_id"),
    "jira_account_id": ("account_id", "accountid", "jira_account", "jira_id", "atlassian_account_id"),
    "team": ("team_name", "teamname", "squad", "squad_name"),
}
"""Other names of the usual columns; they count where a column of the usual name is missing."""


def find_column(name: str, header: Sequence[str]) -> list[int]:
    """Return the places of the column of this name or, where there is none, of those of its other names."""
    folded = [fold_column(cell) for cell in header]
    wanted = fold_column(name)
    exact = [place for place, found in enumerate(folded) if found == wanted]
    return exact or [place for place, found in enumerate(folded) if found in SYNONYMS.get(wanted, ())]


def fold_column(name: str) -> str:
    """Make the spellings of a column's name equal: case, blanks, hyphens."""
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()
