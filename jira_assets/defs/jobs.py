"""The jobs that people, sensors and schedules start."""

import dagster as dg

from jira_assets.defs.asset_specs import JIRA_PROJECTS, JIRA_SPRINTS, JIRA_USERS, PROJECT_SPECS
from jira_assets.defs.assets.warehouse import warehouse_event
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.defs.source_observations import source_observations
from jira_assets.errors import JiraAssetsError

# Checks come as events of the runs themselves: as steps of their own they would wait for outputs that a run
# over a list of projects does not have.
_PROJECT_TABLES = dg.AssetSelection.assets(*(spec.key for spec in PROJECT_SPECS)).without_checks()

sync_job = dg.define_asset_job(
    "sync_jira",
    selection=_PROJECT_TABLES,
    description="Sync projects and publish: all tracked projects, or the projects named in the config.",
)
reconcile_job = dg.define_asset_job(
    "reconcile_jira",
    selection=_PROJECT_TABLES,
    config={"ops": {"project_tables": {"config": {"mode": "reconcile"}}}},
    description="Compare every issue of the projects with Jira, repair differences, and prove completeness.",
)
refresh_site_job = dg.define_asset_job(
    "refresh_site",
    selection=dg.AssetSelection.assets(JIRA_PROJECTS.key, JIRA_USERS.key, JIRA_SPRINTS.key).without_checks(),
    description="Reload the site's projects, people and sprints.",
)


@dg.op(description="Compact the raw files of every project, and publish.")
def merge_raw_files(context: dg.OpExecutionContext, home: JiraAssetsHome) -> None:
    """Leave every table as it is, and every version of every issue where it can be read."""
    with home.opened() as pipeline:
        try:
            removed = pipeline.compact()
            pipeline.publish()
        except JiraAssetsError as error:
            raise dg.Failure(f"{error.reason} {error.instruction}", allow_retries=False) from error
    context.log.info("Compaction removed %d files.", removed)


@dg.job(
    name="compact_lake",
    description="Compacts the raw files of the lake. Every version of every issue is kept.",
    executor_def=dg.in_process_executor,
)
def compact_job() -> None:
    """Compact the lake."""
    merge_raw_files()


@dg.op(description="Apply decisions, settings, team and pull requests, and publish.")
def follow_and_publish(context: dg.OpExecutionContext, home: JiraAssetsHome) -> None:
    """Bring what people decided and other programs keep into the tables; Jira is asked nothing."""
    with home.opened() as pipeline:
        try:
            notices, published = pipeline.publish_decisions()
        except JiraAssetsError as error:
            raise dg.Failure(f"{error.reason} {error.instruction}", allow_retries=False) from error
        for observation in source_observations(pipeline, context.instance):
            context.log_event(observation)
    for notice in notices:
        context.log.warning(notice)
    if published is not None:
        context.log_event(warehouse_event(published, context.instance))


@dg.job(
    name="publish_warehouse",
    description="Applies decisions about people, projects and fields, the team, pull requests and settings "
    "to the tables. No request to Jira is made.",
    executor_def=dg.in_process_executor,
)
def publish_job() -> None:
    """Publish what changed outside of Jira."""
    follow_and_publish()


check_job = dg.define_asset_job(
    "check_health",
    selection=dg.AssetSelection.all_asset_checks(),
    description="Evaluates the checks on the current state and warehouse. No request to Jira is made.",
)
OUR_JOBS = [
    sync_job.name,
    reconcile_job.name,
    refresh_site_job.name,
    compact_job.name,
    publish_job.name,
    check_job.name,
]
