"""Turn a clause of JQL into a test of one document."""

from __future__ import annotations

import operator

from jira_assets.demo.data import DemoIssue, DemoProject
from jira_assets.demo.jql.dates import MINUTE_MS, date_ms
from jira_assets.demo.jql.errors import unknown_issue, unknown_value
from jira_assets.demo.jql.references import by_custom_field, by_reference, status_category
from jira_assets.demo.jql.scope import COMPARISONS, Scope, Test, allow
from jira_assets.demo.jql.tree import Clause, Value

_TIMES = {"created": "created", "createddate": "created", "updated": "updated", "updateddate": "updated"}
_KEYS = ("id", "key", "issue", "issuekey")


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
        return status_category(clause, scope)
    return by_reference(clause, scope) or by_custom_field(clause, scope)


def named_projects(clause: Clause, scope: Scope) -> set[int]:
    """Return the ids of the projects that a clause names; raises JqlError for an unknown one."""
    found: set[int] = set()
    for value in clause.values:
        project = scope.catalog.project(value.text)
        if project is not None and not _hidden(project) and project.id not in scope.unknown_projects:
            found.add(project.id)
        elif not scope.unknown_projects_silent:
            raise unknown_value(value.text, "project", scope.unknown_project_wording)
    return found


def _hidden(project: DemoProject) -> bool:
    return project.trashed or project.invisible


def _project(clause: Clause, scope: Scope) -> Test:
    allow(clause, "=", "!=", "in", "not in")
    ids = named_projects(clause, scope)
    wanted = clause.operator in ("=", "in")
    return lambda document: (document.issue.project_id in ids) is wanted


def _time(clause: Clause, scope: Scope) -> Test:
    allow(clause, *COMPARISONS, "=", "!=")
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
    allow(clause, *COMPARISONS, "=", "!=", "in", "not in")
    if clause.operator in COMPARISONS:
        return _key_comparison(clause, scope)
    ids = {_known_issue(value, clause.field, scope).id for value in clause.values}
    wanted = clause.operator in ("=", "in")
    return lambda document: (document.issue.id in ids) is wanted


def _known_issue(value: Value, field: str, scope: Scope) -> DemoIssue:
    issue = scope.issues.resolve(value.text)
    hidden = issue is None or issue.id in scope.issues.hidden
    if issue is None or hidden or _hidden(scope.catalog.projects[issue.project_id]):
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
