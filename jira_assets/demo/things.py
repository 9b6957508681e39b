"""Print the things that issues point to as Jira prints them: statuses, people, projects, sprints."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jira_assets.demo.catalog import Catalog
from jira_assets.demo.clock import agile_time, jira_time
from jira_assets.demo.data import DemoProject, DemoSprint, DemoStatus, DemoUser, Json

FORMER_USER = "Former user"
AVATAR = "https://avatar-management.example/default-avatar.png"
LINK_TYPES = {
    "Blocks": ("is blocked by", "blocks"),
    "Relates": ("relates to", "relates to"),
    "Cloners": ("is cloned by", "clones"),
    "Duplicate": ("is duplicated by", "duplicates"),
}
"""What a link is called, seen from the issue it leads to, and from the one it starts from."""

ONLY_IN_PROJECTS = ("startDate", "lead", "assigneeType")
"""What issues do not show of their versions and components."""

CATEGORIES: dict[str, Json] = {
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
}


@dataclass
class ThingPrinter:
    """Print with the addresses of one site."""

    catalog: Catalog
    zone: ZoneInfo
    base_url: str

    def time(self, ms: int) -> str:
        """Print a time in the zone of the site."""
        return jira_time(ms, self.zone)

    def status(self, status: DemoStatus) -> Json:
        """Print a status with its category."""
        category = CATEGORIES[status.category_key]
        address = f"{self.base_url}/rest/api/3/statuscategory/{category['id']}"
        printed: Json = {
            "self": f"{self.base_url}/rest/api/3/status/{status.id}",
            "description": status.description,
            "iconUrl": f"{self.base_url}/images/icons/status.png",
            "name": status.name,
            "id": status.id,
            "statusCategory": {"self": address, **category},
        }
        return printed | self.scope(status.project_id)

    def issue_type(self, item_id: str) -> Json:
        """Print an issue type."""
        kind = self.catalog.issue_types[item_id]
        printed: Json = {
            "self": f"{self.base_url}/rest/api/3/issuetype/{kind.id}",
            "id": kind.id,
            "description": kind.description,
            "iconUrl": f"{self.base_url}/images/icons/issuetype.png",
            "name": kind.name,
            "subtask": kind.subtask,
            "avatarId": 10300,
            "hierarchyLevel": kind.hierarchy_level,
        }
        return printed | self.scope(kind.project_id)

    def priority(self, item_id: str) -> Json:
        """Print a priority."""
        return {
            "self": f"{self.base_url}/rest/api/3/priority/{item_id}",
            "iconUrl": f"{self.base_url}/images/icons/priority.png",
            "name": self.catalog.priorities[item_id].name,
            "id": item_id,
        }

    def resolution(self, item_id: str) -> Json:
        """Print a resolution."""
        found = self.catalog.resolutions[item_id]
        address = f"{self.base_url}/rest/api/3/resolution/{item_id}"
        return {"self": address, "id": item_id, "description": found.description, "name": found.name}

    def scope(self, project_id: int | None) -> Json:
        """Print which team-managed project a thing belongs to; nothing for the whole site."""
        if project_id is None:
            return {}
        return {"scope": {"type": "PROJECT", "project": {"id": str(project_id)}}}

    def user(self, user: DemoUser) -> Json:
        """Print a person; an e-mail that they hide is left out."""
        if user.extra:
            return user.extra
        printed: Json = {
            "self": f"{self.base_url}/rest/api/3/user?accountId={user.account_id}",
            "accountId": user.account_id,
            "avatarUrls": dict.fromkeys(("48x48", "24x24", "16x16", "32x32"), AVATAR),
            "displayName": user.display_name,
            "active": user.active,
            "timeZone": user.time_zone,
            "accountType": user.account_type,
        }
        if user.email and user.email_visible:
            printed["emailAddress"] = user.email
        return printed

    def project_head(self, project: DemoProject) -> Json:
        """Print a project the way issues carry it."""
        printed: Json = {
            "self": f"{self.base_url}/rest/api/3/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": project.project_type,
            "simplified": project.style == "next-gen",
            "avatarUrls": dict.fromkeys(("48x48", "24x24", "16x16", "32x32"), AVATAR),
        }
        return printed | ({"projectCategory": project.category} if project.category else {})

    def sprint_in_issue(self, sprint: DemoSprint) -> Json:
        """Print a sprint the way issues carry it."""
        head: Json = {"id": sprint.id, "name": sprint.name, "state": sprint.state, "boardId": sprint.board_id}
        return head | {"goal": sprint.goal or ""} | self.sprint_dates(sprint)

    def sprint_dates(self, sprint: DemoSprint) -> Json:
        """Print those dates of a sprint that it has."""
        dates = {"startDate": sprint.start, "endDate": sprint.end, "completeDate": sprint.complete}
        return {name: agile_time(ms) for name, ms in dates.items() if ms is not None}

    def link(self, link_id: str, direction: str, name: str) -> Json:
        """Print a link, but for the issue at its other end."""
        inward, outward = LINK_TYPES[name]
        type_id = str(10_000 + list(LINK_TYPES).index(name))
        address = f"{self.base_url}/rest/api/3"
        return {
            "id": link_id,
            "self": f"{address}/issueLink/{link_id}",
            "type": {
                "id": type_id,
                "name": name,
                "inward": inward,
                "outward": outward,
                "self": f"{address}/issueLinkType/{type_id}",
            },
        }

    def votes(self, count: int) -> Json:
        """Print the votes of an issue, without the people."""
        return {"self": f"{self.base_url}/rest/api/3/issue/votes", "votes": count, "hasVoted": False}

    def watchers(self, count: int) -> Json:
        """Print the watchers of an issue, without the people."""
        address = f"{self.base_url}/rest/api/3/issue/watchers"
        return {"self": address, "watchCount": count, "isWatching": False}

    def version_or_component(self, kind: str, item_id: str) -> Json | None:
        """Print a version or a component (`kind`: "versions", "components")."""
        item = self.catalog.version_or_component(kind, item_id)
        if item is None:
            return None
        shown = {name: value for name, value in item.items() if name not in ONLY_IN_PROJECTS}
        return {"self": f"{self.base_url}/rest/api/3/{kind[:-1]}/{item_id}", **shown, "id": item_id}


def link_item(name: str, direction: str, key: str, *, is_new: bool) -> Json:
    """Return the changelog item of a link: it names the other issue, and the type by a sentence only."""
    inward, outward = LINK_TYPES[name]
    shown = {"": key, "String": f"This issue {outward if direction == 'outward' else inward} {key}"}
    nothing: Json = dict.fromkeys(shown)
    before, after = (nothing, shown) if is_new else (shown, nothing)
    return {
        "field": "Link",
        "fieldtype": "jira",
        "fieldId": "issuelinks",
        "from": before[""],
        "fromString": before["String"],
        "to": after[""],
        "toString": after["String"],
    }
