"""What runs by the clock: proofs at night, the site's own tables daily, compaction weekly."""

from functools import partial

import dagster as dg

from jira_assets.defs.jobs import OUR_JOBS, compact_job, reconcile_job, refresh_site_job, sync_job
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.defs.run_locks import run_locks
from jira_assets.defs.runs import fail_stale_runs
from jira_assets.errors import SettingsError
from jira_assets.settings.load import Settings, load_settings
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.results import read_records
from jira_assets.sync.scheduling import choose_for_proof, proof_cost

ON, OFF = dg.DefaultScheduleStatus.RUNNING, dg.DefaultScheduleStatus.STOPPED


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Make the schedules that the settings describe; a change counts when the code is loaded again."""
    scheduled = partial(dg.ScheduleDefinition, execution_timezone=settings.time_zone, default_status=ON)
    return [
        nightly_reconcile(settings),
        scheduled(
            name="refresh_site_daily",
            job=refresh_site_job,
            cron_schedule=settings.refresh_cron,
            description="Reloads the site's projects, people and sprints, and looks for tracked projects "
            "that were not visible last time.",
        ),
        scheduled(
            name="compact_weekly",
            job=compact_job,
            cron_schedule=settings.compact_cron,
            description="Compacts the raw files of each project. Every version of every issue is kept.",
        ),
        scheduled(
            name="sync_hourly",
            job=sync_job,
            cron_schedule=settings.sync_cron,
            default_status=OFF,
            description="Syncs every project once an hour. To use it instead of the sensor `jira_changes`, "
            "turn this on and the sensor off.",
        ),
    ]


def nightly_reconcile(settings: Settings) -> dg.ScheduleDefinition:
    """Make the schedule that proves every project each night, as far as the budget of points goes."""

    @dg.schedule(
        name="reconcile_nightly",
        job=reconcile_job,
        cron_schedule=f"*/20 {settings.off_hours} * * *",
        execution_timezone=settings.time_zone,
        default_status=ON,
        description="Proves during off-hours that no issue is missing. Projects with the oldest proof come "
        "first. Each hour uses at most the configured budget of API points.",
    )
    def reconcile_nightly(
        context: dg.ScheduleEvaluationContext, home: JiraAssetsHome
    ) -> dg.RunRequest | dg.SkipReason:
        with home.opened() as pipeline:
            return request_proofs(context.instance, pipeline)

    return reconcile_nightly


def request_proofs(instance: dg.DagsterInstance, pipeline: Pipeline) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run over what can be proved now, or say why there is none."""
    alive = fail_stale_runs(instance, run_locks(pipeline.settings), OUR_JOBS, pipeline.clock())
    if any(run.job_name == reconcile_job.name for run in alive):
        return dg.SkipReason("The previous reconcile is still running.")
    keys = keys_to_prove(pipeline)
    if not keys:
        return dg.SkipReason("Every project is proved, or the API points of this hour are spent.")
    config = {"ops": {"project_tables": {"config": {"mode": "reconcile", "projects": keys}}}}
    return dg.RunRequest(run_config=config)


def keys_to_prove(pipeline: Pipeline) -> list[str]:
    """Choose what to prove now; projects that a process works on are left out."""
    now, keys = pipeline.clock(), []
    left: dict[int, int] = {}
    for site in pipeline.sites:
        grant, budget = site.site.grant_id, pipeline.settings.reconcile_points_per_hour
        points = left.get(grant, budget - site.state.points.spent(now))
        tracked = site.state.projects.tracked()
        held = site.lake.holders(project.project_id for project in tracked)
        free = [project for project in tracked if project.project_id not in held]
        records = read_records(site.state)
        entities = pipeline.settings.entities.of
        chosen = choose_for_proof(free, records, now, points, entities)
        left[grant] = points - sum(
            proof_cost(records[project.project_id].issues, entities(project.project_key))
            for project in chosen
        )
        keys += [project.project_key for project in chosen]
    return keys


def settings_at_load() -> Settings:
    """Read the settings for the schedules; what is wrong with them, every run and command tells."""
    try:
        return load_settings()
    except SettingsError:
        return load_settings(environ={}, dotenv=None, stored={})
