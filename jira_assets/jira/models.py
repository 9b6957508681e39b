"""What Jira answers, typed. Unknown fields are ignored; what may be absent or null is None.

Only what identifies a record is required: a record without it is left out of its list.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class _Record(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    pass


class Identity(_Record, frozen=True, kw_only=True):
    """The account that Jira takes us for."""

    account_id: str
    display_name: str = ""
    email: str | None = msgspec.field(default=None, name="emailAddress")
    account_type: str | None = None
    time_zone: str | None = None
    answered_at: datetime | None = None
    """When Jira said so, by its own clock."""


class ServerInfo(_Record, frozen=True, kw_only=True):
    """The site itself."""

    base_url: str
    deployment_type: str | None = None
    version: str | None = None
    server_time: str | None = None
    server_time_zone: str | None = None
    server_title: str | None = None


class TenantInfo(_Record, frozen=True, kw_only=True):
    """The id under which Atlassian's gateway knows the site."""

    cloud_id: str


class Ref(_Record, frozen=True, kw_only=True):
    """An id that points at something."""

    id: str


class Scope(_Record, frozen=True, kw_only=True):
    """Where something is valid; without a project, everywhere."""

    type: str | None = None
    project: Ref | None = None


class _Scoped(_Record, frozen=True, kw_only=True):
    scope: Scope | None = None

    @property
    def scope_project_id(self) -> str | None:
        """The one team-managed project that this belongs to, None when it belongs to all."""
        return self.scope.project.id if self.scope and self.scope.project else None


class Version(_Record, frozen=True, kw_only=True):
    """A version of a project."""

    id: str
    name: str | None = None
    description: str | None = None
    released: bool | None = None
    archived: bool | None = None
    start_date: str | None = None
    release_date: str | None = None


class Account(_Record, frozen=True, kw_only=True):
    """The account that something names."""

    account_id: str


class Component(_Record, frozen=True, kw_only=True):
    """A component of a project; short forms leave out lead and type of assignee."""

    id: str
    name: str | None = None
    description: str | None = None
    lead: Account | None = None
    assignee_type: str | None = None


class Category(_Record, frozen=True, kw_only=True):
    """A category that projects are sorted into."""

    id: str
    name: str | None = None


class Project(_Record, frozen=True, kw_only=True):
    """A Jira project; versions and components come only when it is requested alone."""

    id: str
    key: str
    name: str = ""
    project_type: str | None = msgspec.field(default=None, name="projectTypeKey")
    style: str | None = None
    simplified: bool | None = None
    archived: bool | None = None
    deleted: bool | None = None
    is_private: bool | None = None
    category: Category | None = msgspec.field(default=None, name="projectCategory")
    versions: list[Version] | None = None
    components: list[Component] | None = None
    project_keys: list[str] | None = None

    @property
    def former_keys(self) -> list[str]:
        """The keys it had before it was renamed, as far as Jira says."""
        return sorted(set(self.project_keys or ()) - {self.key})

    @property
    def is_team_managed(self) -> bool:
        """Whether its fields and statuses are its own."""
        return self.style == "next-gen" or bool(self.simplified)


class FieldSchema(_Record, frozen=True, kw_only=True):
    """What a field holds."""

    type: str | None = None
    items: str | None = None
    system: str | None = None
    custom: str | None = None
    custom_id: int | None = None


class Field(_Scoped, frozen=True, kw_only=True):
    """A field of issues; `schema.custom` says its kind in every language, the name doesn't."""

    id: str
    key: str | None = None
    name: str = ""
    custom: bool = False
    schema: FieldSchema | None = None


class StatusCategory(_Record, frozen=True, kw_only=True):
    """Where a status stands: `new`, `indeterminate` or `done`."""

    key: str | None = None
    id: int | None = None
    name: str | None = None


class Status(_Scoped, frozen=True, kw_only=True):
    """A status."""

    id: str
    name: str | None = None
    category: StatusCategory | None = msgspec.field(default=None, name="statusCategory")


class IssueType(_Scoped, frozen=True, kw_only=True):
    """An issue type."""

    id: str
    name: str | None = None
    description: str | None = None
    hierarchy_level: int | None = None
    subtask: bool = False


class Priority(_Record, frozen=True, kw_only=True):
    """A priority; Jira lists them from the most urgent to the least."""

    id: str
    name: str | None = None
    description: str | None = None
    is_default: bool | None = None


class Resolution(_Record, frozen=True, kw_only=True):
    """A resolution; whether it is the default comes under one of two names."""

    id: str
    name: str | None = None
    description: str | None = None
    default: bool | None = None
    is_default: bool | None = None


class User(_Record, frozen=True, kw_only=True):
    """An account; the e-mail is absent, null or empty when it is hidden."""

    account_id: str
    display_name: str | None = None
    email: str | None = msgspec.field(default=None, name="emailAddress")
    account_type: str | None = None
    active: bool | None = None
    time_zone: str | None = None


class BoardLocation(_Record, frozen=True, kw_only=True):
    """The project that a board stands in."""

    project_id: int | None = None
    project_key: str | None = None


class Board(_Record, frozen=True, kw_only=True):
    """A board; only `scrum` ones have sprints and an estimate."""

    id: int
    name: str = ""
    type: str | None = None
    location: BoardLocation | None = None


class EstimationField(_Record, frozen=True, kw_only=True):
    """The field that a board estimates with."""

    field_id: str | None = None
    display_name: str | None = None


class Estimation(_Record, frozen=True, kw_only=True):
    """How a board estimates: `none`, `issueCount` or `field`."""

    type: str | None = None
    field: EstimationField | None = None


class BoardColumn(_Record, frozen=True, kw_only=True):
    """A column of a board, the statuses that it shows, and the fewest and most issues wanted in it."""

    name: str | None = None
    statuses: list[Ref] | None = None
    min: int | None = None
    max: int | None = None


class ColumnConfig(_Record, frozen=True, kw_only=True):
    """The columns of a board from left to right, and what their limits count."""

    columns: list[BoardColumn] | None = None
    constraint_type: str | None = None


class SubQuery(_Record, frozen=True, kw_only=True):
    """What a kanban board leaves out of its filter."""

    query: str | None = None


class BoardConfiguration(_Record, frozen=True, kw_only=True):
    """How a board is set up."""

    id: int
    name: str = ""
    type: str | None = None
    filter: Ref | None = None
    sub_query: SubQuery | None = None
    column_config: ColumnConfig | None = None
    estimation: Estimation | None = None

    @property
    def columns(self) -> list[BoardColumn]:
        """The columns from left to right."""
        return (self.column_config.columns if self.column_config else None) or []

    @property
    def estimation_field(self) -> str | None:
        """The id of the field that the board estimates with, None when it counts issues or nothing."""
        return self.estimation.field.field_id if self.estimation and self.estimation.field else None


class Sprint(_Record, frozen=True, kw_only=True):
    """A sprint, its dates as Jira prints them: read them with `parse_time`."""

    id: int
    name: str | None = None
    state: str | None = None
    board_id: int | None = msgspec.field(default=None, name="originBoardId")
    goal: str | None = None
    start_date: str | int | float | None = None
    end_date: str | int | float | None = None
    complete_date: str | int | float | None = None


class IssueRef(msgspec.Struct, frozen=True):
    """Which version of an issue Jira has, and in which project; a text that Jira left out is empty."""

    id: str
    key: str
    updated: datetime | None
    project_id: str
    project_key: str


class RawIssue(msgspec.Struct, frozen=True):
    """An issue: what is needed to file it, and the answer verbatim."""

    id: str
    key: str
    updated: datetime | None
    project_id: str
    project_key: str
    payload: bytes
    was_changed: bool = True
    """Whether it was updated after its creation, so that it may have a changelog."""
    has_fields: bool = True
    """Whether Jira returned any field of it; without, nothing is known of the issue but that it exists."""

    @property
    def ref(self) -> IssueRef:
        """The issue without its payload."""
        return IssueRef(self.id, self.key, self.updated, self.project_id, self.project_key)


class FetchedIssues(msgspec.Struct, frozen=True):
    """The issues that Jira gave for the ids requested.

    `not_returned` are ids that it left out silently, `unreadable` those that it fails to give, with
    its reason.
    """

    issues: list[RawIssue]
    not_returned: set[str] = set()
    unreadable: dict[str, str] = {}


class Changelogs(msgspec.Struct, frozen=True):
    """The histories of issues by id, oldest first, and the ids of which Jira fails to give them."""

    histories: dict[str, list[bytes]]
    unreadable: dict[str, str] = {}
