"""Find the member of the team that a person names, by the same rules wherever one is typed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from jira_assets.errors import InputError
from jira_assets.people.names import fold_email, fold_name
from jira_assets.state.models import TeamMember

MOST_NAMED = 10
"""More candidates than this are counted, not listed."""


def find_member(members: Sequence[TeamMember], words: str) -> TeamMember:
    """Find a member by id, or by an e-mail address or a name that only one member has.

    An id as it is written wins over everything. Raises `InputError` naming the candidates.
    """
    if not fold_name(words):
        raise InputError("No team member was given.", "Select one by id, e-mail address or name.")
    by_id = next((member for member in members if member.member_id == words.strip()), None)
    called = [by_id] if by_id else [member for member in members if _is_called(member, words)]
    if not called:
        raise InputError(
            f"No member of the team has the id, e-mail address or name {words}.", _remedy(members, words)
        )
    if len(called) > 1:
        raise InputError(
            f"{len(called)} team members are named {words}: {_list(called)}.",
            "Select one by id.",
        )
    return called[0]


def _is_called(member: TeamMember, words: str) -> bool:
    name, address = fold_name(words), fold_email(words)
    return name in (fold_name(member.member_id), fold_name(member.display_name)) or address == fold_email(
        member.email
    )


def _remedy(members: Sequence[TeamMember], words: str) -> str:
    if not members:
        return "The team is empty. Import it with `jira-assets team import`."
    spelt = {
        text: member
        for member in members
        for text in (fold_name(member.member_id), fold_name(member.display_name), fold_email(member.email))
        if text
    }
    close = difflib.get_close_matches(fold_name(words), spelt)
    found = {spelt[text].member_id: spelt[text] for text in close}
    return (
        f"Did you mean {_list(list(found.values()), ' or ')}?"
        if found
        else "`jira-assets team list` lists all members."
    )


def _list(members: Sequence[TeamMember], joint: str = ", ") -> str:
    listed = joint.join(f"{member.display_name} ({member.member_id})" for member in members[:MOST_NAMED])
    more = len(members) - MOST_NAMED
    return f"{listed} and {more} more" if more > 0 else listed
