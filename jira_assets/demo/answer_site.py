"""Answer what is true of the whole site: who calls, projects, people, fields, statuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from jira_assets.demo.call import Call
from jira_assets.demo.data import DemoField, DemoProject, DemoUser, Json
from jira_assets.demo.reply import Reply, ok, refuse, site_unauthorized

MOST_PROJECTS = 100
MOST_USERS = 1000


def myself(call: Call) -> Reply:
    """Answer GET myself."""
    if call.account is None:
        raise site_unauthorized(as_text=True)
    user = call.site.catalog.users[call.account.account_id]
    zone = call.site.zone_of(call.account).key
    known = {"emailAddress": call.account.email, "timeZone": zone, "locale": "en_US"}
    return ok({**call.site.render.user(user), **known})


def server_info(call: Call) -> Reply:
    """Answer GET serverInfo."""
    site = call.site
    return ok(
        {
            "baseUrl": site.render.base_url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_300,
            "buildDate": "2026-11-01T00:00:00.000+0000",
            "serverTime": site.render.time(site.clock.now_ms()),
            "scmInfo": "32b43b28d3f0",
            "serverTitle": site.name,
            "serverTimeZone": site.render.zone.key,
        }
    )


def tenant_info(call: Call) -> Reply:
    """Answer GET _edge/tenant_info."""
    return ok({"cloudId": call.site.cloud_id})


def search_projects(call: Call) -> Reply:
    """Answer GET project/search."""
    wanted = call.several("status") or ["live"]
    keys, ids = call.several("keys"), call.several("id")
    projects = [
        each
        for each in call.site.catalog.projects.values()
        if call.account is not None
        and not each.invisible
        and _state(each) in wanted
        and (not keys or each.key in keys)
        and (not ids or str(each.id) in ids)
    ]
    insight = "insight" in call.several("expand")
    projects.sort(key=lambda project: project.key)
    return _page(call, projects, lambda each: _project_listed(call, each, insight), 50, MOST_PROJECTS)


def get_project(call: Call) -> Reply:
    """Answer GET project/{idOrKey} with its versions and components."""
    name = call.arguments[0]
    project = call.site.catalog.project(name)
    if project is None or project.invisible or project.trashed or call.account is None:
        kind = "id" if name.isdigit() else "key"
        raise refuse(404, f"No project could be found with {kind} '{name}'.")
    if project.forbidden:
        raise refuse(403, "You do not have permission to view this project.")
    address = call.site.render.base_url
    printed = _project_listed(call, project, insight=False)
    printed |= {"assigneeType": "UNASSIGNED", "roles": {}, "issueTypes": _types_of(call, project)}
    printed["versions"] = [
        {"self": f"{address}/rest/api/3/version/{each['id']}", "projectId": project.id, **each}
        for each in project.versions
    ]
    printed["components"] = [
        {"self": f"{address}/rest/api/3/component/{each['id']}", "isAssigneeTypeValid": False, **each}
        for each in project.components
    ]
    return ok(printed)


def fields(call: Call) -> Reply:
    """Answer GET field: the fields of the site and those of the team-managed projects that are visible."""
    known = call.site.catalog.fields.values() if call.account is not None else ()
    return ok([_field(call, each) for each in known if _in_sight(call, each.scope_project_id)])


def statuses(call: Call) -> Reply:
    """Answer GET status."""
    known = call.site.catalog.statuses.values() if call.account is not None else ()
    return ok([call.site.render.status(each) for each in known if _in_sight(call, each.project_id)])


def issue_types(call: Call) -> Reply:
    """Answer GET issuetype."""
    known = call.site.catalog.issue_types.values() if call.account is not None else ()
    return ok([call.site.render.issue_type(each.id) for each in known if _in_sight(call, each.project_id)])


def priorities(call: Call) -> Reply:
    """Answer GET priority."""
    return ok([call.site.render.priority(each) for each in call.site.catalog.priorities])


def resolutions(call: Call) -> Reply:
    """Answer GET resolution."""
    return ok([call.site.render.resolution(each) for each in call.site.catalog.resolutions])


def search_users(call: Call) -> Reply:
    """Answer GET users/search: a bare list, people who left included."""
    if call.site.switches.users_forbidden:
        raise refuse(403, "You do not have permission to browse users.")
    start, size = call.number("startAt", 0), min(call.number("maxResults", 50), MOST_USERS)
    users = list(call.site.catalog.users.values())[start : start + size]
    return ok([call.site.render.user(each) for each in users])


def bulk_users(call: Call) -> Reply:
    """Answer GET user/bulk."""
    wanted = call.several("accountId")
    if not wanted:
        raise refuse(400, "At least one accountId is needed.")
    known = call.site.catalog.users
    users: list[DemoUser] = [known[each] for each in dict.fromkeys(wanted) if each in known]
    return _page(call, users, call.site.render.user, 10, 200)


def _page(
    call: Call, things: Sequence[Any], printed: Callable[[Any], Json], default: int, most: int
) -> Reply:
    start, size = call.number("startAt", 0), min(call.number("maxResults", default), most)
    page = things[start : start + size]
    last = start + size >= len(things)
    answer: Json = {
        "self": call.site.render.base_url,
        "maxResults": size,
        "startAt": start,
        "total": len(things),
    }
    answer |= {"isLast": last, "values": [printed(each) for each in page]}
    if not last:
        following = urlencode({"startAt": start + size, "maxResults": size})
        answer["nextPage"] = f"{call.site.render.base_url}?{following}"
    return ok(answer)


def _state(project: DemoProject) -> str:
    return "deleted" if project.trashed else "archived" if project.archived else "live"


def _project_listed(call: Call, project: DemoProject, insight: bool) -> Json:
    printed = call.site.render.project_head(project)
    printed |= {"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight"}
    printed |= {"style": project.style, "isPrivate": project.style == "next-gen", "properties": {}}
    if project.archived:
        printed["archived"] = True
    if project.trashed:
        printed["deleted"] = True
    lead = call.site.catalog.users.get(project.lead or "")
    if lead is not None:
        printed["lead"] = call.site.render.user(lead)
    if insight:
        printed["insight"] = _insight(call, project)
    return printed


def _insight(call: Call, project: DemoProject) -> Json:
    issues = [
        each.issue for each in call.site.store.documents.values() if each.issue.project_id == project.id
    ]
    newest = max((each.updated for each in issues), default=None)
    printed: Json = {"totalIssueCount": len(issues)}
    return printed | ({} if newest is None else {"lastIssueUpdateTime": call.site.render.time(newest)})


def _types_of(call: Call, project: DemoProject) -> list[Json]:
    kinds = list(call.site.catalog.issue_types.values())
    own = [each for each in kinds if each.project_id == project.id]
    shared = [each for each in kinds if each.project_id is None]
    return [call.site.render.issue_type(each.id) for each in own or shared]


def _in_sight(call: Call, project_id: int | None) -> bool:
    if project_id is None:
        return True
    project = call.site.catalog.projects.get(project_id)
    return project is not None and not (project.invisible or project.trashed)


def _field(call: Call, field: DemoField) -> Json:
    number = field.id.removeprefix("customfield_")
    printed: Json = {
        "id": field.id,
        "key": field.id,
        "name": field.name,
        "custom": field.custom,
        "orderable": True,
        "navigable": field.id not in ("comment", "worklog", "attachment"),
        "searchable": True,
        "clauseNames": [f"cf[{number}]", field.name] if field.custom else [field.id],
    }
    printed |= {} if field.schema is None else {"schema": field.schema}
    return printed | call.site.render.scope(field.scope_project_id)
