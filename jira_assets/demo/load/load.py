"""Make a demo site of real issues: Cloud v3 JSON, one issue a line, served as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jira_assets.demo.data import DemoBoard, DemoIssue, DemoPriority, DemoResolution, Json, SiteData
from jira_assets.demo.load.entities import board_id, issue_type_of, project_of, sprint_of, status_of, user_of
from jira_assets.demo.load.fields import derive_fields
from jira_assets.demo.load.files import issue_files, lines
from jira_assets.demo.load.lines import read_issue, read_user


def load_site(paths: Sequence[Path]) -> SiteData:
    """Load `<PROJECT>.jsonl[.gz]` and `users.jsonl[.gz]` from files and folders.

    Projects, people, statuses, boards, sprints and so on are what the issues mention; of several copies of
    a thing the one in the issue updated last counts. The issues keep their own copies. Raises InputError.
    """
    issue_paths, user_paths = issue_files(paths)
    issues: dict[int, DemoIssue] = {}
    for issue in (read_issue(line) for path in issue_paths for line in lines(path)):
        if issue.id not in issues or issues[issue.id].updated <= issue.updated:
            issues[issue.id] = issue
    data = SiteData(
        site_name="Loaded site",
        issues=sorted(issues.values(), key=lambda issue: issue.id),
        embeds_entities=False,
    )
    data.fields = derive_fields(data.issues)
    Mentions(data).derive()
    _add_users(data, [read_user(line) for path in user_paths for line in lines(path)])
    _point_to_parents(data)
    return data


class Mentions:
    """Collect what the issues of a site mention, reading the issue updated last at the end."""

    def __init__(self, data: SiteData) -> None:
        self._data = data
        self._oldest_first = sorted(data.issues, key=lambda issue: issue.updated)
        self._sprint_fields = [field.id for field in data.fields if field.is_sprint]

    def derive(self) -> None:
        """Write the lists of the site."""
        data = self._data
        data.projects = [project_of(project) for project in self._latest("project").values()]
        data.statuses = [status_of(status) for status in self._latest("status").values()]
        data.issue_types = [issue_type_of(kind) for kind in self._latest("issuetype").values()]
        data.priorities = [DemoPriority(p["id"], p["name"]) for p in self._latest("priority").values()]
        data.resolutions = [
            DemoResolution(r["id"], r["name"], r.get("description", ""))
            for r in self._latest("resolution").values()
        ]
        for project in data.projects:
            project.versions = list(self._latest("fixVersions", "versions", project_id=project.id).values())
            project.components = list(self._latest("components", project_id=project.id).values())
        self._derive_sprints()

    def _latest(self, *names: str, project_id: int | None = None) -> dict[str, Json]:
        """Return the newest copy of each object in some fields, also in those of parents and sub-tasks."""
        found: dict[str, Json] = {}
        for issue in self._oldest_first:
            if project_id is not None and issue.project_id != project_id:
                continue
            for fields in (*_relatives(issue.fields), issue.fields):
                for name in names:
                    found |= {str(each["id"]): each for each in _objects(fields.get(name))}
        return dict(sorted(found.items()))

    def _derive_sprints(self) -> None:
        users: dict[int, Counter[int]] = {}
        for issue in self._oldest_first:
            for name in self._sprint_fields:
                for sprint in _objects(issue.fields.get(name)):
                    users.setdefault(board_id(sprint), Counter())[issue.project_id] += 1
        estimate = _estimation_field(self._data)
        self._data.boards = [
            DemoBoard(board, f"Board {board}", "scrum", projects.most_common(1)[0][0], estimate)
            for board, projects in sorted(users.items())
        ]
        sprints = [sprint_of(sprint) for sprint in self._latest(*self._sprint_fields).values()]
        self._data.sprints = sorted(sprints, key=lambda sprint: sprint.id)


def _estimation_field(data: SiteData) -> str | None:
    names = ("Story point estimate", "Story Points")
    return next((field.id for field in data.fields if field.name in names and field.custom), None)


def _relatives(fields: Json) -> Iterator[Json]:
    """Return the few fields of the parent and the sub-tasks that an issue carries along."""
    for name in ("parent", "subtasks"):
        value = fields.get(name)
        for relative in value if isinstance(value, list) else [value]:
            if isinstance(relative, dict):
                yield relative.get("fields") or {}


def _objects(value: Any) -> list[Json]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, dict) and {"id", "name"} <= each.keys()]


def _add_users(data: SiteData, listed: list[Json]) -> None:
    """Take the people from the user files, and those whom only the issues mention."""
    users: dict[str, Json] = {}
    for issue in sorted(data.issues, key=lambda issue: issue.updated):
        authors = (history["author"] for history in issue.histories)
        for value in (*issue.fields.values(), *authors):
            for user in value if isinstance(value, list) else [value]:
                if isinstance(user, dict) and "accountId" in user:
                    users[user["accountId"]] = user
    users |= {user["accountId"]: user for user in listed}
    data.users = [user_of(user) for _, user in sorted(users.items())]


def _point_to_parents(data: SiteData) -> None:
    """Turn a parent that is named by its key or id alone into a reference, where that issue is here."""
    keys = {project.id: project.key for project in data.projects}
    ids = {f"{keys[issue.project_id]}-{issue.number}": issue.id for issue in data.issues}
    ids |= {str(issue.id): issue.id for issue in data.issues}
    for issue in data.issues:
        parent = issue.fields.get("parent")
        name = parent.get("key") if isinstance(parent, dict) and "id" not in parent else parent
        if isinstance(name, str | int) and str(name) in ids:
            issue.fields["parent"] = ids[str(name)]
