"""Read SQL files by name: `lake/derive/stage` is `lake/sql/derive/stage.sql`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def statement(name: str, **parts: object) -> str:
    """Read a statement, such as `lake/write_raw` or `warehouse/models/jira_issues`, and fill its `{parts}`.

    Paths become quoted literals, collections of paths become lists of them; everything else goes in as it is.
    """
    return statement_text(name).format(**{key: _part(value) for key, value in parts.items()})


def literal(text: str | Path) -> str:
    """Quote a text for SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def literals(values: Iterable[str | Path]) -> str:
    """Write texts for the parentheses of `in`; nothing is in an empty list."""
    return ", ".join(map(literal, values)) or "select null::varchar where false"


def identifier(name: str) -> str:
    """Quote the name of a table or a column for SQL."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


@cache
def statement_text(name: str) -> str:
    """Read a statement as it stands in its file."""
    room, _, path = name.partition("/")
    return (files(f"jira_assets.{room}") / "sql" / f"{path}.sql").read_text(encoding="utf-8")


def _part(value: object) -> str:
    if isinstance(value, Path):
        return literal(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f"[{', '.join(literal(str(item)) for item in value)}]"
    return str(value)


@cache
def statements_version(folder: str) -> str:
    """Return a digest of every statement in and below a folder: what another version made is known by it."""
    room, _, path = folder.partition("/")
    texts = sorted(_texts_below(files(f"jira_assets.{room}") / "sql" / path))
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:16]


def _texts_below(folder: Traversable) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _texts_below(entry)
        else:
            yield entry.name, entry.read_text(encoding="utf-8")
