"""The state as one object: each noun is a part with its own module.

Opened, it shows the home: the projects of all sites, with qualified ids and keys. `of` a site, it shows the
projects of that one, with ids as Jira has them; what belongs to no project is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from jira_assets.clock import utc_now
from jira_assets.state.alerts import Alerts
from jira_assets.state.credentials import Credentials
from jira_assets.state.database import Database, Engines, open_engines
from jira_assets.state.forgotten import Forgotten
from jira_assets.state.lake_documents import LakeDocuments
from jira_assets.state.lake_leases import LakeLeases
from jira_assets.state.models import ConnectedSite
from jira_assets.state.pauses import Pauses
from jira_assets.state.quota import Points
from jira_assets.state.request_shares import RequestShares
from jira_assets.state.scope import HOME, Scope
from jira_assets.state.site_settings import SiteSettings
from jira_assets.state.sites import Sites
from jira_assets.state.sync_records import Outcomes
from jira_assets.state.sync_requests import SyncRequests
from jira_assets.state.team import Team
from jira_assets.state.tracked_projects import Projects


class State(Database):
    """What people decide and what they want to see, shared by every process of a home."""

    def __init__(
        self,
        engines: Engines,
        clock: Callable[[], datetime] = utc_now,
        site: ConnectedSite | None = None,
    ) -> None:
        super().__init__(engines, clock, Scope(site.prefix, is_home=False) if site else HOME)
        site = site or ConnectedSite()
        self.site_id = site.site_id
        self.sites = Sites(self)
        self.projects = Projects(self)
        self.records = Outcomes(self)
        self.sync_requests = SyncRequests(self)
        self.team = Team(self)
        self.forgotten = Forgotten(self)
        self.pauses = Pauses(self, site)
        self.points = Points(self, site.grant_id)
        self.settings = SiteSettings(self)
        self.credentials = Credentials(self, site.site_id)
        self.alerts = Alerts(self)
        self.lake_documents = LakeDocuments(self)
        self.lake_leases = LakeLeases(self)
        self.request_shares = RequestShares(self, site)

    @classmethod
    def open(cls, url: str, clock: Callable[[], datetime] = utc_now) -> State:
        """Open the state database of that URL; its schema is created when missing."""
        return cls(open_engines(url), clock)

    def of(self, site: ConnectedSite) -> State:
        """Return the view of one site; closing the state of the home closes it, too."""
        return State(self._engines, self.clock, site)
