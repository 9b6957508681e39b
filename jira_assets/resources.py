"""The one resource: a home with its settings, state, lake and warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from jira_assets.runs import hold_run
from jira_assets.settings import Settings, load_settings
from jira_assets.sync.ahead import workbench_at_hand
from jira_assets.sync.listener import present_listener
from jira_assets.sync.workbench import Workbench, open_workbench


class JiraAssetsHome(dg.ConfigurableResource):  # type: ignore[type-arg]  # Dagster's own generic is untyped in use
    """Everything a user keeps; settings come from the environment when a run starts, never at import."""

    home: str | None = None

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Show that the run is alive for as long as its process is."""
        if context.run is not None:
            hold_run(self.settings().run_locks_dir, context.run.run_id)

    def settings(self) -> Settings:
        """Read the settings in force now."""
        return load_settings({"home": self.home} if self.home else None)

    @contextmanager
    def opened(self) -> Iterator[Workbench]:
        """Open the home for the block, or take the one on which this run's work was begun already."""
        ahead = workbench_at_hand()
        if ahead is not None:
            yield ahead
            return
        with open_workbench(self.settings(), present_listener()) as workbench:
            yield workbench
