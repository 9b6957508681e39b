"""How fresh and complete each tracked project is."""

from typing import Any

import dagster as dg

from jira_assets.defs.asset_specs import SYNC_STATUS
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.sync.results import Portfolio, read_portfolio


@dg.multi_asset(name="sync_status", specs=[SYNC_STATUS])
def sync_status(home: JiraAssetsHome) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Report the results of the syncs from the state."""
    with home.opened() as pipeline:
        return dg.MaterializeResult(SYNC_STATUS.key, metadata=status_metadata(read_portfolio(pipeline.state)))


def status_event(portfolio: Portfolio) -> dg.AssetMaterialization:
    """Say that the site was looked at and how the projects stand; the freshness policy lives by these."""
    return dg.AssetMaterialization(SYNC_STATUS.key, metadata=status_metadata(portfolio))


def status_metadata(portfolio: Portfolio) -> dict[str, Any]:
    """Count the projects by status."""
    tracked = {project.project_id for project in portfolio.projects}
    records = [record for record in portfolio.records.values() if record.project_id in tracked]
    counts = {"complete": 0, "error": 0, "pending": len(tracked) - len(records)}
    for record in records:
        counts[record.status] = counts.get(record.status, 0) + 1
    fresh = [record.fresh_at for record in records if record.fresh_at is not None]
    return {
        "dagster/row_count": len(tracked),
        **{f"projects {status}": count for status, count in counts.items()},
        "oldest project": dg.MetadataValue.timestamp(min(fresh)) if fresh else dg.MetadataValue.null(),
    }
