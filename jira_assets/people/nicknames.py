"""Forms of one first name: Mike and Michael, Steve and Stephen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("nicknames.txt")


def other_forms(first_name: str) -> frozenset[str]:
    """Return the other forms of a first name; both sides are words as `names.spellings` returns them."""
    return _forms().get(first_name, frozenset())


@cache
def _forms() -> Mapping[str, frozenset[str]]:
    forms: defaultdict[str, set[str]] = defaultdict(set)
    for line in TABLE.read_text("utf-8").splitlines():
        names = [] if line.startswith("#") else line.split()
        for name in names:
            forms[name].update(names)
    return {name: frozenset(alike - {name}) for name, alike in forms.items()}
