"""The one resource: a home with its settings, state, lake and warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

from jira_assets.alerts.watch import sync_and_publish
from jira_assets.defs.run_locks import run_locks
from jira_assets.settings.load import Settings, load_settings
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult

Done = tuple[SyncResult, PublishResult | None]
"""The outcomes of a sync, and what was published."""


class Home:
    """Everything a user keeps; settings come from the environment when a run starts, never at import.

    With `done_elsewhere`, a sync is what that returns: another process does the work, the run records it.
    """

    def __init__(
        self, pipeline: Pipeline | None = None, done_elsewhere: Callable[[], Done] | None = None
    ) -> None:
        self._pipeline = pipeline
        self._done_elsewhere = done_elsewhere

    def settings(self) -> Settings:
        """Read the settings in force now."""
        return self._pipeline.settings if self._pipeline else load_settings()

    @contextmanager
    def opened(self) -> Iterator[Pipeline]:
        """Open the home for the block, or yield the pipeline that the run was started with."""
        if self._pipeline is not None:
            yield self._pipeline
            return
        with open_pipeline(self.settings()) as pipeline:
            yield pipeline

    def sync_and_publish(self, pipeline: Pipeline, work: Callable[[], SyncResult]) -> Done:
        """Do the work, publish and send alerts, or wait until another process has done all that."""
        if self._done_elsewhere is not None:
            return self._done_elsewhere()
        return sync_and_publish(pipeline, work)


JiraAssetsHome = dg.ResourceParam[Home]
"""What an asset, op, sensor or schedule names as the type of its parameter `home`."""


def resource_of(home: Home) -> dg.ResourceDefinition:
    """Make the resource of a home, for all runs or for one that starts with an open pipeline."""

    @dg.resource(
        config_schema={},  # a run must not choose its home: its launcher could read and write elsewhere
        description="The home: settings, state, lake and warehouse. JIRA_ASSETS_HOME names its folder.",
    )
    def home_resource(context: dg.InitResourceContext) -> Home:
        """Return the home, and show that the run is alive for as long as its process is."""
        if context.run is not None:
            run_locks(home.settings()).hold(context.run.run_id)
        return home

    return home_resource
