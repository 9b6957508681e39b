"""The members of the team, found by what an account shows of itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from jira_assets.people.names import fold_email, fold_name
from jira_assets.state.models import TeamMember

K = TypeVar("K", bound=Hashable)


class MemberIndex:
    """Member ids, sorted, by account id, e-mail and name; nothing is found by an empty value."""

    def __init__(self, members: Sequence[TeamMember]) -> None:
        self.ids = {member.member_id for member in members}
        self.with_account = {member.member_id for member in members if _account(member)}
        self._by_account = _group(members, _account)
        self._by_email = _group(members, lambda member: fold_email(member.email))
        self._by_name = _group(members, _name)

    def by_account(self, account_id: str) -> list[str]:
        """Find the members whose entry names this account."""
        return self._by_account.get(account_id, [])

    def by_email(self, email: str | None) -> list[str]:
        """Find the members of this address."""
        return self._by_email.get(fold_email(email), [])

    def by_name(self, display_name: str) -> list[str]:
        """Find the members of this name."""
        return self._by_name.get(fold_name(display_name), [])


def count_names(names: Iterable[str]) -> Counter[str]:
    """Count how many accounts bear each name, folded."""
    return Counter(fold_name(name) for name in names)


def _account(member: TeamMember) -> str:
    return (member.jira_account_id or "").strip()


def _name(member: TeamMember) -> str:
    # Who is listed under a user name for want of a name is not found by it: it may be anyone's elsewhere.
    name = fold_name(member.display_name)
    return "" if " " not in name and name == fold_name(member.member_id) else name


def _group(members: Sequence[TeamMember], key: Callable[[TeamMember], K]) -> dict[K, list[str]]:
    groups: defaultdict[K, set[str]] = defaultdict(set)
    for member in members:
        if value := key(member):
            groups[value].add(member.member_id)
    return {value: sorted(ids) for value, ids in groups.items()}
