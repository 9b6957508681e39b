"""When two names, or two e-mail addresses, are the same."""

from __future__ import annotations

import unicodedata


def fold_email(email: str | None) -> str:
    """Fold an address for comparing; absent, null and empty are alike: nothing."""
    return (email or "").strip().casefold()


def fold_name(name: str) -> str:
    """Fold a display name for comparing: case, blanks and Unicode's several spellings of one text."""
    # Casefolding can undo the normal form ("İ" becomes two characters), hence normalized on both sides of it.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())


def name_words(name: str) -> frozenset[str]:
    """Reduce a name to its words without accents and order: for suggestions, never for a match."""
    letters = unicodedata.normalize("NFKD", fold_name(name))
    plain = "".join(" " if not c.isalnum() else c for c in letters if not unicodedata.combining(c))
    return frozenset(plain.split())
