"""Ids and keys that carry the short name of their site.

Jira numbers issues, projects, statuses and sprints anew on every site. Those of the first site of a home are
written as Jira has them, those of a further site with its short name before them: `acme:10001`, `acme:PAY`.
Account ids are the same on all sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SEPARATOR = ":"
CUSTOM_FIELD = "customfield_"
_SHORT_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")


def read_short_name(text: str) -> str:
    """Return the short name of a site; raises `ValueError`, whose text continues a sentence, for others."""
    name = text.strip().lower()
    if not _SHORT_NAME.fullmatch(name):
        raise ValueError(
            f"'{text}' is not a short name of a site: use a letter, then up to 29 letters, digits or hyphens"
        )
    return name


def prefix_of(short_name: str | None) -> str:
    """Return what stands before the ids and keys of a site; nothing for the first one."""
    return f"{short_name}{SEPARATOR}" if short_name else ""


def qualify_field(prefix: str, field_id: str) -> str:
    """Return the id of a field with that prefix; the fields that all sites have keep their ids."""
    return prefix + field_id if field_id.startswith(CUSTOM_FIELD) else field_id


def fields_of_site(prefix: str, names: Iterable[str]) -> Iterator[str]:
    """Name, as a site does, those of the fields that are on the site with that prefix."""
    for name in names:
        start, own = split(name)
        if not own.startswith(CUSTOM_FIELD):
            yield name
        elif start == prefix:
            yield own


def split(value: str) -> tuple[str, str]:
    """Return the prefix of an id or a key, and the id or key as Jira has it."""
    name, separator, rest = value.rpartition(SEPARATOR)
    return f"{name}{separator}", rest
