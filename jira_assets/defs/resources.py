"""The one resource: a home with its settings, state, lake and warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from jira_assets.defs.runs import hold_run
from jira_assets.settings.load import Settings, load_settings
from jira_assets.sync.events import present_listener
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.sync.prefetch import current_pipeline


class Home:
    """Everything a user keeps; settings come from the environment when a run starts, never at import."""

    def settings(self) -> Settings:
        """Read the settings in force now."""
        return load_settings()

    @contextmanager
    def opened(self) -> Iterator[Pipeline]:
        """Open the home for the block, or take the one on which this run's work was begun already."""
        ahead = current_pipeline()
        if ahead is not None:
            yield ahead
            return
        with open_pipeline(self.settings(), present_listener()) as workbench:
            yield workbench


JiraAssetsHome = dg.ResourceParam[Home]
"""What an asset, op, sensor or schedule names as the type of its parameter `home`."""


@dg.resource(
    config_schema={},  # a run must not choose its home: whoever launches one could read and write elsewhere
    description="The home: settings, state, lake and warehouse. JIRA_ASSETS_HOME names its folder.",
)
def home_resource(context: dg.InitResourceContext) -> Home:
    """Give the home, and show that the run is alive for as long as its process is."""
    home = Home()
    if context.run is not None:
        hold_run(home.settings().run_locks_dir, context.run.run_id)
    return home
