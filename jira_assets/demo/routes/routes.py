"""Which function answers which request, and who may ask."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from jira_assets.demo.accounts import Account, CallerProof
from jira_assets.demo.http.call import Call
from jira_assets.demo.http.reply import (
    LOGIN_FAILED,
    Refusal,
    Reply,
    gateway_unauthorized,
    gone,
    refuse,
    refuse_with,
    scope_missing,
    site_unauthorized,
)
from jira_assets.demo.routes import agile, entities, issues, oauth, projects, search
from jira_assets.demo.routes import site as whole
from jira_assets.demo.site import DemoSite

WORK, USER = ("read:jira-work",), ("read:jira-user",)
BOARDS = ("read:board-scope:jira-software", "read:project:jira")
BOARD_SETUP = ("read:board-scope.admin:jira-software", "read:project:jira")
SPRINTS = ("read:sprint:jira-software",)


@dataclass(frozen=True, slots=True)
class Route:
    """A path pattern and what it needs; `anonymous` endpoints answer callers without credentials."""

    method: str
    pattern: re.Pattern[str]
    answer: Callable[[Call], Reply]
    scopes: tuple[str, ...] | None
    anonymous: bool


def _route(
    method: str,
    path: str,
    answer: Callable[[Call], Reply],
    scopes: tuple[str, ...] | None = WORK,
    *,
    anonymous: bool = True,
) -> Route:
    pattern = re.sub(r"\{number\}", r"(\\d+)", path.replace("{}", "([^/]+)"))
    return Route(method, re.compile(pattern + "$"), answer, scopes, anonymous)


def _removed(_call: Call) -> Reply:
    raise gone()


ROUTES = (
    _route("GET", "/authorize", oauth.authorize, None),
    _route("POST", "/authorize/decision", oauth.decide, None),
    _route("POST", "/oauth/token", oauth.token, None),
    _route("GET", "/oauth/token/accessible-resources", oauth.accessible_resources, None),
    _route("GET", "/_edge/tenant_info", whole.tenant_info, None),
    _route("GET", "/rest/api/[23]/serverInfo", whole.server_info, None),
    _route("GET", "/rest/api/3/myself", whole.myself, USER, anonymous=False),
    _route("GET", "/rest/api/3/search/jql", search.search_by_get),
    _route("POST", "/rest/api/3/search/jql", search.search_by_post),
    _route("POST", "/rest/api/3/search/approximate-count", search.approximate_count),
    _route("GET", "/rest/api/[23]/search", _removed),
    _route("POST", "/rest/api/[23]/search", _removed),
    _route("POST", "/rest/api/3/issue/bulkfetch", issues.bulk_fetch),
    _route("POST", "/rest/api/3/changelog/bulkfetch", issues.bulk_changelogs, anonymous=False),
    _route("GET", "/rest/api/3/issue/{}/changelog", issues.issue_changelog),
    _route("GET", "/rest/api/3/issue/{}/comment", entities.issue_comments),
    _route("GET", "/rest/api/3/issue/{}/worklog", entities.issue_worklogs),
    _route("GET", "/rest/api/3/issue/{}/remotelink", entities.remote_links),
    _route("GET", "/rest/api/3/worklog/updated", entities.updated_worklogs, anonymous=False),
    _route("GET", "/rest/api/3/worklog/deleted", entities.deleted_worklogs, anonymous=False),
    _route("POST", "/rest/api/3/worklog/list", entities.list_worklogs, anonymous=False),
    _route("GET", "/rest/api/3/issue/{}", issues.get_issue),
    _route("GET", "/rest/api/3/project/search", projects.search_projects),
    _route("GET", "/rest/api/3/project/{}", projects.get_project),
    _route("GET", "/rest/api/3/project/{}/components", projects.project_components),
    _route("GET", "/rest/api/3/field", whole.fields),
    _route("GET", "/rest/api/3/status", whole.statuses),
    _route("GET", "/rest/api/3/issuetype", whole.issue_types),
    _route("GET", "/rest/api/3/priority", whole.priorities),
    _route("GET", "/rest/api/3/resolution", whole.resolutions),
    _route("GET", "/rest/api/3/resolution/search", whole.search_resolutions, anonymous=False),
    _route("GET", "/rest/api/3/users/search", whole.search_users, USER, anonymous=False),
    _route("GET", "/rest/api/3/users", whole.search_users, USER, anonymous=False),
    _route("GET", "/rest/api/3/user/bulk", whole.bulk_users, USER, anonymous=False),
    _route("GET", "/rest/agile/1.0/board", agile.boards, BOARDS, anonymous=False),
    _route(
        "GET",
        "/rest/agile/1.0/board/{number}/configuration",
        agile.board_configuration,
        BOARD_SETUP,
        anonymous=False,
    ),
    _route("GET", "/rest/agile/1.0/board/{number}/sprint", agile.board_sprints, SPRINTS, anonymous=False),
    _route("GET", "/rest/agile/1.0/sprint/{number}", agile.get_sprint, SPRINTS, anonymous=False),
)
_GATEWAY = re.compile(r"/ex/jira/([^/]+)(/.*)$")


@dataclass(frozen=True, slots=True)
class Target:
    """A path below its mount: the site's own address or the gateway."""

    path: str
    cloud_id: str | None

    @classmethod
    def of(cls, path: str) -> Target:
        """Return the mount from the path."""
        match = _GATEWAY.match(path)
        return cls(match.group(2), match.group(1)) if match else cls(path, None)


def answer(
    site: DemoSite, method: str, target: Target, query: str, body: bytes, authorization: str | None
) -> Reply:
    """Answer a request; refusals are answers too."""
    try:
        with site.lock:
            return _answer(site, method, target, query, body, authorization)
    except Refusal as refusal:
        return refusal.reply


def _answer(
    site: DemoSite, method: str, target: Target, query: str, body: bytes, authorization: str | None
) -> Reply:
    route, arguments = _find(method, target.path)
    account, failed = _caller(site, route, target, authorization)
    call = Call(site, account, arguments, parse_qs(query, keep_blank_values=True), body, authorization)
    reply = route.answer(call)
    if failed:
        reply.headers.update(LOGIN_FAILED)
    return reply


def _find(method: str, path: str) -> tuple[Route, list[str]]:
    matching = [(route, match) for route in ROUTES if (match := route.pattern.match(path))]
    for route, match in matching:
        if route.method == method:
            return route, [unquote(part) for part in match.groups()]
    if matching:
        raise refuse_with(405, {"errorMessages": ["Method Not Allowed"], "errors": {}})
    raise refuse(404, "No endpoint answers at this address.")


def _caller(
    site: DemoSite, route: Route, target: Target, authorization: str | None
) -> tuple[Account | None, bool]:
    """Return who calls, and whether their login failed without being refused."""
    gateway = target.cloud_id is not None
    if gateway and target.cloud_id != site.cloud_id:
        raise refuse_with(404, {"code": 404, "message": "No site has this cloud id"})
    if site.switches.data_center and not target.path.endswith("/rest/api/2/serverInfo"):
        raise refuse(404, "null for uri: " + target.path)
    if route.scopes is None:
        return None, False
    proof = _prove(site, authorization, gateway=gateway)
    dead = proof.account is not None and site.switches.dead_credentials
    account = None if dead else proof.account
    if gateway and account is None and not dead:
        raise gateway_unauthorized()
    if account is None and (not route.anonymous or (proof.given and not dead)):
        raise site_unauthorized(as_text=target.path.endswith("/myself"))
    if gateway and account is not None and not proof.scopes.issuperset(route.scopes):
        raise scope_missing()
    return account, dead


def _prove(site: DemoSite, authorization: str | None, *, gateway: bool) -> CallerProof:
    scheme, _, token = (authorization or "").partition(" ")
    if not gateway or scheme.lower() != "bearer":
        return site.accounts.prove(authorization, gateway=gateway)
    holder = site.oauth.holder(token)
    if site.oauth.expired(token):
        raise gateway_unauthorized(site.switches.expired_token_status)
    return (
        CallerProof(holder[0], True, holder[1])
        if holder
        else site.accounts.prove(authorization, gateway=True)
    )
