"""Make the things of a site from the JSON copies of them that issues carry."""

from __future__ import annotations

from typing import Literal

from jira_assets.demo.data import DemoIssueType, DemoProject, DemoSprint, DemoStatus, DemoUser, Json
from jira_assets.demo.load.lines import milliseconds

CATEGORIES: dict[str, Literal["new", "indeterminate", "done"]] = {
    "new": "new",
    "indeterminate": "indeterminate",
    "done": "done",
}
STATES: dict[str, Literal["future", "active", "closed"]] = {
    "future": "future",
    "active": "active",
    "closed": "closed",
}


def project_of(project: Json) -> DemoProject:
    """Make a project of the JSON inside an issue."""
    return DemoProject(
        id=int(project["id"]),
        key=project["key"],
        name=project["name"],
        style="next-gen" if project.get("simplified") else "classic",
        project_type=project.get("projectTypeKey", "software"),
        category=project.get("projectCategory"),
    )


def status_of(status: Json) -> DemoStatus:
    """Make a status of its JSON."""
    # Jira has a fourth category, "undefined", which boards treat as to do.
    category = CATEGORIES.get((status.get("statusCategory") or {}).get("key", ""), "new")
    return DemoStatus(status["id"], status["name"], category, _scope(status), status.get("description", ""))


def issue_type_of(kind: Json) -> DemoIssueType:
    """Make an issue type of its JSON; the level is guessed where it is missing."""
    subtask = bool(kind.get("subtask"))
    usual_level = -1 if subtask else int(kind["name"].lower() == "epic")
    level = int(kind.get("hierarchyLevel", usual_level))
    return DemoIssueType(kind["id"], kind["name"], level, subtask, _scope(kind), kind.get("description", ""))


def sprint_of(sprint: Json) -> DemoSprint:
    """Make a sprint of its JSON."""
    times = (sprint.get(name) for name in ("startDate", "endDate", "completeDate"))
    start, end, complete = (None if time is None else milliseconds(time) for time in times)
    return DemoSprint(
        id=int(sprint["id"]),
        name=sprint["name"],
        state=STATES[str(sprint["state"]).lower()],
        board_id=board_id(sprint),
        goal=sprint.get("goal"),
        start=start,
        end=end,
        complete=complete,
    )


def board_id(sprint: Json) -> int:
    """Return the board a sprint belongs to; 0 stands for an unknown one."""
    return int(sprint.get("boardId") or sprint.get("originBoardId") or 0)


def _scope(thing: Json) -> int | None:
    project = (thing.get("scope") or {}).get("project") or {}
    return int(project["id"]) if "id" in project else None


def user_of(user: Json) -> DemoUser:
    """Make a user of its JSON, which is kept to be served as it is."""
    email = user.get("emailAddress") or None
    return DemoUser(
        account_id=user["accountId"],
        display_name=user.get("displayName", ""),
        email=email,
        email_visible=email is not None,
        account_type=user.get("accountType", "atlassian"),
        active=bool(user.get("active", True)),
        time_zone=user.get("timeZone") or "Etc/UTC",
        extra=user,
    )
