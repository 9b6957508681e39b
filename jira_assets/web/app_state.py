"""What the pages work with: the settings as they are now, the state, the lake, and the published file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property

from jira_assets.errors import JiraAssetsError
from jira_assets.lake.home_lake import open_lake
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, State
from jira_assets.web.dagster_ui import PREFIX
from jira_assets.web.queries.project_list import ProjectList
from jira_assets.web.sync_process import SyncProcess
from jira_assets.web.warehouse_reader import PublishedWarehouse


class AppState:
    """One for each process. It keeps the state open, and the published file only for a request."""

    def __init__(
        self, load: Callable[[], Settings], *, has_dagster: bool = False, syncs_here: bool = False
    ) -> None:
        self._load = load
        self.has_dagster = has_dagster
        self.syncs = SyncProcess(load, lambda: self.state) if syncs_here else None
        self.projects = ProjectList()

    @property
    def settings(self) -> Settings:
        """The settings of this moment: connecting takes effect without a restart."""
        return self._load()

    @cached_property
    def state(self) -> State:
        """What people decided and what the syncs brought."""
        return State.open(self.settings.state_url)

    @property
    def site_url(self) -> str | None:
        """The address of the connected site; None also where settings or state cannot be read."""
        try:
            return self.settings.jira_site_url or self.state.credentials.site().url
        except JiraAssetsError:  # the page about it wants an address, too
            return None

    @property
    def further_sites(self) -> list[ConnectedSite]:
        """The sites beside the first; none where the state cannot be read."""
        try:
            return [site for site in self.state.sites.all() if not site.is_first]
        except JiraAssetsError:
            return []

    @property
    def dagster_url(self) -> str:
        """Where links to Dagster lead: beside the page, where it is served there."""
        return PREFIX if self.has_dagster else self.settings.dagster_url

    @property
    def lake(self) -> Lake:
        """The files that runs write."""
        return open_lake(self.settings, self.state, self.state.sites.all())

    @property
    def published(self) -> PublishedWarehouse:
        """The published warehouse."""
        return PublishedWarehouse(self.settings.warehouse_file)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)
