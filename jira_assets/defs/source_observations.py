"""Observe what other programs and people own: the team's source, pull requests, settings.

A run that follows them logs the version that it read, once: each event is kept for ever.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from jira_assets.defs.asset_metadata import DATA_VERSION
from jira_assets.defs.asset_specs import PULL_REQUESTS_SOURCE, TABLE_SETTINGS, TEAM_SOURCE
from jira_assets.defs.assets.site_tables import team_version
from jira_assets.external.pull_requests import TABLE as PULL_REQUESTS
from jira_assets.sync.external_inputs import settings_version
from jira_assets.sync.pipeline import Pipeline


def source_observations(pipeline: Pipeline, instance: dg.DagsterInstance) -> Iterator[dg.AssetObservation]:
    """Return an observation of each source whose content is another than that observed last."""
    for key, (version, rows) in _versions(pipeline).items():
        if _observed_version(instance, key) != version:
            metadata = {} if rows is None else {"dagster/row_count": rows}
            yield dg.AssetObservation(key, metadata=metadata, tags={DATA_VERSION: version})


def _versions(pipeline: Pipeline) -> dict[dg.AssetKey, tuple[str, int | None]]:
    """Return for each source that is set the version of what was read of it, and its rows."""
    settings = pipeline.settings
    found: dict[dg.AssetKey, tuple[str, int | None]] = {}
    found[TABLE_SETTINGS.key] = (settings_version(settings), None)
    team, members = team_version(pipeline)
    if settings.team is not None and members:
        found[TEAM_SOURCE.key] = (team, members)
    landed = pipeline.lake.site_manifest().tables.get(PULL_REQUESTS)
    if settings.pull_requests is not None and landed is not None:
        found[PULL_REQUESTS_SOURCE.key] = (landed.path, landed.rows)
    return found


def _observed_version(instance: dg.DagsterInstance, key: dg.AssetKey) -> str | None:
    newest = instance.fetch_observations(key, limit=1).records
    event = newest[0].asset_observation if newest else None
    return (event.tags or {}).get(DATA_VERSION) if event else None
