"""Test what a document points to: statuses, people, sprints, versions, and custom fields."""

from __future__ import annotations

from collections.abc import Callable

from jira_assets.demo.catalog import ids_called, items_called, references
from jira_assets.demo.index import Document
from jira_assets.demo.jql.errors import JqlError, unknown_field, unknown_value
from jira_assets.demo.jql.scope import COMPARISONS, Scope, Test, allow
from jira_assets.demo.jql.tree import Clause

_EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
_USERS = {"assignee": "assignee", "reporter": "reporter", "creator": "creator"}
_ITEMS = {"fixversion": "fixVersions", "affectedversion": "versions", "component": "components"}
_THINGS = {
    "status": ("status", "statuses"),
    "issuetype": ("issuetype", "issue_types"),
    "type": ("issuetype", "issue_types"),
    "priority": ("priority", "priorities"),
    "resolution": ("resolution", "resolutions"),
}


def status_category(clause: Clause, scope: Scope) -> Test:
    """Test the category of the status, as it is now."""
    allow(clause, "=", "!=", "in", "not in")
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


def by_reference(clause: Clause, scope: Scope) -> Test | None:
    """Test a field that points to statuses, people, sprints and the like; None when it is no such field."""
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


def by_custom_field(clause: Clause, scope: Scope) -> Test:
    """Test a field that is named by its id, its name or `cf[10016]`."""
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
        compare, bound = COMPARISONS[clause.operator], _number(value.text, clause.field)
        return lambda document: compare(document.issue.fields.get(field_id) or float("nan"), bound)
    return _held(clause, field_id, {each.text for each in clause.values})


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise JqlError(
            f"'{text}' is an invalid value for the field '{field}'. It has to be a number."
        ) from None


def _held(clause: Clause, stored: str, ids: set[str]) -> Test:
    """Test whether a field holds one of the ids; `!=` and `not in` leave empty fields out, as Jira does."""
    allow(clause, *_EQUALITY)
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
    return set() if issue is None else {str(issue.id)}
