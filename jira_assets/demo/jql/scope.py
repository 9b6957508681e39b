"""What the clauses of a query are read against."""

from __future__ import annotations

import operator
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any, Protocol

from jira_assets.demo.catalog import Catalog
from jira_assets.demo.data import DemoIssue
from jira_assets.demo.index import Document
from jira_assets.demo.jql.dates import Caller
from jira_assets.demo.jql.errors import JqlError, RefusalWording
from jira_assets.demo.jql.tree import Clause

Test = Callable[[Document], bool]
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Issues(Protocol):
    """Where issues are found by what a query calls them; those that are `hidden` are kept from the caller."""

    @property
    def hidden(self) -> Set[int]: ...

    def resolve(self, id_or_key: str) -> DemoIssue | None:
        """Find an issue by its id, its key or a key it once had."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query is read against."""

    catalog: Catalog
    issues: Issues
    caller: Caller
    account_id: str | None
    most_operands: int
    unknown_projects_silent: bool = False
    unknown_projects: Set[int] = frozenset()
    unknown_project_wording: RefusalWording = "value"


def allow(clause: Clause, *operators: str) -> None:
    """Raise JqlError for an operator that the field does not know."""
    if clause.operator not in operators:
        raise JqlError(
            f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.",
            errors_key="errors",
        )
