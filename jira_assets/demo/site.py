"""A Jira Cloud site in memory: its data, its search index, its clock, and the ways to change it."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec

from jira_assets.demo.accounts import (
    ALL_SCOPES,
    AS_BEARER,
    CLOUD_ID,
    DEFAULT_ACCOUNT_ID,
    DEFAULT_BEARER,
    DEFAULT_EMAIL,
    DEFAULT_TOKEN,
    Account,
    Accounts,
)
from jira_assets.demo.catalog import Catalog
from jira_assets.demo.clock import VirtualClock
from jira_assets.demo.data import DemoUser, SiteData
from jira_assets.demo.entities import EntityStore
from jira_assets.demo.entity_truth import EntityTruth
from jira_assets.demo.ground_truth import IssueTruth
from jira_assets.demo.http.behaviour import Switches
from jira_assets.demo.http.faults import Faults
from jira_assets.demo.http.page_tokens import PageTokens
from jira_assets.demo.http.request_log import Journal, Request
from jira_assets.demo.index import Document, SearchIndex
from jira_assets.demo.oauth import OAuthServer
from jira_assets.demo.render import Renderer
from jira_assets.demo.selection import BULKY_FIELDS, Selection
from jira_assets.demo.simulate.administration import Administration
from jira_assets.demo.simulate.attached import Attachments
from jira_assets.demo.simulate.comments import Comments
from jira_assets.demo.simulate.links import IssueLinks
from jira_assets.demo.simulate.moves import IssueMoves
from jira_assets.demo.simulate.project_life import ProjectLife
from jira_assets.demo.simulate.worklogs import Worklogs
from jira_assets.demo.store import IssueStore

__all__ = ["DemoSite", "IssueTruth"]


class DemoSite(
    IssueMoves, IssueLinks, Comments, Worklogs, Attachments, Administration, ProjectLife, EntityTruth
):
    """Hold a site and change it the way people would; every method is thread-safe."""

    def __init__(
        self, data: SiteData | None = None, *, clock: VirtualClock | None = None, seed: int = 0
    ) -> None:
        data = data or SiteData()
        self.lock = threading.RLock()
        self.name = data.site_name
        self.cloud_id = CLOUD_ID
        self.beside: dict[str, DemoSite] = {}
        self.clock = clock or VirtualClock()
        self.switches = Switches()
        self.faults = Faults(seed)
        self.journal = Journal()
        self.accounts = Accounts()
        self.oauth = OAuthServer(self.clock)
        self.catalog = Catalog(data)
        self.store = IssueStore(self.catalog, data.issues)
        self.index = SearchIndex(self.store.documents.values())
        self.entities = EntityStore.of(data.entities)
        self.render = Renderer(
            self.catalog,
            ZoneInfo(data.time_zone),
            "http://127.0.0.1",
            self.entities,
            self.store,
            embeds_entities=data.embeds_entities,
            hidden_groups=self.switches.hidden_groups,
        )
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
        """Register one more person; they become a user of the site, unless the account id is one already."""
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

    def add_service_account(
        self,
        name: str = "Sync Bot",
        *,
        token: str = "demo-service-token",  # noqa: S107 - the credential of a made-up site is no secret
        sent_as: frozenset[str] = AS_BEARER,
        scopes: frozenset[str] = ALL_SCOPES,
    ) -> Account:
        """Register a service account, which Jira shows as an app; its API token works at the gateway only."""
        with self.lock:
            email = f"{name.lower().replace(' ', '-')}@serviceaccount.atlassian.com"
            # No new id: those of issues that a diary repeats stay what they were.
            account_id = f"712020:00000000-demo-0000-0000-{len(self.accounts) + 1:012}"
            user = DemoUser(account_id, name, email, account_type="app")
            self.catalog.users[user.account_id] = user
            account = Account(user.account_id, email, token, scopes=scopes, scoped=True, sent_as=sent_as)
            return self.accounts.add(account)

    def share_consents(self, other: DemoSite, url: str) -> None:
        """Have consents to the app cover another site as well, at that address, and the gateway serve it.

        Its cloud id has to be another one.
        """
        other.oauth = self.oauth
        scopes = sorted(self.oauth.app.scopes)
        self.oauth.resources.append({"id": other.cloud_id, "name": other.name, "url": url, "scopes": scopes})
        self.beside[other.cloud_id] = other

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

    @contextmanager
    def indexed_late(self, by: timedelta) -> Iterator[None]:
        """Delay by so much when search finds what is changed in this block."""
        with self.lock:
            usual, self.switches.index_lag = self.switches.index_lag, by
            try:
                yield
            finally:
                self.switches.index_lag = usual

    def body(self, document: Document, selection: Selection) -> bytes:
        """Return the JSON of a version of an issue; it is kept until something it shows has changed."""
        if document.epoch != self.render.epoch:
            document.bodies.clear()
            document.epoch = self.render.epoch
        # Leaving out fields that the issue does not have anyway is the same as asking for all of them.
        signature = selection.signature_for({*document.issue.fields, *self.render.lists})
        body = document.bodies.get(signature)
        if body is None:
            body = msgspec.json.encode(self.render.issue(document.issue, selection))
            document.bodies[signature] = body
        return body

    def warm(self) -> None:
        """Encode every issue ahead of time, so that a benchmark measures its client and not this site."""
        usual = Selection.of(["*all", *(f"-{name}" for name in BULKY_FIELDS)])
        with self.lock:
            for document in self.store.documents.values():
                self.body(document, usual)

    @property
    def requests(self) -> list[Request]:
        """Return the requests of late."""
        return self.journal.since(0)

    def requests_since(self, mark: int) -> list[Request]:
        """Return the requests after a mark that `site.journal.mark()` gave."""
        return self.journal.since(mark)

    @property
    def early_returns(self) -> list[Request]:
        """Return the requests that came back before the Retry-After they had received."""
        return list(self.journal.early_returns)
