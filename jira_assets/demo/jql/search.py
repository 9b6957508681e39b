"""Answer a query from the search index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jira_assets.demo.catalog import Catalog
from jira_assets.demo.index import Bounds, Document, SearchIndex
from jira_assets.demo.jql.conditions import Scope, Test, condition, named_projects, time_field
from jira_assets.demo.jql.dates import date_ms
from jira_assets.demo.jql.errors import JqlError, unknown_field
from jira_assets.demo.jql.syntax import And, Clause, Node, Not, Or, Query, parse

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


class ForbiddenProjects(Exception):
    """The query is about projects whose data this account is refused."""


def search(jql: str, index: SearchIndex, scope: Scope, *, archived: bool = False) -> list[int]:
    """Return the ids of the issues that match, in order; raises JqlError, ForbiddenProjects."""
    query = parse(jql)
    if query.where is None:
        raise JqlError(UNBOUNDED)
    test = _test(query.where, scope)
    visible = {each.id for each in scope.catalog.visible_projects(archived=archived)}
    found = [document for document in _candidates(query.where, visible, index, scope) if test(document)]
    return [document.issue.id for document in _ordered(found, query, scope.catalog)]


def _candidates(where: Node, visible: set[int], index: SearchIndex, scope: Scope) -> Iterator[Document]:
    """Narrow down by what every match must fulfil, so that a page costs no walk over the whole site."""
    clauses = [part for part in _conjuncts(where) if isinstance(part, Clause)]
    projects = set(visible)
    for clause in clauses:
        if clause.field.lower() == "project" and clause.operator in ("=", "in"):
            named = named_projects(clause, scope)
            if named and all(scope.catalog.projects[each].forbidden for each in named):
                raise ForbiddenProjects
            projects &= named
    for field in ("updated", "created"):
        bounds = _bounds(clauses, field, scope)
        if bounds != (None, None) or field == "created":
            ids = index.candidates(sorted(projects), field, bounds)
            return (document for each in ids if (document := index.get(each)) is not None)
    raise AssertionError("created always answers")


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
        if time_field(clause.field) == field and clause.operator in ("<", "<=", ">", ">="):
            bound = date_ms(clause.values[0], clause.field, scope.caller)
            (lows if clause.operator.startswith(">") else highs).append(bound)
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
