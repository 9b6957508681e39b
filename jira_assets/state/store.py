"""The state as one object: each noun is a part with its own module."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from jira_assets.clock import utc_now
from jira_assets.state.alerts import Alerts
from jira_assets.state.credentials import Credentials
from jira_assets.state.database import Database, open_database_engine
from jira_assets.state.forgotten import Forgotten
from jira_assets.state.pauses import Pauses
from jira_assets.state.quota import Points
from jira_assets.state.site_settings import SiteSettings
from jira_assets.state.sync_records import Outcomes
from jira_assets.state.sync_requests import SyncRequests
from jira_assets.state.team import Team
from jira_assets.state.tracked_projects import Projects


class State(Database):
    """What people decide and what they want to see, shared by every process of a home."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(engine, clock)
        self.projects = Projects(self)
        self.records = Outcomes(self)
        self.sync_requests = SyncRequests(self)
        self.team = Team(self)
        self.forgotten = Forgotten(self)
        self.pauses = Pauses(self)
        self.points = Points(self)
        self.settings = SiteSettings(self)
        self.credentials = Credentials(self)
        self.alerts = Alerts(self)

    @classmethod
    def open(cls, url: str, clock: Callable[[], datetime] = utc_now) -> State:
        """Open the state database of that URL; its schema is created when missing."""
        return cls(open_database_engine(url), clock)
