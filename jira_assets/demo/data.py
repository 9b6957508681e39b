"""What a demo site consists of: the hand-over between those who make the data and the site that serves it.

Times are epoch milliseconds (UTC). Ids that Jira prints as strings are strings here; the ids of projects,
issues, boards and sprints are integers and are printed the way Jira does.

`DemoIssue.fields` is keyed like the `fields` object of Cloud v3. Where a value points to something with a
life of its own, it holds the id, so that a rename shows in every later answer:

    status, issuetype, priority, resolution     id (str) or None
    assignee, reporter, creator                 account id (str) or None, and any custom user field
    parent                                      issue id (int) or None (the key may be left out)
    fixVersions, versions, components           list of ids (str)
    a sprint field (schema gh-sprint)           list of sprint ids (int), or None
    issuelinks                                  list of "<id>/<outward or inward>/<type>/<other issue id>"

An object (or a list of objects) in such a place is verbatim JSON of a loaded site and is served as it is.
`project`, `created` and `updated` come from the issue itself unless `fields` holds them verbatim.
Everything else is served as stored; a value may also be `msgspec.Raw` (encoded JSON, cheap to serve often).
A fields object is never changed in place: an edit replaces it, so that an index may keep the older one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from jira_assets.demo.entities import DemoEntity

Json = dict[str, Any]

SPRINT_SCHEMA = "com.pyxis.greenhopper.jira:gh-sprint"


@dataclass(slots=True)
class DemoUser:
    """A person, app or customer; `extra` is the verbatim JSON of a loaded user, which wins until an edit."""

    account_id: str
    display_name: str
    email: str | None = None
    email_visible: bool = True
    account_type: str = "atlassian"
    active: bool = True
    time_zone: str = "Etc/UTC"
    extra: Json = field(default_factory=dict)


@dataclass(slots=True)
class DemoProject:
    """A project; `versions` and `components` are JSON objects with at least `id` (str) and `name`.

    `since` says when it was archived or put into the trash, in epoch milliseconds.
    """

    id: int
    key: str
    name: str
    style: Literal["classic", "next-gen"] = "classic"
    project_type: str = "software"
    archived: bool = False
    trashed: bool = False
    forbidden: bool = False
    invisible: bool = False
    since: int | None = None
    old_keys: list[str] = field(default_factory=list)
    versions: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    category: Json | None = None
    lead: str | None = None


@dataclass(slots=True)
class DemoStatus:
    """A workflow status; `project_id` is set for the statuses of a team-managed project."""

    id: str
    name: str
    category_key: Literal["new", "indeterminate", "done"]
    project_id: int | None = None
    description: str = ""
    in_use: bool = True
    """Whether an active workflow has it: Jira lists no others."""


@dataclass(slots=True)
class DemoIssueType:
    """An issue type; `hierarchy_level` is 1 for epics, 0 for stories, -1 for sub-tasks."""

    id: str
    name: str
    hierarchy_level: int = 0
    subtask: bool = False
    project_id: int | None = None
    description: str = ""


@dataclass(slots=True)
class DemoPriority:
    """A priority."""

    id: str
    name: str
    description: str = ""
    is_default: bool = False


@dataclass(slots=True)
class DemoResolution:
    """A resolution."""

    id: str
    name: str
    description: str = ""
    is_default: bool = False


@dataclass(slots=True)
class DemoField:
    """A field of the site; `schema` is Jira's JSON (`type`, `system` or `custom` and `customId`)."""

    id: str
    name: str
    schema: Json | None = None
    scope_project_id: int | None = None

    @property
    def custom(self) -> bool:
        """Distinguish a custom field from one of Jira's own."""
        return self.id.startswith("customfield_")

    @property
    def is_sprint(self) -> bool:
        """Return whether this field holds the sprints of an issue."""
        return (self.schema or {}).get("custom") == SPRINT_SCHEMA


@dataclass(slots=True)
class DemoBoard:
    """A board; `estimation_field` is the field id it estimates with (scrum only).

    `columns` are Jira's JSON, but for the addresses of statuses; None stands for one column per category.
    `more_projects` are those that its filter shows besides the one that it is located in.
    """

    id: int
    name: str
    type: Literal["scrum", "kanban", "simple"]
    project_id: int
    estimation_field: str | None = None
    columns: list[Json] | None = None
    constraint: str = "none"
    """What limits count: `none`, `issueCount` or `issueCountExclSubs`."""
    sub_query: str | None = None
    more_projects: list[int] = field(default_factory=list)
    filter_shared: bool = True
    """Whether the account may see the filter: without, the board is listed and its setup is a 403."""


@dataclass(slots=True)
class DemoSprint:
    """A sprint; its times are epoch milliseconds."""

    id: int
    name: str
    state: Literal["future", "active", "closed"]
    board_id: int
    goal: str | None = None
    start: int | None = None
    end: int | None = None
    complete: int | None = None


@dataclass(slots=True)
class DemoIssue:
    """One version of an issue; its key is `<project key>-<number>`, its times are epoch milliseconds.

    `histories` are changelog entries, oldest first: `id` (str), `author` (account id or None),
    `created` (epoch ms) and `items` as Jira prints them.
    """

    id: int
    project_id: int
    number: int
    created: int
    updated: int
    fields: Json
    histories: list[Json] = field(default_factory=list)
    old_keys: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SiteData:
    """Everything on a site."""

    projects: list[DemoProject] = field(default_factory=list)
    users: list[DemoUser] = field(default_factory=list)
    statuses: list[DemoStatus] = field(default_factory=list)
    issue_types: list[DemoIssueType] = field(default_factory=list)
    priorities: list[DemoPriority] = field(default_factory=list)
    resolutions: list[DemoResolution] = field(default_factory=list)
    fields: list[DemoField] = field(default_factory=list)
    boards: list[DemoBoard] = field(default_factory=list)
    sprints: list[DemoSprint] = field(default_factory=list)
    issues: list[DemoIssue] = field(default_factory=list)
    entities: list[DemoEntity] = field(default_factory=list)
    """Comments, worklogs, attachments and remote links."""
    embeds_entities: bool = True
    """Whether issues show lists of them; a loaded site shows what was loaded."""
    site_name: str = "Demo site"
    base_url: str | None = None
    time_zone: str = "Etc/UTC"
    """The zone in which the site prints times (its system default)."""
