"""The published DuckDB file that people read."""

from typing import Any

import dagster as dg

from jira_assets.defs.asset_metadata import OWNERS
from jira_assets.defs.asset_specs import (
    JIRA_PROJECTS,
    JIRA_SPRINTS,
    JIRA_USERS,
    PROJECT_SPECS,
    TEAM_MEMBERS,
)
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.defs.source_observations import source_observations
from jira_assets.warehouse.publish import PublishResult

WAREHOUSE_KEY = dg.AssetKey("warehouse")
INPUTS = [*PROJECT_SPECS, JIRA_PROJECTS, JIRA_USERS, JIRA_SPRINTS, TEAM_MEMBERS]


@dg.asset(
    key=WAREHOUSE_KEY,
    group_name="warehouse",
    owners=OWNERS,
    kinds={"duckdb"},
    deps=INPUTS,
    output_required=False,
)
def warehouse(context: dg.AssetExecutionContext, home: JiraAssetsHome) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """One DuckDB file with every table, built aside, checked, then swapped in: readers never wait.

    Open it read-only, as often as you like: `warehouse/jira.duckdb` in the home. It is published by every
    sync that changed something; run this asset to publish again.
    """
    with home.opened() as pipeline:
        notices, published = pipeline.publish_decisions(force=True)
        for notice in notices:
            context.log.warning(notice)
        for observation in source_observations(pipeline, context.instance):
            context.log_event(observation)
        assert published is not None  # noqa: S101  # forced, so there is always a new file
        return dg.MaterializeResult(
            metadata=_metadata(published), data_version=dg.DataVersion(published.fingerprint)
        )


def warehouse_event(published: PublishResult, instance: dg.DagsterInstance) -> dg.AssetMaterialization:
    """Say that a sync published, and from which versions, so that the catalog does not call it stale."""
    tags = {"dagster/data_version": published.fingerprint}
    return dg.AssetMaterialization(WAREHOUSE_KEY, metadata=_metadata(published), tags=tags)


def _metadata(published: PublishResult) -> dict[str, Any]:
    return {
        "dagster/uri": dg.MetadataValue.path(str(published.path)),
        "rows": dg.MetadataValue.json(published.rows),
        "published at": dg.MetadataValue.timestamp(published.published_at),
    }
