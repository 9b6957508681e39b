"""What goes into the state and comes out of it; every time is aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from jira_assets.qualified import prefix_of, split

CredentialKind = Literal["oauth", "client_credentials", "api_token", "bearer_api_token"]
"""`client_credentials` belong to a service account; a `bearer_api_token` is sent without an e-mail."""
SyncStatus = Literal["pending", "syncing", "complete", "error"]


def later_of(one: datetime | None, other: datetime | None) -> datetime | None:
    """Return the later of two times that may both be missing."""
    if one is None or (other is not None and other > one):
        return other
    return one


@dataclass(frozen=True)
class ProjectRef:
    """A Jira project as Jira names it now."""

    project_id: str
    project_key: str
    name: str = ""


@dataclass(frozen=True)
class TrackedProject:
    """A project that someone chose to track, and the fields they chose for it."""

    project_id: str
    project_key: str
    name: str
    is_active: bool
    story_points_field: str | None
    sprint_field: str | None
    tracked_at: datetime
    untracked_at: datetime | None


@dataclass(frozen=True)
class SyncRecord:
    """The outcome of the newest sync of a project; `errors` counts the failures since the last success.

    `probed_at` is when a probe last found that the lake lacks nothing. `error_kind` names the class of the
    last error. `inactive_since` is set while Jira says that there is no such project; its data are kept.
    """

    project_id: str
    project_key: str
    status: SyncStatus = "pending"
    last_sync_at: datetime | None = None
    last_success_at: datetime | None = None
    watermark: datetime | None = None
    issues: int = 0
    issues_synced: int = 0
    issues_created: int = 0
    issues_updated: int = 0
    issues_deleted: int = 0
    requests: int = 0
    seconds: float = 0.0
    errors: int = 0
    last_error: str | None = None
    last_instruction: str | None = None
    proved_complete_at: datetime | None = None
    missing_issues: int | None = None
    probed_at: datetime | None = None
    error_kind: str | None = None
    inactive_since: datetime | None = None

    @property
    def fresh_at(self) -> datetime | None:
        """When it was last known that nothing is missing that Jira's search shows: by a sync or a probe."""
        return later_of(self.last_success_at, self.probed_at)

    def probed(self, at: datetime) -> SyncRecord:
        """Return this outcome with a later probe: in a tenth of the time of `replace`, for very many."""
        record = object.__new__(SyncRecord)
        record.__dict__.update(self.__dict__, probed_at=at)
        return record


@dataclass(frozen=True)
class SyncRequest:
    """A user wants a project (None: every tracked one of the site with that prefix) to be synced now."""

    request_id: int
    project_id: str | None
    requested_at: datetime
    prefix: str = ""

    def concerns(self, project_id: str) -> bool:
        """Return whether it is about the project of this id."""
        if self.project_id is not None:
            return self.project_id == project_id
        return split(project_id)[0] == self.prefix


@dataclass(frozen=True)
class TeamMember:
    """A person of the team, as the imported file names them."""

    member_id: str
    display_name: str
    email: str | None = None
    jira_account_id: str | None = None
    team: str | None = None
    imported_at: datetime | None = None


@dataclass(frozen=True)
class UserOverride:
    """What a person decided about an account: whose it is, or (None) that it has no owner."""

    account_id: str
    member_id: str | None
    decided_at: datetime


@dataclass(frozen=True)
class ForgottenAccount:
    """An account whose name and address are not kept; `erased_at` is None until nothing is left of them."""

    account_id: str
    forgotten_at: datetime
    erased_at: datetime | None = None


@dataclass(frozen=True)
class Alert:
    """A problem that was noticed: what it is, since when, and whether it was reported.

    `about` is the id of a project, or empty. `since` is when the problem began, as far as known, `noticed_at`
    when it was first seen, `cleared_at` when it was first seen to be over.
    """

    name: str
    about: str
    subject: str
    text: str
    remedy: str
    since: datetime
    noticed_at: datetime
    cleared_at: datetime | None = None
    sent_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it."""
        return self.name, self.about


@dataclass(frozen=True)
class AlertMessage:
    """A message for people; `is_recovery` when every problem that was reported is over."""

    title: str
    body: str
    is_recovery: bool


@dataclass(frozen=True)
class QueuedMessage:
    """A message that waits for one target, a digest of its URL; `attempts` counts how often it was tried."""

    message_id: int
    target: str
    message: AlertMessage
    attempts: int
    next_attempt_at: datetime


IDLE_LIFE = timedelta(days=90)
CONSENT_LIFE = timedelta(days=365)


FIRST_SITE = 1
"""Every home has this site from the start; its ids and keys are written as Jira has them."""


@dataclass(frozen=True)
class ConnectedSite:
    """A Jira site of this home; nothing is known of the first one before the first `connect`.

    `name` is its title in Jira, `short_name` what it is called in this home. Sites of one `grant_id` share a
    credential, `folder` is the place of its lake within that of the home.
    """

    cloud_id: str | None = None
    url: str | None = None
    name: str | None = None
    connected_at: datetime | None = None
    site_id: int = FIRST_SITE
    short_name: str | None = None
    grant_id: int = FIRST_SITE

    @property
    def is_first(self) -> bool:
        """Return whether its ids and keys are written as Jira has them."""
        return self.site_id == FIRST_SITE

    @property
    def prefix(self) -> str:
        """What stands before its ids and keys."""
        return "" if self.is_first else prefix_of(self.short_name)

    @property
    def folder(self) -> str:
        """The folder of its lake, relative to that of the home; the same under every short name."""
        return "" if self.is_first else f"sites/{self.site_id}"

    @property
    def label(self) -> str:
        """What people call it: by its short name, else by its address."""
        return self.short_name or (self.url or "").partition("://")[2] or "the first site"


@dataclass(frozen=True)
class Credential:
    """Who is connected, with what; the secrets are sealed, and only `SecretBox` opens them."""

    kind: CredentialKind
    account_id: str
    display_name: str
    secrets: str = field(repr=False)
    consented_at: datetime
    refreshed_at: datetime
    email: str | None = None
    client_id: str | None = None
    scopes: str | None = None
    through_gateway: bool = False
    expires_at: datetime | None = None
    consent_lost_at: datetime | None = None
    consent_lost_why: str | None = None

    def renews(self, other: Credential) -> bool:
        """Return whether it is of the same account to the same app, so that one of the two is enough."""
        return (self.kind, self.client_id, self.account_id) == (other.kind, other.client_id, other.account_id)

    @property
    def reconnect_by(self) -> datetime | None:
        """When Atlassian forgets the consent: 90 days after its last use, a year after it was given."""
        if self.kind != "oauth":
            return None
        return min(self.refreshed_at + IDLE_LIFE, self.consented_at + CONSENT_LIFE)
