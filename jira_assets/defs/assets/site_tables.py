"""The tables about the site as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import dagster as dg

from jira_assets.defs.asset_metadata import DATA_VERSION
from jira_assets.defs.asset_specs import JIRA_PROJECTS, JIRA_SPRINTS, JIRA_USERS, TEAM_MEMBERS
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.errors import JiraAssetsError
from jira_assets.lake.manifest import fingerprint
from jira_assets.lake.site_manifest import SiteTable
from jira_assets.sync.pipeline import Pipeline

_TABLES = {JIRA_PROJECTS.key: "projects", JIRA_USERS.key: "users", JIRA_SPRINTS.key: "sprints"}


@dg.multi_asset(name="site_tables", specs=[JIRA_PROJECTS, JIRA_USERS, JIRA_SPRINTS])
def site_tables(context: dg.AssetExecutionContext, home: JiraAssetsHome) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Read the site's projects, people and sprints again, and publish what changed."""
    with home.opened() as pipeline:
        try:
            notices = pipeline.refresh_sites()
            pipeline.publish()
        except JiraAssetsError as error:
            raise dg.Failure(f"{error.reason} {error.instruction}", allow_retries=False) from error
        for notice in notices:
            context.log.warning(notice)
        for key, name in _TABLES.items():
            yield _result(key, pipeline.site_tables(name))


@dg.multi_asset(name="team_members", specs=[TEAM_MEMBERS])
def team_members(home: JiraAssetsHome) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Count the imported members; the state holds them."""
    with home.opened() as pipeline:
        version, rows = team_version(pipeline)
        return dg.MaterializeResult(
            TEAM_MEMBERS.key, metadata={"dagster/row_count": rows}, data_version=dg.DataVersion(version)
        )


def site_events(pipeline: Pipeline, instance: dg.DagsterInstance) -> Iterator[dg.AssetMaterialization]:
    """Log the tables of the sites that a sync has read again, and the team when it changed."""
    made = {key: _described(found) for key, name in _TABLES.items() if (found := pipeline.site_tables(name))}
    made[TEAM_MEMBERS.key] = team_version(pipeline)
    for key, (version, rows) in made.items():
        known = instance.get_latest_materialization_event(key)
        event = known.asset_materialization if known else None
        if event is None or (event.tags or {}).get(DATA_VERSION) != version:
            metadata = {"dagster/row_count": rows}
            yield dg.AssetMaterialization(key, metadata=metadata, tags={DATA_VERSION: version})


def team_version(pipeline: Pipeline) -> tuple[str, int]:
    """Return a digest of the team as the state holds it, and the number of members."""
    members = [asdict(member) | {"imported_at": None} for member in pipeline.state.team.members()]
    return fingerprint(members), len(members)


def _described(tables: Sequence[SiteTable]) -> tuple[str, int]:
    """Return the version and the number of rows of a table that several sites may have."""
    return " ".join(table.path for table in tables), sum(table.rows for table in tables)


def _result(key: dg.AssetKey, tables: Sequence[SiteTable]) -> dg.MaterializeResult:  # type: ignore[type-arg]
    # Nothing is readable for this account; the log says so.
    version, rows = _described(tables) if tables else ("none", 0)
    return dg.MaterializeResult(
        key, metadata={"dagster/row_count": rows}, data_version=dg.DataVersion(version)
    )
