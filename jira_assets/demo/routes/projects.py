"""Answer what is asked about projects."""

from __future__ import annotations

from collections.abc import Collection

from jira_assets.demo.data import DemoProject, Json
from jira_assets.demo.http.call import Call
from jira_assets.demo.http.page_bean import page_bean
from jira_assets.demo.http.reply import Reply, ok, refuse

MOST_PROJECTS = 100


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
    if not projects and call.site.switches.empty_project_list_is_404:
        raise refuse(404, "No projects matching the search criteria were found.")
    expand = call.several("expand")
    projects.sort(key=lambda project: project.key)
    return page_bean(call, projects, lambda each: _project_listed(call, each, expand), 50, MOST_PROJECTS)


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
    printed = _project_listed(call, project, [each for each in call.several("expand") if each != "insight"])
    printed |= {"assigneeType": "UNASSIGNED", "roles": {}, "issueTypes": _types_of(call, project)}
    printed["versions"] = [
        {
            "self": f"{address}/rest/api/3/version/{each['id']}",
            "projectId": project.id,
            **each,
            **_overdue(call, each),
        }
        for each in project.versions
    ]
    short = call.site.switches.short_components
    printed["components"] = [_component(call, project, each, short=short) for each in project.components]
    return ok(printed)


def project_components(call: Call) -> Reply:
    """Answer GET project/{idOrKey}/components: a bare list."""
    if call.site.switches.components_forbidden:
        raise refuse(403, "You do not have permission to view the components of this project.")
    project = call.site.catalog.project(call.arguments[0])
    if project is None or project.invisible or project.trashed or call.account is None:
        raise refuse(404, "The project does not exist or you do not have permission to view it.")
    return ok([_component(call, project, each, short=False) for each in project.components])


def _overdue(call: Call, version: Json) -> Json:
    """Return what Jira says of a version that should have been released, by the zone of the site."""
    if version.get("released") or not isinstance(version.get("releaseDate"), str):
        return {}
    today = call.site.clock.now().astimezone(call.site.render.zone).date().isoformat()
    return {"overdue": version["releaseDate"] < today}


def _component(call: Call, project: DemoProject, component: Json, *, short: bool) -> Json:
    """Print a component; `lead` is an account id, `assigneeType` the project's default unless it is set."""
    address = f"{call.site.render.base_url}/rest/api/3/component/{component['id']}"
    plain = {name: value for name, value in component.items() if name not in ("lead", "assigneeType")}
    printed: Json = {"self": address, **plain, "isAssigneeTypeValid": False}
    if short:
        return printed
    printed |= {"assigneeType": component.get("assigneeType", "PROJECT_DEFAULT")}
    printed |= {"project": project.key, "projectId": project.id}
    lead = call.site.catalog.users.get(component.get("lead") or "")
    return printed | ({} if lead is None else {"lead": call.site.render.user(lead)})


def _state(project: DemoProject) -> str:
    return "deleted" if project.trashed else "archived" if project.archived else "live"


def _project_listed(call: Call, project: DemoProject, expand: Collection[str]) -> Json:
    printed = call.site.render.project_head(project)
    printed |= {"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight"}
    printed |= {"style": project.style, "isPrivate": project.style == "next-gen", "properties": {}}
    printed |= _state_shown(call, project)
    lead = call.site.catalog.users.get(project.lead or "")
    if lead is not None:
        printed["lead"] = call.site.render.user(lead)
    if "projectKeys" in expand:
        printed["projectKeys"] = [project.key, *project.old_keys]
    if "insight" in expand:
        printed["insight"] = _insight(call, project)
    return printed


def _state_shown(call: Call, project: DemoProject) -> Json:
    state = _state(project)
    if state == "live":
        return {}
    since = {} if project.since is None else {f"{state}Date": call.site.render.time(project.since)}
    return {state: True, **since}


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
