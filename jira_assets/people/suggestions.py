"""Whom an account may belong to, and why one may think so: for people to look at, never applied.

Both sides leave clues. A member leaves all that a name, an address and an id tell; an account asks for the
clues that would fit it, the surest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jira_assets.people.names import (
    accented_words,
    fold_name,
    mailbox,
    plain_user_name,
    spellings,
    without_digits,
)
from jira_assets.people.nicknames import other_forms
from jira_assets.state.models import TeamMember

Clue = tuple[str, ...]
Words = tuple[str, ...]

MOST = 5
"""More than this is of no use."""

OTHER_PUNCTUATION = "same name except for punctuation"
SAME_LETTERS = "same name without accents"
OTHER_ORDER = "same name in a different order"
SAME_MAILBOX = "same local part of the e-mail"
SAME_PLAIN_MAILBOX = "same local part of the e-mail except for punctuation"
EMAIL_SPELLS_NAME = "local part of the e-mail spells the name"
NAME_SPELLS_EMAIL = "name spells the local part of the member's e-mail"
FORMS_OF_ONE_NAME = "same last name, and first names that are forms of one name"
WITHOUT_MIDDLE = "same name without a middle name"
EMAIL_IS_ID = "local part of the e-mail is the member's id"
NAME_IS_ID = "display name is the member's id"
NAME_IS_EMAIL = "display name is the local part of the member's e-mail"
NAME_RUN_TOGETHER = "display name is the member's name run together"
EMAIL_SHORTENS_NAME = "local part of the e-mail shortens the name"
NAME_SHORTENED_IN_EMAIL = "local part of the member's e-mail shortens the name"
NAME_SHORTENED = "display name shortens the member's name"
INITIALS = "initials fit the name"


def but_digits(why: str) -> str:
    """Return the weaker reason, where digits follow what is alike."""
    return f"{why} except for the trailing digits"


REASONS = (
    OTHER_PUNCTUATION,
    SAME_LETTERS,
    OTHER_ORDER,
    SAME_MAILBOX,
    SAME_PLAIN_MAILBOX,
    EMAIL_SPELLS_NAME,
    NAME_SPELLS_EMAIL,
    FORMS_OF_ONE_NAME,
    WITHOUT_MIDDLE,
    EMAIL_IS_ID,
    NAME_IS_ID,
    NAME_IS_EMAIL,
    NAME_RUN_TOGETHER,
    EMAIL_SHORTENS_NAME,
    NAME_SHORTENED_IN_EMAIL,
    NAME_SHORTENED,
    but_digits(EMAIL_SPELLS_NAME),
    but_digits(NAME_SPELLS_EMAIL),
    but_digits(NAME_RUN_TOGETHER),
    but_digits(EMAIL_SHORTENS_NAME),
    but_digits(NAME_SHORTENED_IN_EMAIL),
    but_digits(NAME_SHORTENED),
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
    yield from _as_written(member.display_name)
    for words in spellings(member.display_name):
        yield ("name", *words)
        yield ("words", *sorted(words))
        yield from _lengths(words)
        yield from _initials(words)
        yield from _given_and_family(words)
        yield from _run_together(words)
    address = mailbox(member.email)
    if local := _telling(plain_user_name(address)):
        yield ("mailbox", address)
        yield ("local", local)
        if (letters := without_digits(local)) != local:
            yield ("local but digits", letters)
    if user_name := _telling(plain_user_name(member.member_id)):
        yield ("id", user_name)


def account_clues(display_name: str, email: str | None) -> Iterator[tuple[str, Clue]]:
    """List what would fit an account, each with the reason it stands for."""
    yield from ((OTHER_PUNCTUATION, clue) for clue in _as_written(display_name))
    for words in sorted(spellings(display_name)):
        yield SAME_LETTERS, ("name", *words)
        yield OTHER_ORDER, ("words", *sorted(words))
        yield from _clues_to_an_address(words)
        yield from ((WITHOUT_MIDDLE, _opposite(clue)) for clue in _lengths(words))
        yield from ((INITIALS, _opposite(clue)) for clue in [*_initials(words), *_initials(words[::-1])])
        yield from _other_first_names(words)
    address = mailbox(email)
    if local := _telling(plain_user_name(address)):
        yield SAME_MAILBOX, ("mailbox", address)
        yield SAME_PLAIN_MAILBOX, ("local", local)
        yield EMAIL_IS_ID, ("id", local)
        yield from _clues_to_a_name(local, EMAIL_SPELLS_NAME, EMAIL_SHORTENS_NAME)
    user_name = "" if " " in fold_name(display_name) else _telling(plain_user_name(display_name))
    if user_name:
        yield NAME_IS_ID, ("id", user_name)
        yield NAME_IS_EMAIL, ("local", user_name)
        yield from _clues_to_a_name(user_name, NAME_RUN_TOGETHER, NAME_SHORTENED)


def _clues_to_a_name(text: str, spells: str, shortens: str) -> Iterator[tuple[str, Clue]]:
    """Ask for the names that a user name is made of, with or without the digits at its end."""
    yield spells, ("spelled", text)
    yield shortens, ("shortened", text)
    if (letters := without_digits(text)) != text:
        yield but_digits(spells), ("spelled", letters)
        yield but_digits(shortens), ("shortened", letters)


def _clues_to_an_address(words: Words) -> Iterator[tuple[str, Clue]]:
    """Ask for the mailboxes that are made of a name."""
    for kind, text in _run_together(words):
        why = NAME_SPELLS_EMAIL if kind == "spelled" else NAME_SHORTENED_IN_EMAIL
        yield why, ("local", text)
        yield but_digits(why), ("local but digits", text)


def _as_written(name: str) -> Iterator[Clue]:
    if words := accented_words(name):
        yield ("as written", *words)


def _other_first_names(words: Words) -> Iterator[tuple[str, Clue]]:
    for _, given, family in _given_and_family(words):
        for other in sorted(other_forms(given)):
            yield FORMS_OF_ONE_NAME, ("given", other, family)


def _given_and_family(words: Words) -> Iterator[Clue]:
    """Read a name both ways: given name first, family name first."""
    if len(words) >= 2:
        for given, family in {(words[0], words[-1]), (words[-1], words[0])}:
            if not _is_initial(family):
                yield ("given", given, family)


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


def _run_together(words: Words) -> Iterator[Clue]:
    """Spell or shorten a name the ways in which user names are made of it."""
    if len(words) < 2:
        return
    first, last = words[0], words[-1]
    whole = {first + last, last + first}
    shortened = {first[0] + last, first + last[0], last + first[0]} - whole
    yield from (("spelled", text) for text in sorted(whole) if _telling(text))
    yield from (("shortened", text) for text in sorted(shortened) if _telling(text))


def _telling(text: str) -> str:
    return text if len(text) >= 3 and without_digits(text) not in NOBODYS else ""


def _is_initial(word: str) -> bool:
    # Where letters have no case, a single one may well be a whole name.
    return len(word) == 1 and word.upper() != word.lower()
