"""Turn a clause of JQL into a test of one document."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from jira_assets.demo.catalog import Catalog, ids_called, items_called, reference, references
from jira_assets.demo.data import DemoIssue, DemoProject
from jira_assets.demo.index import Document
from jira_assets.demo.jql.dates import MINUTE_MS, Caller, date_ms
from jira_assets.demo.jql.errors import JqlError, unknown_field, unknown_issue, unknown_value
from jira_assets.demo.jql.syntax import Clause, Value

Test = Callable[[Document], bool]
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
_TIMES = {"created": "created", "createddate": "created", "updated": "updated", "updateddate": "updated"}
_KEYS = ("id", "key", "issue", "issuekey")
_USERS = {"assignee": "assignee", "reporter": "reporter", "creator": "creator"}
_ITEMS = {"fixversion": "fixVersions", "affectedversion": "versions", "component": "components"}
_THINGS = {
    "status": ("status", "statuses"),
    "issuetype": ("issuetype", "issue_types"),
    "type": ("issuetype", "issue_types"),
    "priority": ("priority", "priorities"),
    "resolution": ("resolution", "resolutions"),
}


class Issues(Protocol):
    """Where issues are found by what a query calls them."""

    def resolve(self, id_or_key: str) -> DemoIssue | None:
        """Find an issue by its id, its key or a key it once had."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query is read against."""

    catalog: Catalog
    issues: Issues
    caller: Caller
    account_id: str | None
    unknown_projects_silent: bool = False


def time_field(field: str) -> str | None:
    """Return `created` or `updated` when a clause's field is one of them."""
    return _TIMES.get(field.lower())


def condition(clause: Clause, scope: Scope) -> Test:
    """Return the test that a clause stands for; raises JqlError."""
    field = clause.field.lower()
    if field == "project":
        return _project(clause, scope)
    if field in _TIMES:
        return _time(clause, scope)
    if field in _KEYS:
        return _key(clause, scope)
    if field == "statuscategory":
        return _status_category(clause, scope)
    return _by_reference(clause, scope) or _by_custom_field(clause, scope)


def named_projects(clause: Clause, scope: Scope) -> set[int]:
    """Return the ids of the projects that a clause names; raises JqlError for an unknown one."""
    found: set[int] = set()
    for value in clause.values:
        project = scope.catalog.project(value.text)
        if project is not None and not _hidden(project):
            found.add(project.id)
        elif not scope.unknown_projects_silent:
            raise unknown_value(value.text, "project")
    return found


def _hidden(project: DemoProject) -> bool:
    return project.trashed or project.invisible


def _project(clause: Clause, scope: Scope) -> Test:
    _allow(clause, "=", "!=", "in", "not in")
    ids = named_projects(clause, scope)
    wanted = clause.operator in ("=", "in")
    return lambda document: (document.issue.project_id in ids) is wanted


def _time(clause: Clause, scope: Scope) -> Test:
    _allow(clause, *COMPARISONS, "=", "!=")
    value = clause.values[0]
    bound = date_ms(value, clause.field, scope.caller)
    read = operator.attrgetter(_TIMES[clause.field.lower()])
    if clause.operator in COMPARISONS:
        compare = COMPARISONS[clause.operator]
        return lambda document: compare(read(document.issue), bound)
    # A literal has no seconds: it equals every moment of its minute. Epoch milliseconds are exact.
    width = MINUTE_MS if value.quoted else 1
    wanted = clause.operator == "="
    return lambda document: (bound <= read(document.issue) < bound + width) is wanted


def _key(clause: Clause, scope: Scope) -> Test:
    _allow(clause, *COMPARISONS, "=", "!=", "in", "not in")
    if clause.operator in COMPARISONS:
        return _key_comparison(clause, scope)
    ids = {_known_issue(value, clause.field, scope).id for value in clause.values}
    wanted = clause.operator in ("=", "in")
    return lambda document: (document.issue.id in ids) is wanted


def _known_issue(value: Value, field: str, scope: Scope) -> DemoIssue:
    issue = scope.issues.resolve(value.text)
    if issue is None or _hidden(scope.catalog.projects[issue.project_id]):
        raise unknown_issue(value.text, field)
    return issue


def _key_comparison(clause: Clause, scope: Scope) -> Test:
    """Compare keys by number within the project of the issue named, ids over the whole site."""
    compare = COMPARISONS[clause.operator]
    issue = _known_issue(clause.values[0], clause.field, scope)
    if issue.old_keys:
        # Jira refuses to compare with an issue that has moved, though it finds it when asked for it alone.
        raise unknown_issue(clause.values[0].text, clause.field)
    if clause.field.lower() == "id":
        return lambda document: compare(document.issue.id, issue.id)
    return lambda document: (
        document.issue.project_id == issue.project_id and compare(document.issue.number, issue.number)
    )


def _status_category(clause: Clause, scope: Scope) -> Test:
    _allow(clause, "=", "!=", "in", "not in")
    names = {"new": "to do", "indeterminate": "in progress", "done": "done"}
    wanted = {value.text.lower() for value in clause.values}
    for text in wanted - set(names) - set(names.values()):
        raise unknown_value(text, clause.field)
    ids = {
        status.id
        for status in scope.catalog.statuses.values()
        if status.category_key in wanted or names[status.category_key] in wanted
    }
    return _held(clause, "status", ids)


def _by_reference(clause: Clause, scope: Scope) -> Test | None:
    field = clause.field.lower()
    catalog = scope.catalog
    if field in _THINGS:
        stored, kind = _THINGS[field]
        things = getattr(catalog, kind)
        return _held(clause, stored, _resolved(clause, lambda text: ids_called(things, text)))
    if field in _USERS:
        return _held(clause, _USERS[field], _resolved(clause, lambda text: _accounts(text, scope)))
    if field in _ITEMS:
        kind = "components" if field == "component" else "versions"
        items = [item for project in catalog.projects.values() for item in getattr(project, kind)]
        return _held(clause, _ITEMS[field], _resolved(clause, lambda text: items_called(items, text)))
    if field == "labels":
        return _held(clause, "labels", {value.text for value in clause.values})
    if field == "parent":
        return _held(clause, "parent", _resolved(clause, lambda text: _issue_ids(text, scope)))
    if field == "sprint":
        return _sprint(clause, scope)
    return None


def _sprint(clause: Clause, scope: Scope) -> Test:
    states = {"opensprints": "active", "closedsprints": "closed", "futuresprints": "future"}
    ids: set[str] = set()
    for value in clause.values:
        if value.arguments is not None and value.text in states:
            sprints = scope.catalog.sprints.values()
            ids |= {str(each.id) for each in sprints if each.state == states[value.text]}
        elif not value.is_empty:
            ids |= _resolved(clause, lambda text: ids_called(scope.catalog.sprints, text))
    tests = [_held(clause, field, ids) for field in scope.catalog.sprint_fields]
    if not tests:
        raise unknown_field(clause.field, anonymous=scope.account_id is None)
    return lambda document: any(test(document) for test in tests)


def _by_custom_field(clause: Clause, scope: Scope) -> Test:
    name = clause.field.lower()
    for field in scope.catalog.fields.values():
        if name in (field.id.lower(), field.name.lower(), f"cf[{field.id.removeprefix('customfield_')}]"):
            return _plain(clause, field.id)
    raise unknown_field(clause.field, anonymous=scope.account_id is None)


def _plain(clause: Clause, field_id: str) -> Test:
    """Compare a number or a text that is stored as it is."""
    value = clause.values[0]
    if value.is_empty:
        return _held(clause, field_id, set())
    if clause.operator == "~":
        return lambda document: value.text.lower() in str(document.issue.fields.get(field_id) or "").lower()
    if clause.operator in COMPARISONS:
        compare, bound = COMPARISONS[clause.operator], float(value.text)
        return lambda document: compare(document.issue.fields.get(field_id) or float("nan"), bound)
    return _held(clause, field_id, {each.text for each in clause.values})


def _held(clause: Clause, stored: str, ids: set[str]) -> Test:
    """Test whether a field holds one of the ids; `!=` and `not in` leave empty fields out, as Jira does."""
    _allow(clause, *_EQUALITY)
    empty = any(value.is_empty for value in clause.values)
    if clause.operator in ("=", "in", "is"):
        return lambda document: _holds(document, stored, ids, empty)
    return lambda document: (
        not _holds(document, stored, ids, empty) and bool(references(document.issue.fields.get(stored)))
    )


def _holds(document: Document, stored: str, ids: set[str], empty: bool) -> bool:
    held = references(document.issue.fields.get(stored))
    return (empty and not held) or not ids.isdisjoint(held)


def _resolved(clause: Clause, find: Callable[[str], set[str]]) -> set[str]:
    ids: set[str] = set()
    for value in clause.values:
        if value.is_empty:
            continue
        name = f"{value.text}()" if value.arguments is not None else value.text
        found = find(name)
        if not found:
            raise unknown_value(name, clause.field)
        ids |= found
    return ids


def _accounts(text: str, scope: Scope) -> set[str]:
    if text == "currentuser()":
        return {scope.account_id or ""}
    wanted = text.lower()
    return {
        user.account_id
        for user in scope.catalog.users.values()
        if text == user.account_id or wanted == user.display_name.lower()
    }


def _issue_ids(text: str, scope: Scope) -> set[str]:
    issue = scope.issues.resolve(text)
    return set() if issue is None else {str(reference(issue.id))}


def _allow(clause: Clause, *operators: str) -> None:
    if clause.operator not in operators:
        raise JqlError(
            f"The operator '{clause.operator}' is not supported by the '{clause.field}' field.",
            errors_key="errors",
        )
