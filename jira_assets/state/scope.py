"""Which projects a view of the state shows, and how their ids are written in it.

Rows have the ids and keys of further sites with the short name of the site before them (`acme:10001`,
`acme:PAY`); those of the first site are as Jira has them. The home sees all rows as they are. A site sees
its own rows, with ids as Jira has them; keys stay as people read and type them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, func, not_, true

from jira_assets.qualified import SEPARATOR


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

    def shown(self, column: Column[str]) -> ColumnElement[str]:
        """Return the column of an id as it is shown."""
        return func.substr(column, len(self.prefix) + 1).label(column.name) if self.prefix else column

    def stored(self, project_id: str) -> str:
        """Return the id of a project as it is stored."""
        return self.prefix + project_id


HOME = Scope()
