"""Answer search/jql and approximate-count: what the search index knows."""

from __future__ import annotations

from typing import Any

import msgspec

from jira_assets.demo.http.call import Call, texts, whole_number
from jira_assets.demo.http.page_tokens import Cursor, TokenExpired
from jira_assets.demo.http.reply import Reply, bad_payload, bad_token, ok, refuse, refuse_with
from jira_assets.demo.index import Document
from jira_assets.demo.jql.dates import Caller
from jira_assets.demo.jql.errors import JqlError
from jira_assets.demo.jql.scope import Scope
from jira_assets.demo.jql.search import ForbiddenProjects, TooManyOperands, search
from jira_assets.demo.routes.issues import embedded_changelog, listed
from jira_assets.demo.selection import Selection

DEFAULT_PAGE = 50
LARGE_PAGE = 5000
SMALL_PAGE = 100
MOST_RECONCILED = 50
FAILED_TO_RUN = "com.atlassian.jira.issue.search.vsearch.SearchInternalException: Failed to run query"
BODY_KEYS = (
    "jql",
    "nextPageToken",
    "maxResults",
    "fields",
    "expand",
    "properties",
    "fieldsByKeys",
    "reconcileIssues",
    "includeArchivedProjects",
)


def search_by_get(call: Call) -> Reply:
    """Answer GET search/jql."""
    question: dict[str, Any] = {"jql": call.text("jql"), "expand": call.text("expand")}
    question["maxResults"] = call.number("maxResults", DEFAULT_PAGE)
    if call.query.get("fields"):
        question["fields"] = call.several("fields")
    if call.text("nextPageToken"):
        question["nextPageToken"] = call.text("nextPageToken")
    question["reconcileIssues"] = call.several("reconcileIssues")
    question["includeArchivedProjects"] = call.flag("includeArchivedProjects")
    return _search(call, question)


def search_by_post(call: Call) -> Reply:
    """Answer POST search/jql."""
    return _search(call, call.body(*BODY_KEYS))


def approximate_count(call: Call) -> Reply:
    """Answer POST search/approximate-count."""
    found = _found(call, call.body("jql").get("jql"), archived=False)
    return ok({"count": max(0, len(found) + call.site.switches.count_is_off_by)})


def _search(call: Call, question: dict[str, Any]) -> Reply:
    expand = question.get("expand") or ""
    if not isinstance(expand, str):  # bulkfetch takes a list here, search does not
        raise bad_payload()
    selection = Selection.of(texts(question.get("fields") or ["id"]))
    wanted = whole_number(question.get("maxResults", DEFAULT_PAGE), least=1)
    cursor = _cursor(call, question)
    size = _page_size(call, min(wanted, LARGE_PAGE if selection.is_small else SMALL_PAGE))
    stop = cursor.start + size
    documents = [call.site.index.get(each) for each in cursor.items[cursor.start : stop]]
    bodies = [_body(call, each, selection, expand) for each in documents if each is not None]
    tail = _tail(call, question, cursor, stop)
    body = listed(b'{"issues":[', bodies, b"]}" if tail == b"{}" else b"]," + tail[1:])
    return Reply(200, body, points=len(bodies))


def _cursor(call: Call, question: dict[str, Any]) -> Cursor:
    """Find where this page starts: the whole answer is worked out once, for the first page."""
    jql, now = question.get("jql"), call.site.clock.now_ms()
    archived = question.get("includeArchivedProjects") is True
    if token := question.get("nextPageToken"):
        try:
            return call.site.tokens.take(str(token), f"{archived}{jql}", now)
        except TokenExpired:
            raise bad_token() from None
    _reconcile(call, question.get("reconcileIssues") or [])
    found = _found(call, jql, archived=archived)[: call.site.switches.search_ends_after]
    return Cursor(f"{archived}{jql}", found, 0, now)


def _reconcile(call: Call, ids: Any) -> None:
    known = texts(ids)
    if len(known) > MOST_RECONCILED or not all(each.isdigit() for each in known):
        raise bad_payload()
    call.site.index.reconcile({int(each) for each in known})


def _found(call: Call, jql: Any, *, archived: bool) -> list[int]:
    if jql is not None and not isinstance(jql, str):
        raise bad_payload()
    site = call.site
    now = site.clock.now_ms()
    site.index.catch_up(now)
    if call.account is None or site.switches.search_outage:
        return []
    scope = Scope(
        catalog=site.catalog,
        issues=site.store,
        caller=Caller(site.zone_of(call.account), now),
        account_id=call.account.account_id,
        most_operands=site.switches.most_operands,
        unknown_projects_silent=site.switches.unknown_projects_silent,
        unknown_projects=site.switches.projects_unknown_to_search,
        unknown_project_wording=site.switches.unknown_project_wording,
    )
    try:
        return search(jql or "", site.index, scope, archived=archived)
    except JqlError as error:
        raise refuse_with(400, error.body) from None
    except TooManyOperands:
        raise refuse(500, FAILED_TO_RUN) from None
    except ForbiddenProjects:
        raise refuse(403, "You do not have permission to view the issues of this project.") from None


def _page_size(call: Call, size: int) -> int:
    return call.site.random.randint(0, size) if call.site.switches.short_pages else size


def _tail(call: Call, question: dict[str, Any], cursor: Cursor, stop: int) -> bytes:
    switches = call.site.switches
    last = stop >= len(cursor.items)
    tail: dict[str, Any] = {} if switches.omit_is_last else {"isLast": last or switches.last_page_has_token}
    if switches.repeat_token and question.get("nextPageToken"):
        tail = {"isLast": False, "nextPageToken": question["nextPageToken"]}
    elif not last:
        following = Cursor(cursor.question, cursor.items, stop, call.site.clock.now_ms())
        tail["nextPageToken"] = call.site.tokens.give(following)
    if switches.search_warnings:
        message = "The result was cut short."
        tail["warnings"] = [{"type": "CLAUSE_LIMIT_EXCEEDED", "message": message, "details": {}}]
    return msgspec.json.encode(tail)


def _body(call: Call, document: Document, selection: Selection, expand: str) -> bytes:
    if "changelog" not in expand.split(","):
        return call.site.body(document, selection)
    printed = call.site.render.issue(document.issue, selection)
    return msgspec.json.encode({**printed, "changelog": embedded_changelog(call, document.issue)})
