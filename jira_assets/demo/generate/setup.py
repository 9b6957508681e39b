"""What an administrator set up on a generated site: statuses, issue types, priorities, fields."""

from __future__ import annotations

from itertools import count
from typing import Literal

from jira_assets.demo.data import (
    SPRINT_SCHEMA,
    DemoField,
    DemoIssueType,
    DemoPriority,
    DemoResolution,
    DemoStatus,
    Json,
    SiteData,
)

SPRINT_FIELD = "customfield_10020"
POINTS_FIELD = "customfield_10034"
OLD_POINTS_FIELD = "customfield_10004"
TEXT_POINTS_FIELD = "customfield_10051"
RANK_FIELD = "customfield_10019"
START_DATE_FIELD = "customfield_10015"
SEVERITY_FIELD = "customfield_10048"
REVIEWER_FIELD = "customfield_10049"
PLATFORMS_FIELD = "customfield_10050"
DELETED_FIELD = "customfield_10044"
"""A field that an administrator deleted: only changelogs have it."""
TEAM_FIELD = "customfield_10001"
OLD_TEAM_FIELD = "customfield_10058"
FLAGGED_FIELD = "customfield_10021"
FIRST_RESPONSE_FIELD = "customfield_10061"
RESOLUTION_TIME_FIELD = "customfield_10062"
SEVERITIES = ("Cosmetic", "Annoying", "Blocks work")
PLATFORMS = ("Web", "iOS, iPadOS", "Android")

_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"
_AGILE = "com.pyxis.greenhopper.jira"
POINTS_SCHEMA = f"{_AGILE}:jsw-story-points"

Category = Literal["new", "indeterminate", "done"]
Walk = tuple[tuple[str, Category], ...]

SCRUM_WALK: Walk = (
    ("To Do", "new"),
    ("In Progress", "indeterminate"),
    ("In Review", "indeterminate"),
    ("Ready for QA", "indeterminate"),
    ("Done", "done"),
)
KANBAN_WALK: Walk = (
    ("Open", "new"),
    ("In Progress", "indeterminate"),
    ("Waiting for supplier", "indeterminate"),
    ("Closed", "done"),
)
TEAM_WALK: Walk = (
    ("To Do", "new"),
    ("In Progress", "indeterminate"),
    ("Trying it out 🧪", "indeterminate"),
    ("Done", "done"),
)
ACTIVE_STATUSES = ("In Progress", "In Review", "Trying it out 🧪")
"""Statuses in which someone works on an issue; in the others it waits."""
BLOCKED_STATUSES = ("Waiting for supplier",)
"""The one in which nothing can be done about it."""

ROLES = (
    ("epic", "Epic", 1),
    ("story", "Story", 0),
    ("task", "Task", 0),
    ("bug", "Bug", 0),
    ("subtask", "Sub-task", -1),
)
PRIORITIES = ("Highest", "High", "Medium", "Low", "Lowest")
RESOLUTIONS = ("Done", "Won't Do", "Duplicate", "Cannot Reproduce")

SYSTEM_FIELDS = (
    ("summary", "Summary", "string", None),
    ("issuetype", "Issue Type", "issuetype", None),
    ("project", "Project", "project", None),
    ("status", "Status", "status", None),
    ("priority", "Priority", "priority", None),
    ("resolution", "Resolution", "resolution", None),
    ("resolutiondate", "Resolved", "datetime", None),
    ("assignee", "Assignee", "user", None),
    ("reporter", "Reporter", "user", None),
    ("creator", "Creator", "user", None),
    ("created", "Created", "datetime", None),
    ("updated", "Updated", "datetime", None),
    ("duedate", "Due date", "date", None),
    ("labels", "Labels", "array", "string"),
    ("components", "Components", "array", "component"),
    ("fixVersions", "Fix versions", "array", "version"),
    ("versions", "Affects versions", "array", "version"),
    ("description", "Description", "string", None),
    ("environment", "Environment", "string", None),
    ("issuelinks", "Linked Issues", "array", "issuelinks"),
    ("timetracking", "Time tracking", "timetracking", None),
    ("timeoriginalestimate", "Original estimate", "number", None),
    ("timeestimate", "Remaining Estimate", "number", None),
    ("timespent", "Time Spent", "number", None),
    ("aggregatetimeoriginalestimate", "Σ Original Estimate", "number", None),
    ("aggregatetimeestimate", "Σ Remaining Estimate", "number", None),
    ("aggregatetimespent", "Σ Time Spent", "number", None),
    ("security", "Security Level", "securitylevel", None),
    ("votes", "Votes", "votes", None),
    ("watches", "Watchers", "watches", None),
    ("statuscategorychangedate", "Status Category Changed", "datetime", None),
)


class Setup:
    """Write the site-wide configuration into `data` and look it up; team-managed projects add their own."""

    def __init__(self, data: SiteData) -> None:
        self._data = data
        self._ids = count(10_000)
        data.priorities += [
            DemoPriority(str(i), name, is_default=name == "Medium") for i, name in enumerate(PRIORITIES, 1)
        ]
        data.resolutions += [DemoResolution(str(i), name) for i, name in enumerate(RESOLUTIONS, 10_000)]
        data.fields += system_fields() + shared_fields()
        self._statuses = {
            name: self._status(name, cat) for name, cat in dict(SCRUM_WALK + KANBAN_WALK).items()
        }
        self._types = self.issue_types(None)

    def shared_walk(self, walk: Walk) -> list[DemoStatus]:
        """Return a workflow of a company-managed project, made of the statuses that all of them share."""
        return [self._statuses[name] for name, _ in walk]

    def shared_types(self) -> dict[str, DemoIssueType]:
        """Return the issue types that company-managed projects share, by role."""
        return self._types

    def own_walk(self, project_id: int) -> list[DemoStatus]:
        """Add the statuses of a team-managed project: the same names as elsewhere under ids of their own."""
        return [self._status(name, category, project_id) for name, category in TEAM_WALK]

    def issue_types(self, project_id: int | None) -> dict[str, DemoIssueType]:
        """Add a set of issue types, of one team-managed project or for all others."""
        types = {
            role: DemoIssueType(str(next(self._ids)), name, level, level < 0, project_id)
            for role, name, level in ROLES
        }
        self._data.issue_types += types.values()
        return types

    def own_fields(self, project_id: int) -> tuple[DemoField, DemoField]:
        """Add the fields of a team-managed project: its estimate, and a number that is none."""
        number = 10_100 + int(next(self._ids))
        points = _field(number, "Story point estimate", "number", POINTS_SCHEMA, project_id)
        effort = _field(number + 1, "Effort (days)", "number", f"{_TYPES}:float", project_id)
        next(self._ids)
        self._data.fields += [points, effort]
        return points, effort

    def _status(self, name: str, category: Category, project_id: int | None = None) -> DemoStatus:
        status = DemoStatus(str(next(self._ids)), name, category, project_id)
        self._data.statuses.append(status)
        return status


def system_fields() -> list[DemoField]:
    """Describe Jira's own fields."""
    fields = [DemoField("issuekey", "Key", None), DemoField("parent", "Parent", None)]
    for identifier, name, kind, items in SYSTEM_FIELDS:
        schema: Json = {"type": kind, "system": identifier}
        fields.append(DemoField(identifier, name, schema if items is None else schema | {"items": items}))
    return fields


def shared_fields() -> list[DemoField]:
    """Describe the custom fields of all projects: among them three that are called story points."""
    return [
        sprint_field(10_020),
        _field(10_034, "Story Points", "number", f"{_TYPES}:float"),
        _field(10_004, "Story Points", "number", f"{_TYPES}:float"),
        _field(10_051, "story points", "string", f"{_TYPES}:textfield"),
        _field(10_019, "Rank", "any", f"{_AGILE}:gh-lexo-rank"),
        _field(10_015, "Start date", "date", f"{_TYPES}:datepicker"),
        _field(10_048, "Severity", "option", f"{_TYPES}:select"),
        _field(10_049, "Reviewer", "user", f"{_TYPES}:userpicker"),
        _list_field(PLATFORMS_FIELD, "Platforms", "multiselect"),
        _field(10_001, "Team", "team", f"{_TYPES}:atlassian-team"),
        flagged_field(),
    ]


def sprint_field(number: int) -> DemoField:
    """Describe the field that holds the sprints of an issue."""
    schema: Json = {"type": "array", "items": "json", "custom": SPRINT_SCHEMA, "customId": number}
    return DemoField(f"customfield_{number}", "Sprint", schema)


def old_team_field() -> DemoField:
    """Describe the Team field of a site that had teams in Advanced Roadmaps before."""
    return _field(10_058, "Team", "any", "com.atlassian.teams:rm-teams-custom-field-team")


def sla_fields() -> list[DemoField]:
    """Describe the service level agreements of a site that has a service project."""
    names = {FIRST_RESPONSE_FIELD: "Time to first response", RESOLUTION_TIME_FIELD: "Time to resolution"}
    schema: Json = {"type": "sd-servicelevelagreement", "custom": "com.atlassian.servicedesk:sd-sla-field"}
    return [
        DemoField(field_id, name, schema | {"customId": int(field_id.rpartition("_")[2])})
        for field_id, name in names.items()
    ]


def flagged_field() -> DemoField:
    """Describe the field by which a board marks an issue as impeded."""
    return _list_field(FLAGGED_FIELD, "Flagged", "multicheckboxes")


def _list_field(field_id: str, name: str, kind: str) -> DemoField:
    """Describe a field of which several options can be chosen."""
    number = int(field_id.rpartition("_")[2])
    schema: Json = {"type": "array", "items": "option", "custom": f"{_TYPES}:{kind}", "customId": number}
    return DemoField(field_id, name, schema)


def _field(number: int, name: str, kind: str, custom: str, project_id: int | None = None) -> DemoField:
    schema: Json = {"type": kind, "custom": custom, "customId": number}
    return DemoField(f"customfield_{number}", name, schema, project_id)
