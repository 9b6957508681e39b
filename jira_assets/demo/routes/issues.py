"""Answer what is read from the data itself: single issues, bulk reads and changelogs."""

from __future__ import annotations

from typing import Any

import msgspec

from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.http.call import Call, texts, whole_number
from jira_assets.demo.http.page_tokens import Cursor, TokenExpired
from jira_assets.demo.http.reply import Reply, bad_token, no_issue, ok, refuse
from jira_assets.demo.selection import Selection

FEW_AT_ONCE = 100
MANY_AT_ONCE = 1000
MOST_HISTORIES = 10_000
EMBEDDED_HISTORIES = 40
_COSTLY_EXPANSIONS = {
    "changelog",
    "editmeta",
    "operations",
    "renderedFields",
    "transitions",
    "versionedRepresentations",
}


def get_issue(call: Call) -> Reply:
    """Answer GET issue/{idOrKey}."""
    issue = visible_issue(call)
    selection = Selection.of(call.several("fields") or ["*all"])
    printed = call.site.render.issue(issue, selection)
    if "changelog" in call.several("expand"):
        printed["changelog"] = embedded_changelog(call, issue)
    return ok(printed, points=1)


def bulk_fetch(call: Call) -> Reply:
    """Answer POST issue/bulkfetch: ascending by id; what is not found is just not there."""
    body = call.body("issueIdsOrKeys", "fields", "expand", "properties", "fieldsByKeys")
    wanted = texts(body.get("issueIdsOrKeys"))
    selection = Selection.of(texts(body.get("fields") or ["*navigable"]))
    expand = set(texts(body.get("expand") or []))
    most = MANY_AT_ONCE if selection.is_explicit and not expand & _COSTLY_EXPANSIONS else FEW_AT_ONCE
    if not 1 <= len(wanted) <= most:
        raise refuse(400, f"The number of issueIdsOrKeys must be between 1 and {most}.")
    found = _given(call, _all_visible(call, wanted))
    failed = _failing(call, found)
    bodies = [_body(call, each, selection, expand) for each in found if each.id not in failed]
    errors = [{"id": str(each), "errorMessage": "The issue could not be read. Try again."} for each in failed]
    closing = b'],"issueErrors":' + msgspec.json.encode(errors) + b"}"
    return Reply(200, listed(b'{"issues":[', bodies, closing), points=len(bodies))


def issue_changelog(call: Call) -> Reply:
    """Answer GET issue/{idOrKey}/changelog: pages, oldest first."""
    issue = visible_issue(call)
    start, size = call.number("startAt", 0), min(call.number("maxResults", 100), 100)
    page = issue.histories[start : start + size]
    address = f"{call.site.render.base_url}/rest/api/3/issue/{issue.id}/changelog"
    answer: Json = {
        "self": f"{address}?startAt={start}&maxResults={size}",
        "maxResults": size,
        "startAt": start,
    }
    answer |= {"total": len(issue.histories), "isLast": start + size >= len(issue.histories)}
    if not answer["isLast"]:
        answer["nextPage"] = f"{address}?startAt={start + size}&maxResults={size}"
    return ok(answer | {"values": [call.site.render.history(each) for each in page]})


def bulk_changelogs(call: Call) -> Reply:
    """Answer POST changelog/bulkfetch: by date over all issues, so one issue spreads over pages."""
    body = call.body("issueIdsOrKeys", "fieldIds", "maxResults", "nextPageToken")
    wanted = texts(body.get("issueIdsOrKeys"))
    fields = texts(body.get("fieldIds") or [])
    size = whole_number(body.get("maxResults", 1000), least=1)
    if not 1 <= len(wanted) <= MANY_AT_ONCE or len(fields) > 10 or size > MOST_HISTORIES:
        raise refuse(400, "The number of issueIdsOrKeys, fieldIds or maxResults is out of range.")
    if call.site.switches.empty_bulk_changelogs:
        call.site.switches.empty_bulk_changelogs -= 1
        return ok({"issueChangeLogs": [], "nextPageToken": None})
    cursor = _changelog_cursor(call, body, wanted, fields)
    page = cursor.items[cursor.start : cursor.start + size]
    logs: dict[int, list[Json]] = {}
    for _, issue_id, _, history in page:
        printed = call.site.render.history(history, epoch=call.site.switches.changelog_epoch)
        logs.setdefault(issue_id, []).append(printed)
    token = None
    if cursor.start + size < len(cursor.items):
        now = call.site.clock.now_ms()
        token = call.site.tokens.give(Cursor(cursor.question, cursor.items, cursor.start + size, now))
    grouped = [{"issueId": str(each), "changeHistories": histories} for each, histories in logs.items()]
    return ok({"issueChangeLogs": grouped, "nextPageToken": token})


def visible_issue(call: Call) -> DemoIssue:
    """Return the issue that the path names; raises Refusal for one that the caller does not see."""
    issue = _visible(call, call.arguments[0])
    if issue is None:
        raise no_issue()
    return issue


def listed(opening: bytes, bodies: list[bytes], closing: bytes) -> bytes:
    """Join encoded issues in one go: a page is a megabyte, and each further copy of it costs."""
    if not bodies:
        return opening + closing
    if len(bodies) == 1:
        return opening + bodies[0] + closing
    return b",".join([opening + bodies[0], *bodies[1:-1], bodies[-1] + closing])


def _changelog_cursor(call: Call, body: Json, wanted: list[str], fields: list[str]) -> Cursor:
    question = repr((wanted, fields))
    now = call.site.clock.now_ms()
    if token := body.get("nextPageToken"):
        try:
            return call.site.tokens.take(str(token), question, now)
        except TokenExpired:
            raise bad_token() from None
    entries: list[Any] = [
        (history["created"], issue.id, order, kept)
        for issue in _all_visible(call, wanted)
        for order, history in enumerate(issue.histories)
        if (kept := _filtered(history, fields)) is not None
    ]
    entries.sort(key=lambda entry: entry[:3])
    return Cursor(question, entries, 0, now)


def _filtered(history: Json, fields: list[str]) -> Json | None:
    if not fields:
        return history
    items = [item for item in history["items"] if item.get("fieldId") in fields]
    return {**history, "items": items} if items else None


def _visible(call: Call, id_or_key: str) -> DemoIssue | None:
    """Find an issue that this caller may see; archived projects are read-only, not hidden."""
    issue = call.site.store.resolve(id_or_key)
    if issue is None or call.account is None or issue.id in call.site.store.hidden:
        return None
    project = call.site.catalog.projects[issue.project_id]
    return None if project.trashed or project.invisible or project.forbidden else issue


def _all_visible(call: Call, wanted: list[str]) -> list[DemoIssue]:
    found = {issue.id: issue for each in wanted if (issue := _visible(call, each)) is not None}
    return [found[each] for each in sorted(found)]


def _given(call: Call, found: list[DemoIssue]) -> list[DemoIssue]:
    """Leave out what a bulk read leaves out silently."""
    switches = call.site.switches
    if switches.empty_bulk_reads:
        switches.empty_bulk_reads -= 1
        return []
    return [each for each in found if each.id not in switches.left_out_of_bulk_reads]


def _failing(call: Call, found: list[DemoIssue]) -> set[int]:
    """Take the issues that fail this once from the front of those found."""
    switches = call.site.switches
    failed = {each.id for each in found[: switches.retriable_issue_errors]}
    switches.retriable_issue_errors -= len(failed)
    return failed


def _body(call: Call, issue: DemoIssue, selection: Selection, expand: set[str]) -> bytes:
    if "changelog" in expand:
        printed = call.site.render.issue(issue, selection)
        return msgspec.json.encode({**printed, "changelog": embedded_changelog(call, issue)})
    return call.site.body(call.site.store.documents[issue.id], selection)


def embedded_changelog(call: Call, issue: DemoIssue) -> Json:
    """Print the changelog inside an issue: the latest 40 entries only, which many tools take for all."""
    latest = issue.histories[-EMBEDDED_HISTORIES:][::-1]
    histories = [call.site.render.history(each) for each in latest]
    return {"startAt": 0, "maxResults": len(latest), "total": len(issue.histories), "histories": histories}
