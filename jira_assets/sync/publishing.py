"""Publish the warehouse from what lake and state hold."""

from __future__ import annotations

from dataclasses import asdict

import duckdb

from jira_assets.settings import Settings
from jira_assets.state import State
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.publish import Published, PublishInputs, publish


def publish_warehouse(
    engine: duckdb.DuckDBPyConnection, lake: Lake, state: State, settings: Settings, *, force: bool = False
) -> Published | None:
    """Build and swap in a new warehouse; None when the present one shows all there is.

    Raises `PublishError` when the new one does not pass its checks; the present one then stays.
    """
    tracked = [project.project_id for project in state.tracked_projects()]
    site = lake.site()
    inputs = PublishInputs(
        tracked=tracked,
        team_members=[asdict(member) for member in state.team_members()],
        sync_status=[asdict(record) for record in state.records() if record.project_id in tracked],
        site_url=site.site_url if site else settings.jira_site_url or "",
    )
    return publish(lake, settings.warehouse_dir, inputs, memory_limit=settings.memory_limit, force=force)
