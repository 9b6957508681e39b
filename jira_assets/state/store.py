"""The state as one object: each noun has its own module."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from jira_assets.state.alerts import Alerts
from jira_assets.state.credentials import Credentials
from jira_assets.state.database import open_engine, utc_now
from jira_assets.state.forgotten import Forgotten
from jira_assets.state.pauses import Pauses
from jira_assets.state.quota import Points
from jira_assets.state.site_settings import SiteSettings
from jira_assets.state.sync_records import Outcomes
from jira_assets.state.sync_requests import SyncRequests
from jira_assets.state.team import Team
from jira_assets.state.tracked_projects import Projects


class State(
    Projects, Outcomes, SyncRequests, Team, Forgotten, Pauses, Points, SiteSettings, Credentials, Alerts
):
    """What people decide and what they want to see, shared by every process of a home."""

    @classmethod
    def open(cls, url: str, clock: Callable[[], datetime] = utc_now) -> State:
        """Open the state database of that URL; its schema is created when missing."""
        return cls(open_engine(url), clock)
