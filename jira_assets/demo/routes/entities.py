"""Answer what is read of comments, worklogs and remote links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from jira_assets.demo.data import Json
from jira_assets.demo.entities import DemoWorklog
from jira_assets.demo.http.call import Call, texts
from jira_assets.demo.http.reply import Reply, ok, refuse
from jira_assets.demo.routes.issues import visible_issue

COMMENTS_A_PAGE = 100
WORKLOGS_A_PAGE = 5000
WORKLOGS_AT_ONCE = 1000
NOT_SHOWN_MS = 60_000
"""worklog/updated and worklog/deleted leave out the last minute."""


def issue_comments(call: Call) -> Reply:
    """Answer GET issue/{idOrKey}/comment: pages, oldest first unless it is asked otherwise."""
    issue = visible_issue(call)
    order = call.text("orderBy", "created")
    if order.lstrip("+-") != "created":
        raise refuse(400, f"The orderBy value '{order}' is not valid.")
    found = call.site.render.comments(issue.id)
    found = found[::-1] if order.startswith("-") else found
    page, part = _page(call, found, COMMENTS_A_PAGE)
    return ok(page | {"comments": [call.site.render.comment(each) for each in part]}, points=len(part))


def issue_worklogs(call: Call) -> Reply:
    """Answer GET issue/{idOrKey}/worklog."""
    issue = visible_issue(call)
    _refuse_without_time_tracking(call)
    page, part = _page(call, call.site.render.worklogs(issue.id), WORKLOGS_A_PAGE)
    return ok(page | {"worklogs": [call.site.render.worklog(each) for each in part]}, points=len(part))


def remote_links(call: Call) -> Reply:
    """Answer GET issue/{idOrKey}/remotelink: all at once."""
    issue = visible_issue(call)
    return ok([call.site.render.remote_link(each) for each in call.site.entities.remote_links_of(issue.id)])


def updated_worklogs(call: Call) -> Reply:
    """Answer GET worklog/updated: ids of the whole site by time, from `since` on, to a minute ago."""
    _refuse_without_time_tracking(call)
    seen = [each for each in call.site.entities.worklogs.values() if _is_visible(call, each)]
    return _changes(call, "updated", [(each.updated, each.id) for each in seen])


def deleted_worklogs(call: Call) -> Reply:
    """Answer GET worklog/deleted: of the whole site, also of what callers do not see."""
    _refuse_without_time_tracking(call)
    return _changes(call, "deleted", [(at, each) for each, at in call.site.entities.deleted_worklogs.items()])


def list_worklogs(call: Call) -> Reply:
    """Answer POST worklog/list: what is not found is just not there."""
    _refuse_without_time_tracking(call)
    wanted = texts(call.body("ids").get("ids"))
    if not 1 <= len(wanted) <= WORKLOGS_AT_ONCE:
        raise refuse(400, f"The number of ids must be between 1 and {WORKLOGS_AT_ONCE}.")
    known = call.site.entities.worklogs
    found = [known[int(each)] for each in dict.fromkeys(wanted) if each.isdigit() and int(each) in known]
    return ok([call.site.render.worklog(each) for each in found if _is_visible(call, each)])


def _is_visible(call: Call, worklog: DemoWorklog) -> bool:
    issue = call.site.store.get(worklog.issue_id)
    if issue is None or issue.id in call.site.store.hidden:
        return False
    project = call.site.catalog.projects[issue.project_id]
    is_shown = not (project.forbidden or project.invisible or project.trashed)
    return is_shown and call.site.render.shows(worklog)


def _refuse_without_time_tracking(call: Call) -> None:
    if call.site.switches.time_tracking_off:
        raise refuse(404, "Time Tracking is not enabled.")


def _page(call: Call, found: Sequence[Any], most: int) -> tuple[Json, Sequence[Any]]:
    start, size = call.number("startAt", 0), min(call.number("maxResults", most), most)
    return {"startAt": start, "maxResults": size, "total": len(found)}, found[start : start + size]


def _changes(call: Call, which: str, found: list[tuple[int, int]]) -> Reply:
    """Print the first page of what changed; a page ends after so many, also among those of one moment."""
    since, newest = call.number("since", 0), call.site.clock.now_ms() - NOT_SHOWN_MS
    size = call.site.switches.worklogs_a_page
    due = sorted(each for each in found if since <= each[0] <= newest)
    page, is_last = due[:size], len(due) <= size
    until = page[-1][0] if page else since
    address = f"{call.site.render.base_url}/rest/api/3/worklog/{which}"
    answer: Json = {
        "self": f"{address}?{urlencode({'since': since})}",
        "since": since,
        "until": until,
        "lastPage": is_last,
        "values": [{"worklogId": each, "updatedTime": at, "properties": []} for at, each in page],
    }
    return ok(answer if is_last else answer | {"nextPage": f"{address}?{urlencode({'since': until})}"})
