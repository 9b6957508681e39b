"""When two names, or two e-mail addresses, are the same; and what remains of them as plain letters."""

from __future__ import annotations

import re
import unicodedata

_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
_TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


def fold_email(email: str | None) -> str:
    """Fold an address for comparing; absent, null and empty are alike: nothing."""
    return (email or "").strip().casefold()


def fold_name(name: str) -> str:
    """Fold a display name for comparing: case, blanks and Unicode's several spellings of one text."""
    # Casefolding can undo the normal form ("İ" becomes two characters), hence normalized on both sides of it.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def spellings(name: str) -> set[tuple[str, ...]]:
    """List the words of a name without accents and marks: Müller is Muller, and Mueller too.

    For suggestions, never for a match.
    """
    folded = fold_name(name)
    return {words for text in (folded, folded.translate(_TRANSCRIBED)) if (words := _plain_words(text))}


def accented_words(name: str) -> tuple[str, ...]:
    """List the words of a name as they are written, without the punctuation in and between them."""
    return _words(unicodedata.normalize("NFC", fold_name(name)))


def mailbox(email: str | None) -> str:
    """Return the local part of an address without its tag: Ana.Silva2+jira@acme.com is ana.silva2."""
    return fold_email(email).partition("@")[0].partition("+")[0]


def plain_user_name(name: str) -> str:
    """Reduce a user name or a local part to its letters and digits: ana.silva2 is anasilva2."""
    return "".join(_plain_words(fold_name(name)))


def without_digits(text: str) -> str:
    """Drop the digits at the end, which tell one mailbox from another: anasilva2 is anasilva."""
    return text.rstrip("0123456789")


def _plain_words(folded: str) -> tuple[str, ...]:
    letters = unicodedata.normalize("NFKD", folded.translate(_UNDECOMPOSED))
    return _words("".join(c for c in letters if not unicodedata.combining(c)))


def _words(text: str) -> tuple[str, ...]:
    # An apostrophe stands inside a word; vowel signs of other scripts are marks, and part of it.
    text = re.sub("['`\u02bc\u2019]", "", text)
    return tuple("".join(c if _is_of_a_word(c) else " " for c in text).split())


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")
