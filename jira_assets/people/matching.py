"""Which Jira account belongs to which member of the team."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from jira_assets.people.index import MemberIndex, count_names
from jira_assets.people.names import fold_email, fold_name
from jira_assets.people.redaction import FORGOTTEN
from jira_assets.people.suggestions import Suggester, Suggestion
from jira_assets.state.models import TeamMember, UserOverride

Rule = Literal["override", "account_id", "email", "display_name"]

FORMER_USER = "former user"
"""The name, folded, that Jira gives to every account that was deleted."""
UNKNOWN_ACCOUNT = "unknown"
"""The id that Jira gives to every account whose record is corrupt: it has no owner."""

NAMELESS_TYPES = ("app", "customer")
"""Accounts of these types have no owner by their name: it is chosen freely."""


@dataclass(frozen=True)
class Person:
    """An account of the Jira site."""

    account_id: str
    display_name: str
    email: str | None = None
    account_type: str = "atlassian"
    is_active: bool = True


@dataclass(frozen=True)
class Match:
    """An account, the member it belongs to, and the rule that says so."""

    account_id: str
    member_id: str
    matched_by: Rule


@dataclass(frozen=True)
class Unmatched:
    """An account that belongs to no known member, and why.

    `candidates` are the members of its very name or address; `suggestions` those that only resemble it.
    """

    account_id: str
    reason: str
    candidates: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True)
class Matching:
    """Every account of the site in exactly one of two lists, each in the order of account ids."""

    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]


def match_people(
    people: Sequence[Person],
    members: Sequence[TeamMember],
    overrides: Iterable[UserOverride] = (),
    kept: Mapping[str, str] = MappingProxyType({}),
) -> Matching:
    """Match accounts with members: by override, account id, e-mail, then display name.

    `people` are all people of the site, not those of one project: whether a name is unique depends on it.
    `kept` names the member of each account that an e-mail gave it to before: that stands while the address is
    hidden. An address that is shown is believed as it is now.

    A member may own several accounts by override, account id or e-mail. An e-mail decides if exactly one
    member has it. A display name decides if it names exactly one account of the site and exactly one member;
    if the account is no app, no customer and not deleted; and if nothing stronger gives that member an
    account: neither a match nor an account id in the team's file. Someone whose account is known and whose
    name turns up on another account has, as likely as not, a namesake; such an account is reported with the
    member as its candidate.

    An override that names someone who left the team leaves the account unmatched: what a person decided is
    not replaced by a rule.
    """
    distinct = _distinct(people)
    index = MemberIndex(members)
    suggester = Suggester(members)
    decisions = {override.account_id: override.member_id for override in overrides}
    strong = [match for person in distinct if (match := _match_strongly(person, index, decisions, kept))]
    settled = {match.account_id for match in strong}
    taken = {match.member_id for match in strong} | index.with_account
    names = count_names(person.display_name for person in distinct)
    matches, unmatched = strong, []
    for person in distinct:
        if person.account_id in settled:
            continue
        if reason := _why_unmatched(person, index, decisions, names[fold_name(person.display_name)], taken):
            unmatched.append(_unmatched(person, reason, index, decisions, suggester))
        else:
            (member_id,) = index.by_name(person.display_name)
            matches.append(Match(person.account_id, member_id, "display_name"))
    return Matching(tuple(sorted(matches, key=lambda match: match.account_id)), tuple(unmatched))


def _distinct(people: Iterable[Person]) -> list[Person]:
    # An account can be listed twice, by the site and by an issue; the copy that shows an e-mail knows more.
    # The rest of the key only makes the choice independent of the order.
    ranked = sorted(people, key=lambda person: (bool(fold_email(person.email)), repr(person)))
    by_id = {person.account_id: person for person in ranked}
    return [by_id[account_id] for account_id in sorted(by_id)]


def _match_strongly(
    person: Person, index: MemberIndex, decisions: Mapping[str, str | None], kept: Mapping[str, str]
) -> Match | None:
    account_id = person.account_id
    if account_id in decisions:
        chosen = decisions[account_id]
        return Match(account_id, chosen, "override") if chosen in index.ids else None
    claimed = index.by_account(account_id)
    if len(claimed) == 1:
        return Match(account_id, claimed[0], "account_id")
    addressed = index.by_email(person.email)
    if len(addressed) == 1:
        return Match(account_id, addressed[0], "email")
    before = None if _is_forgotten(person) else kept.get(account_id)
    if before in index.ids and not fold_email(person.email):
        return Match(account_id, before, "email")
    return None


def _why_unmatched(
    person: Person, index: MemberIndex, decisions: Mapping[str, str | None], namesakes: int, taken: set[str]
) -> str | None:
    """Say why the display name does not decide; None when it does."""
    if person.account_id in decisions:
        chosen = decisions[person.account_id]
        return f"matched by hand to {chosen}, who is not on the team" if chosen else "ignored"
    if person.account_type in NAMELESS_TYPES:
        return f"{person.account_type} account"
    if _is_forgotten(person):
        return "forgotten"
    if _is_former(person):
        return FORMER_USER
    named = index.by_name(person.display_name)
    if not named:
        shown = "e-mail unknown" if fold_email(person.email) else "no e-mail visible"
        return f"{shown} and no member with that name"
    if namesakes > 1:
        return f"display name is shared by {namesakes} accounts"
    if len(named) > 1:
        return f"display name is shared by {len(named)} members"
    return "the member of that name has another account" if named[0] in taken else None


def _is_former(person: Person) -> bool:
    return fold_name(person.display_name) == FORMER_USER or person.account_id == UNKNOWN_ACCOUNT


def _is_forgotten(person: Person) -> bool:
    return person.display_name == FORGOTTEN


def _unmatched(
    person: Person,
    reason: str,
    index: MemberIndex,
    decisions: Mapping[str, str | None],
    suggester: Suggester,
) -> Unmatched:
    if _is_former(person) or _is_forgotten(person):
        return Unmatched(person.account_id, reason)
    candidates = sorted({*index.by_email(person.email), *index.by_name(person.display_name)})
    if person.account_id in decisions or person.account_type in NAMELESS_TYPES:
        return Unmatched(person.account_id, reason, tuple(candidates))
    suggestions = suggester.suggest(person.display_name, person.email, without=candidates)
    return Unmatched(person.account_id, reason, tuple(candidates), suggestions)
