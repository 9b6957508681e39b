"""Answer a query from the search index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jira_assets.demo.catalog import Catalog
from jira_assets.demo.index import Bounds, Document, SearchIndex
from jira_assets.demo.jql.conditions import condition, named_projects, time_field
from jira_assets.demo.jql.dates import date_ms
from jira_assets.demo.jql.errors import JqlError, unknown_field
from jira_assets.demo.jql.scope import COMPARISONS, Scope, Test
from jira_assets.demo.jql.syntax import parse
from jira_assets.demo.jql.tree import And, Clause, Node, Not, Or, Query, operands

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


class TooManyOperands(Exception):
    """The query names more values than the search can work with."""


class ForbiddenProjects(Exception):
    """The query is about projects whose data this account is refused."""


def search(jql: str, index: SearchIndex, scope: Scope, *, archived: bool = False) -> list[int]:
    """Return the ids of the issues that match, in order.

    Raises JqlError, ForbiddenProjects, TooManyOperands.
    """
    query = parse(jql)
    if query.where is None:
        raise JqlError(UNBOUNDED)
    if operands(query.where) > scope.most_operands:
        raise TooManyOperands
    visible = {each.id for each in scope.catalog.visible_projects(archived=archived)}
    alternatives = query.where.parts if isinstance(query.where, Or) else (query.where,)
    found: dict[int, Document] = {}
    for where in alternatives:
        documents, tests = _candidates(where, visible, index, scope, refuses=len(alternatives) == 1)
        found |= {each.issue.id: each for each in documents if all(test(each) for test in tests)}
    return [document.issue.id for document in _ordered(list(found.values()), query, scope.catalog)]


def _candidates(
    where: Node, visible: set[int], index: SearchIndex, scope: Scope, *, refuses: bool
) -> tuple[Iterator[Document], list[Test]]:
    """Narrow down by projects and one time, so that a query costs no walk over the whole site.

    Returns the documents within these limits, and the tests of whatever else the query asks.
    """
    parts = list(_conjuncts(where))
    projects = _projects(parts, scope, visible, refuses=refuses)
    narrowing = "updated" if any(_bounds_time(part, "updated") for part in parts) else "created"
    bounds = _bounds([part for part in parts if isinstance(part, Clause)], narrowing, scope)
    # Every part is turned into a test, since that is where mistakes in it are noticed.
    tests = [(part, _test(part, scope)) for part in parts]
    ids = index.candidates(sorted(projects), narrowing, bounds)
    hidden = scope.issues.hidden
    documents = (found for each in ids if each not in hidden and (found := index.get(each)) is not None)
    return documents, [
        test for part, test in tests if not (_names_projects(part) or _bounds_time(part, narrowing))
    ]


def _projects(parts: Iterable[Node], scope: Scope, visible: set[int], *, refuses: bool) -> set[int]:
    projects = visible
    for part in parts:
        if isinstance(part, Clause) and _names_projects(part):
            named = named_projects(part, scope)
            if refuses and named and all(scope.catalog.projects[each].forbidden for each in named):
                raise ForbiddenProjects
            projects = projects & named
    return projects


def _names_projects(part: Node) -> bool:
    return isinstance(part, Clause) and part.field.lower() == "project" and part.operator in ("=", "in")


def _bounds_time(part: Node, field: str) -> bool:
    return isinstance(part, Clause) and time_field(part.field) == field and part.operator in COMPARISONS


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, And):
        for part in node.parts:
            yield from _conjuncts(part)
    else:
        yield node


def _bounds(clauses: Iterable[Clause], field: str, scope: Scope) -> Bounds:
    lows: list[int] = []
    highs: list[int] = []
    for clause in clauses:
        if _bounds_time(clause, field):
            bound = date_ms(clause.values[0], clause.field, scope.caller)
            # Times are whole milliseconds, so that a strict bound is the next one.
            if clause.operator.startswith(">"):
                lows.append(bound + (clause.operator == ">"))
            else:
                highs.append(bound - (clause.operator == "<"))
    return max(lows, default=None), min(highs, default=None)


def _test(node: Node, scope: Scope) -> Test:
    if isinstance(node, Clause):
        return condition(node, scope)
    if isinstance(node, Not):
        inner = _test(node.part, scope)
        return lambda document: not inner(document)
    tests = [_test(part, scope) for part in node.parts]
    if isinstance(node, Or):
        return lambda document: any(test(document) for test in tests)
    return lambda document: all(test(document) for test in tests)


def _ordered(found: list[Document], query: Query, catalog: Catalog) -> list[Document]:
    found.sort(key=lambda document: document.issue.id, reverse=True)
    for field, descending in reversed(query.order):
        found.sort(key=_sort_key(field, catalog), reverse=descending)
    return found


def _sort_key(field: str, catalog: Catalog) -> Callable[[Document], Any]:
    name = field.lower()
    if time_field(name) == "created":
        return lambda document: document.issue.created
    if time_field(name) == "updated":
        return lambda document: document.issue.updated
    if name == "id":
        return lambda document: document.issue.id
    if name in ("key", "issuekey", "issue"):
        keys = {each.id: each.key for each in catalog.projects.values()}
        return lambda document: (keys[document.issue.project_id], document.issue.number)
    if name == "rank" or any(
        name in (each.id.lower(), each.name.lower()) for each in catalog.fields.values()
    ):
        return lambda _document: 0
    raise unknown_field(field)
