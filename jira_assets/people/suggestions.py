"""Whom an account may belong to, and why one may think so: for people to look at, never applied.

Both sides leave clues. A member leaves all that a name, an address and an id tell; an account asks for the
clues that would fit it, the surest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jira_assets.people.names import fold_name, local_part, plain_user_name, spellings
from jira_assets.state.records import TeamMember

Clue = tuple[str, ...]
Words = tuple[str, ...]

MOST = 5
"""More than this, nobody looks at."""

SAME_LETTERS = "same name without accents"
OTHER_ORDER = "same name in another order"
WITHOUT_MIDDLE = "same name without a middle one"
INITIALS = "initials fit the name"
SAME_LOCAL_PART = "same local part of the e-mail"
EMAIL_SPELLS_NAME = "local part of the e-mail spells the name"
NAME_SPELLS_EMAIL = "name spells the local part of the member's e-mail"
USER_NAME = "user name fits"

REASONS = (
    SAME_LETTERS,
    OTHER_ORDER,
    SAME_LOCAL_PART,
    EMAIL_SPELLS_NAME,
    NAME_SPELLS_EMAIL,
    WITHOUT_MIDDLE,
    USER_NAME,
    INITIALS,
)
"""The surest first."""

NOBODYS = frozenset(
    ("admin", "contact", "hello", "info", "jira", "mail", "noreply", "office", "sales", "support", "team")
)
"""Local parts that say nothing about a person."""


@dataclass(frozen=True)
class Suggestion:
    """A member that an account may belong to, and why."""

    member_id: str
    why: str


class Suggester:
    """Suggests members for accounts; the order of the members changes nothing."""

    def __init__(self, members: Sequence[TeamMember]) -> None:
        found: defaultdict[Clue, set[str]] = defaultdict(set)
        for member in members:
            for clue in member_clues(member):
                found[clue].add(member.member_id)
        self._by_clue = {clue: sorted(ids) for clue, ids in found.items()}

    def suggest(
        self, display_name: str, email: str | None, *, without: Sequence[str] = ()
    ) -> tuple[Suggestion, ...]:
        """List likely members, the likeliest first, each once with the best reason."""
        found = {
            (member_id, REASONS.index(why))
            for why, clue in account_clues(display_name, email)
            for member_id in self._by_clue.get(clue, ())
            if member_id not in without
        }
        best = dict(sorted(found, key=lambda pair: -pair[1]))
        ranked = sorted((rank, member_id) for member_id, rank in best.items())
        return tuple(Suggestion(member_id, REASONS[rank]) for rank, member_id in ranked[:MOST])


def member_clues(member: TeamMember) -> Iterator[Clue]:
    """List everything that an account may be recognized by."""
    for words in spellings(member.display_name):
        yield ("name", *words)
        yield ("words", *sorted(words))
        yield from _lengths(words)
        yield from _initials(words)
        yield from (("spelled", text) for text in _run_together(words))
    if local := _telling(local_part(member.email)):
        yield ("local", local)
    if user_name := _telling(plain_user_name(member.member_id)):
        yield ("id", user_name)


def account_clues(display_name: str, email: str | None) -> Iterator[tuple[str, Clue]]:
    """List what would fit an account, each with the reason it stands for."""
    names, local = spellings(display_name), _telling(local_part(email))
    for words in sorted(names):
        yield SAME_LETTERS, ("name", *words)
        yield OTHER_ORDER, ("words", *sorted(words))
    if local:
        yield SAME_LOCAL_PART, ("local", local)
        yield EMAIL_SPELLS_NAME, ("spelled", local)
        yield USER_NAME, ("id", local)
    for words in sorted(names):
        yield from ((NAME_SPELLS_EMAIL, ("local", text)) for text in _run_together(words))
        yield from ((WITHOUT_MIDDLE, _opposite(clue)) for clue in _lengths(words))
        yield from ((INITIALS, _opposite(clue)) for clue in [*_initials(words), *_initials(words[::-1])])
    if " " not in fold_name(display_name) and (user_name := _telling(plain_user_name(display_name))):
        yield from ((USER_NAME, (kind, user_name)) for kind in ("local", "spelled", "id"))


def _lengths(words: Words) -> Iterator[Clue]:
    if len(words) >= 2 and not (_is_initial(words[0]) or _is_initial(words[-1])):
        yield ("short" if len(words) == 2 else "long", words[0], words[-1])


def _initials(words: Words) -> Iterator[Clue]:
    """Say how a name is, or could be, shortened: A. Silva, Ana S."""
    if len(words) < 2:
        return
    first, last = words[0], words[-1]
    if _is_initial(first) and not _is_initial(last):
        yield ("shortened first", first, last)
    elif _is_initial(last) and not _is_initial(first):
        yield ("shortened last", first, last)
    elif not _is_initial(first):
        yield ("whole first", first[0], last)
        yield ("whole last", first, last[0])


_OPPOSITES = {
    "short": "long",
    "long": "short",
    "shortened first": "whole first",
    "whole first": "shortened first",
    "shortened last": "whole last",
    "whole last": "shortened last",
}


def _opposite(clue: Clue) -> Clue:
    """Ask for the other kind: two whole names that share an initial have nothing in common."""
    return (_OPPOSITES[clue[0]], *clue[1:])


def _run_together(words: Words) -> Iterator[str]:
    """Spell a name the ways in which user names are made of it."""
    if len(words) < 2:
        return
    first, last = words[0], words[-1]
    for text in (first + last, last + first, first[0] + last, first + last[0], last + first[0]):
        if _telling(text):
            yield text


def _telling(text: str) -> str:
    return text if len(text) >= 3 and text not in NOBODYS else ""


def _is_initial(word: str) -> bool:
    # Where letters have no case, a single one may well be a whole name.
    return len(word) == 1 and word.upper() != word.lower()
