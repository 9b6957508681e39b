"""A Jira Cloud site in memory: its data, its search index, its clock, and the ways to change it."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from jira_assets.demo.accounts import (
    CLOUD_ID,
    DEFAULT_ACCOUNT_ID,
    DEFAULT_BEARER,
    DEFAULT_EMAIL,
    DEFAULT_TOKEN,
    Account,
    Accounts,
)
from jira_assets.demo.administration import Administration
from jira_assets.demo.catalog import Catalog, reference, references
from jira_assets.demo.clock import VirtualClock, moment
from jira_assets.demo.data import DemoIssue, DemoUser, SiteData
from jira_assets.demo.faults import Faults
from jira_assets.demo.index import Document, SearchIndex
from jira_assets.demo.journal import Journal, Request
from jira_assets.demo.moves import IssueMoves
from jira_assets.demo.paging import PageTokens
from jira_assets.demo.render import Renderer
from jira_assets.demo.selection import Selection
from jira_assets.demo.store import IssueStore
from jira_assets.demo.switches import Switches


@dataclass(frozen=True, slots=True)
class IssueTruth:
    """What is true of an issue now; ids are strings as Jira prints them."""

    id: str
    key: str
    project_id: str
    project_key: str
    summary: str | None
    issue_type: str | None
    status: str | None
    status_category: str | None
    assignee: str | None
    points: float | None
    sprint_ids: tuple[str, ...]
    parent_id: str | None
    created: datetime
    updated: datetime
    changes: int


class DemoSite(IssueMoves, Administration):
    """Hold a site and change it the way people would; every method is thread-safe."""

    def __init__(
        self, data: SiteData | None = None, *, clock: VirtualClock | None = None, seed: int = 0
    ) -> None:
        data = data or SiteData()
        self.lock = threading.RLock()
        self.name = data.site_name
        self.cloud_id = CLOUD_ID
        self.clock = clock or VirtualClock()
        self.switches = Switches()
        self.faults = Faults(seed)
        self.journal = Journal()
        self.accounts = Accounts()
        self.catalog = Catalog(data)
        self.store = IssueStore(self.catalog, data.issues)
        self.index = SearchIndex(self.store.documents.values())
        self.render = Renderer(self.catalog, ZoneInfo(data.time_zone), "http://127.0.0.1", self.store)
        self.tokens = PageTokens(seed)
        self.random = random.Random(seed)
        self.latency_ms = 0.0
        self._last_id = 900_000_000
        self.add_account(DEFAULT_EMAIL, DEFAULT_TOKEN, bearer=DEFAULT_BEARER, account_id=DEFAULT_ACCOUNT_ID)

    def add_account(
        self,
        email: str,
        token: str,
        *,
        time_zone: str | None = None,
        bearer: str | None = None,
        account_id: str | None = None,
        scopes: frozenset[str] | None = None,
        scoped: bool = False,
    ) -> Account:
        """Let one more person call; they become a user of the site, unless the account id is one already."""
        with self.lock:
            account = Account(account_id or f"712020:{self._new_id()}", email, token, bearer, time_zone)
            account.scopes = account.scopes if scopes is None else scopes
            account.scoped = scoped
            if account.account_id not in self.catalog.users:
                name = email.partition("@")[0].replace(".", " ").title()
                zone = time_zone or self.render.zone.key
                user = DemoUser(account.account_id, f"{name} Analyst", email, time_zone=zone)
                self.catalog.users[account.account_id] = user
            return self.accounts.add(account)

    def set_time_zone(self, time_zone: str, *, email: str = DEFAULT_EMAIL) -> None:
        """Put another zone into the profile of a caller."""
        with self.lock:
            account = next(each for each in self.accounts if each.email == email)
            account.time_zone = time_zone
            self.catalog.users[account.account_id].time_zone = time_zone
            self.render.forget()

    def zone_of(self, account: Account | None) -> ZoneInfo:
        """Return the zone in which a caller's quoted dates are read."""
        name = account.time_zone if account else None
        return ZoneInfo(name) if name else self.render.zone

    def body(self, document: Document, selection: Selection) -> bytes:
        """Return the JSON of a version of an issue; it is kept until something it shows has changed."""
        if document.epoch != self.render.epoch:
            document.bodies.clear()
            document.epoch = self.render.epoch
        # Leaving out fields that the issue does not have anyway is the same as asking for all of them.
        signature = selection.signature_for(document.issue.fields)
        body = document.bodies.get(signature)
        if body is None:
            body = msgspec.json.encode(self.render.issue(document.issue, selection))
            document.bodies[signature] = body
        return body

    def warm(self) -> None:
        """Encode every issue ahead of time, so that a benchmark measures its client and not this site."""
        everything = Selection.of(["*all"])
        with self.lock:
            for document in self.store.documents.values():
                self.body(document, everything)

    @property
    def requests(self) -> list[Request]:
        """Return the requests of late."""
        return self.journal.since(0)

    def requests_since(self, mark: int) -> list[Request]:
        """Return the requests after a mark that `site.journal.mark()` gave."""
        return self.journal.since(mark)

    @property
    def early_returns(self) -> list[Request]:
        """Return the requests that came back before the Retry-After they had been told."""
        return list(self.journal.early_returns)

    def truth(self, id_or_key: str | int) -> IssueTruth:
        """Return what is true of one issue now."""
        with self.lock:
            return self._truth(self.issue(id_or_key))

    def issues_truth(self, project_key: str | None = None) -> dict[str, IssueTruth]:
        """Return what is true of every issue that the site shows, by id."""
        with self.lock:
            visible = {each.id for each in self.catalog.visible_projects()}
            if project_key is not None:
                visible &= {self.project(project_key).id}
            issues = (document.issue for document in self.store.documents.values())
            return {str(each.id): self._truth(each) for each in issues if each.project_id in visible}

    def _truth(self, issue: DemoIssue) -> IssueTruth:
        fields = issue.fields
        status = self._status_of(issue)
        kind = fields.get("issuetype")
        named = kind if isinstance(kind, dict) else self.render.issue_type(kind) if kind else None
        points = fields.get(self.catalog.points_field(issue.project_id) or "")
        sprints = [each for name in self.catalog.sprint_fields for each in references(fields.get(name))]
        return IssueTruth(
            id=str(issue.id),
            key=self.render.key(issue),
            project_id=str(issue.project_id),
            project_key=self.catalog.projects[issue.project_id].key,
            summary=fields.get("summary"),
            issue_type=named["name"] if named else None,
            status=status.name if status else None,
            status_category=status.category_key if status else None,
            assignee=reference(fields.get("assignee")),
            points=float(points) if isinstance(points, int | float) else None,
            sprint_ids=tuple(sprints),
            parent_id=reference(fields.get("parent")),
            created=moment(issue.created),
            updated=moment(issue.updated),
            changes=len(issue.histories),
        )
