"""What each published table and column is: read from the statements that make them, which say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from jira_assets.lake.sql_files import statement_text
from jira_assets.warehouse.published_tables import PUBLISHED_TABLES

_TEXT = r"'((?:[^']|'')*)'"
_TABLE_COMMENT = re.compile(rf"comment on (?:table|view) warehouse\.(\w+) is {_TEXT}")
_COLUMN_COMMENT = re.compile(rf"comment on column warehouse\.(\w+)\.(\w+) is {_TEXT}")


@dataclass(frozen=True)
class Column:
    """A column as people read of it."""

    name: str
    type: str
    comment: str


@dataclass(frozen=True)
class TableDescription:
    """A published table as people read of it."""

    comment: str
    columns: tuple[Column, ...]


@cache
def describe_table(table: str) -> TableDescription:
    """Describe a published table."""
    text = statement_text(f"warehouse/models/{table}")
    comments = {column: _unquoted(said) for _, column, said in _COLUMN_COMMENT.findall(text)}
    columns = tuple(
        Column(name, _type_of(text, name), comments.get(name, "")) for name in PUBLISHED_TABLES[table]
    )
    comment = _TABLE_COMMENT.search(text)
    return TableDescription(_unquoted(comment.group(2)) if comment else "", columns)


def _type_of(text: str, column: str) -> str:
    """Find what the column is cast to; the last cast is that of the outermost query."""
    casts = re.findall(rf"::\s*(\w+(?:\[\]|\([^)]*\))?)\s+as\s+{column}\b", text)
    return casts[-1] if casts else ""


def _unquoted(text: str) -> str:
    return text.replace("''", "'")
