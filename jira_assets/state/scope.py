"""Which projects a view of the state shows, and how ids and keys are written in it.

Rows have the ids and keys of further sites with the short name of the site before them (`acme:10001`,
`acme:PAY`); those of the first site are as Jira has them. The home sees all rows as they are. A site sees
its own rows, with ids and keys as Jira has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, func, not_, true

from jira_assets.qualified import SEPARATOR

QUALIFIED = ("project_id", "project_key")
"""Columns whose values carry the name of their site."""


@dataclass(frozen=True)
class Scope:
    """All projects of the home, or those of one site; `prefix` is what the rows of that site begin with."""

    prefix: str = ""
    is_home: bool = True

    def includes(self, column: Column[str]) -> ColumnElement[bool]:
        """Return the condition for the rows that are shown."""
        if self.is_home:
            return true()
        if not self.prefix:
            return not_(column.contains(SEPARATOR))
        return column.startswith(self.prefix, autoescape=True)

    def shown(self, column: Column[Any]) -> ColumnElement[Any]:
        """Return a column as it is shown."""
        if not self.prefix or column.name not in QUALIFIED:
            return column
        return func.substr(column, len(self.prefix) + 1).label(column.name)

    def stored(self, value: str) -> str:
        """Return an id or a key as it is stored."""
        return self.prefix + value

    def row(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row as they are stored."""
        return {name: self.stored(value) if name in QUALIFIED else value for name, value in values.items()}


HOME = Scope()
