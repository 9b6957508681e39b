"""Answer what is true of the whole site: who calls, people, fields, statuses."""

from __future__ import annotations

from functools import partial

from jira_assets.demo.data import DemoField, DemoPriority, DemoResolution, DemoUser, Json
from jira_assets.demo.http.call import Call
from jira_assets.demo.http.page_bean import page_bean
from jira_assets.demo.http.reply import Reply, ok, refuse, site_unauthorized

POINTS_A_PERSON = 2
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
            "version": "9.12.2" if site.switches.data_center else "1001.0.0-SNAPSHOT",
            "versionNumbers": [9, 12, 2] if site.switches.data_center else [1001, 0, 0],
            "deploymentType": "Server" if site.switches.data_center else "Cloud",
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


def fields(call: Call) -> Reply:
    """Answer GET field: the fields of the site and those of the team-managed projects that are visible."""
    known = call.site.catalog.fields.values() if call.account is not None else ()
    return ok([_field(call, each) for each in known if _in_sight(call, each.scope_project_id)])


def statuses(call: Call) -> Reply:
    """Answer GET status."""
    known = call.site.catalog.statuses.values() if call.account is not None else ()
    listed = [each for each in known if each.in_use and _in_sight(call, each.project_id)]
    return ok([call.site.render.status(each) for each in listed])


def issue_types(call: Call) -> Reply:
    """Answer GET issuetype."""
    known = call.site.catalog.issue_types.values() if call.account is not None else ()
    return ok([call.site.render.issue_type(each.id) for each in known if _in_sight(call, each.project_id)])


def priorities(call: Call) -> Reply:
    """Answer GET priority."""
    return ok([_priority(call, each) for each in call.site.catalog.priorities.values()])


def resolutions(call: Call) -> Reply:
    """Answer GET resolution."""
    return ok([call.site.render.resolution(each) for each in call.site.catalog.resolutions])


def search_resolutions(call: Call) -> Reply:
    """Answer GET resolution/search."""
    known = list(call.site.catalog.resolutions.values())
    return page_bean(call, known, partial(_resolution, call), 50, 50)


def search_users(call: Call) -> Reply:
    """Answer GET users/search: a bare list, people who left included."""
    if call.site.switches.users_forbidden:
        raise refuse(403, "You do not have permission to browse users.")
    start, size = call.number("startAt", 0), min(call.number("maxResults", 50), MOST_USERS)
    unlisted = call.site.switches.unlisted_users
    listed = [each for each in call.site.catalog.users.values() if each.account_id not in unlisted]
    users = listed[start : start + size]
    return ok([_in_list(call, each) for each in users], points=POINTS_A_PERSON * len(users))


def bulk_users(call: Call) -> Reply:
    """Answer GET user/bulk."""
    wanted = call.several("accountId")
    if not wanted:
        raise refuse(400, "At least one accountId is needed.")
    known = call.site.catalog.users
    users: list[DemoUser] = [known[each] for each in dict.fromkeys(wanted) if each in known]
    return page_bean(call, users, partial(_in_list, call), 10, 200)


def _in_list(call: Call, user: DemoUser) -> Json:
    """Print a person as the lists of people do."""
    forms: dict[str, Json] = {"absent": {}, "null": {"emailAddress": None}, "empty": {"emailAddress": ""}}
    return {**forms[call.site.switches.hidden_email], **call.site.render.user(user)}


def _priority(call: Call, priority: DemoPriority) -> Json:
    more = {"statusColor": "#f79232", "description": priority.description, "isDefault": priority.is_default}
    return {**call.site.render.priority(priority.id), **more}


def _resolution(call: Call, resolution: DemoResolution) -> Json:
    return {**call.site.render.resolution(resolution.id), "default": resolution.is_default}


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
