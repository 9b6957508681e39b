"""Read SQL files by name: `lake/derive/stage` is `lake/sql/derive/stage.sql`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path


def statement(name: str, **parts: object) -> str:
    """Read a statement, such as `lake/write_raw` or `warehouse/models/jira_issues`, and fill its `{parts}`.

    Paths become quoted literals, collections of paths become lists of them; everything else goes in as it is.
    """
    return statement_text(name).format(**{key: _part(value) for key, value in parts.items()})


def literal(text: str | Path) -> str:
    """Quote a text for SQL."""
    return "'" + str(text).replace("'", "''") + "'"


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
    """Condense the text of every statement of a folder, so that what was made by another version is known."""
    room, _, path = folder.partition("/")
    sources = (files(f"jira_assets.{room}") / "sql" / path).iterdir()
    texts = sorted((source.name, source.read_text(encoding="utf-8")) for source in sources)
    return hashlib.sha256(repr(texts).encode()).hexdigest()[:16]
