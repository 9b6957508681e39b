"""The four tables of a project, made for any number of projects by one step.

A run for each project would cost 1.8 CPU seconds each; one step over all of them costs milliseconds. So the
step loops over the projects, each succeeds or fails on its own, and it says itself which partitions it made.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import Any

import dagster as dg
from pydantic import Field

from jira_assets.defs.asset_metadata import issue_lineage
from jira_assets.defs.asset_specs import JIRA_ISSUES, PROJECT_SPECS, RAW_JIRA_ISSUES
from jira_assets.defs.assets.site_tables import site_events
from jira_assets.defs.assets.warehouse import warehouse_event
from jira_assets.defs.checks import check_events, judge_tables
from jira_assets.defs.failed_partitions import failed_partitions, report_failures
from jira_assets.defs.partitions import follow_tracked, partitions_of
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.defs.source_observations import source_observations
from jira_assets.errors import InputError, JiraAssetsError
from jira_assets.lake.manifest import Proof
from jira_assets.state import TrackedProject
from jira_assets.sync.health import judge_home
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.results import Outcome
from jira_assets.sync.run import SyncResult

RAW_TABLE_STANDS_FOR = "jira_issues"
"""The raw files have no fingerprint of their own; what is derived from them has."""

RESULT_TAG = "jira_assets/result"
"""The tag of a run in which projects failed: how many. The page shows it, too."""

Event = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


class ReadMode(Enum):
    """How to read a project: what changed, everything again, or everything that differs, with a proof."""

    incremental = "incremental"
    full = "full"
    reconcile = "reconcile"


class SyncConfig(dg.Config):
    """Which projects to sync, by key; none named: the run's partitions, else all that are tracked.

    `accept` names projects of which a reconcile may believe that most of it, or all, is gone.
    """

    projects: list[str] = Field(default_factory=list)
    mode: ReadMode = ReadMode.incremental
    deep: bool = Field(False, description="Look back an hour, since Jira's search was seen to lag.")
    accept: list[str] = Field(default_factory=list)
    in_slices: bool = Field(
        False,
        description="Stop long reads after JIRA_ASSETS_SENSOR_RUN_MINUTES. The next run continues them.",
    )


@dg.multi_asset(
    name="project_tables",
    specs=PROJECT_SPECS,
    can_subset=True,
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def project_tables(
    context: dg.AssetExecutionContext, config: SyncConfig, home: JiraAssetsHome
) -> Iterator[Event]:
    """Ask Jira what changed, derive the tables, match people, publish."""
    with home.opened() as pipeline:
        follow_tracked(
            context.instance, [project.project_key for project in pipeline.state.projects.tracked()]
        )
        try:
            projects, missing = _chosen_projects(context, config, pipeline)
            work = partial(_sync_or_derive, context, config, pipeline, projects)
            result, published = home.sync_and_publish(pipeline, work)
        except JiraAssetsError as error:
            for notice in getattr(error, "__notes__", ()):
                context.log.warning(notice)
            raise _failure(error) from error
        for notice in [*result.notices, *missing.values()]:
            context.log.warning(notice)
        yield from source_observations(pipeline, context.instance)
        yield from site_events(pipeline, context.instance)
        yield from _project_events(context, config, result.outcomes)
        if published is not None:
            yield warehouse_event(published, context.instance)
        yield from check_events(judge_home(pipeline).verdicts)
        if published is not None:
            yield from check_events(judge_tables(pipeline))
        _show_failures(context, config, result)
        _fail_when_partitions_failed(context, config, result, missing)


def _sync_or_derive(
    context: dg.AssetExecutionContext,
    config: SyncConfig,
    pipeline: Pipeline,
    projects: Sequence[TrackedProject],
) -> SyncResult:
    if RAW_JIRA_ISSUES.key in context.selected_asset_keys:
        if config.mode is ReadMode.reconcile:
            return pipeline.reconcile(projects, accept=config.accept)
        minutes = pipeline.settings.sensor_run_minutes
        run_time = timedelta(minutes=minutes) if config.in_slices else None
        return pipeline.sync(projects, full=config.mode is ReadMode.full, deep=config.deep, run_time=run_time)
    return SyncResult(pipeline.rederive(projects))


def _chosen_projects(
    context: dg.AssetExecutionContext, config: SyncConfig, pipeline: Pipeline
) -> tuple[list[TrackedProject], dict[str, str]]:
    """Find the projects of the run, and say of each key that is not tracked that it is left out.

    Between the launch of a run and its start people may untrack projects. That none is left is an error.
    """
    keys = config.projects or partitions_of(context.instance, context.run)
    if not keys:
        return pipeline.state.projects.tracked(), {}
    try:
        return pipeline.state.projects.find(keys), {}
    except InputError as error:
        unknown = set(error.facts["unknown"])
        left = [key for key in keys if key.strip().upper() not in unknown]
        if not left:
            raise
        missing = {
            key: (
                f"{key} is not tracked and was skipped. It may have been untracked or renamed after the "
                "run was launched."
            )
            for key in sorted(unknown)
        }
        return pipeline.state.projects.find(left), missing


def _project_events(
    context: dg.AssetExecutionContext, config: SyncConfig, outcomes: Sequence[Outcome]
) -> Iterator[dg.AssetMaterialization]:
    """Log what was made: in a run over partitions every success, else only what changed or was never logged.

    Each event is kept for ever, so a project in which nothing changed gets none.
    """
    for spec in PROJECT_SPECS:
        if spec.key not in context.selected_asset_keys:
            continue
        logged = context.instance.get_materialized_partitions(spec.key)
        logged -= failed_partitions(context.instance, spec.key)  # green again, also when nothing changed
        for outcome in outcomes:
            if not outcome.ok:
                continue
            if _names_partitions(context, config) or outcome.changed or outcome.project_key not in logged:
                yield partition_event(spec.key, outcome)


def _names_partitions(context: dg.AssetExecutionContext, config: SyncConfig) -> bool:
    return not config.projects and (context.has_partition_key or context.has_partition_key_range)


def partition_event(key: dg.AssetKey, outcome: Outcome) -> dg.AssetMaterialization:
    """Say what a table has of a project."""
    table = key.to_user_string()
    source = RAW_TABLE_STANDS_FOR if table == RAW_JIRA_ISSUES.key.to_user_string() else table
    metadata: dict[str, Any] = {"dagster/partition_row_count": outcome.rows.get(source, 0)}
    if key == RAW_JIRA_ISSUES.key:
        metadata |= _sync_metadata(outcome)
    if key == JIRA_ISSUES.key:
        metadata["dagster/column_lineage"] = issue_lineage()
    return dg.AssetMaterialization(
        key,
        partition=outcome.project_key,
        metadata=metadata,
        tags={"dagster/data_version": outcome.fingerprints.get(source, "none")},
    )


def _sync_metadata(outcome: Outcome) -> dict[str, Any]:
    watermark, proof = outcome.watermark, outcome.proof
    return {
        "read": outcome.mode,
        "issues fetched": outcome.fetched,
        "issues created": outcome.created,
        "issues updated": outcome.updated,
        "issues deleted": outcome.deleted,
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 2),
        "complete up to": dg.MetadataValue.timestamp(watermark) if watermark else dg.MetadataValue.null(),
        "values that did not match their column type": sum(outcome.nulled.values()),
        "issues that could not be read": outcome.missing,
        **({"not proved": outcome.unproved} if outcome.unproved else {}),
        **(_proof_metadata(proof) if proof else {}),
    }


def _proof_metadata(proof: Proof) -> dict[str, Any]:
    return {
        "proved complete at": dg.MetadataValue.timestamp(proof.at),
        "issues in Jira then": proof.in_jira,
        "issues in the lake then": proof.in_lake,
    }


def _show_failures(context: dg.AssetExecutionContext, config: SyncConfig, result: SyncResult) -> None:
    """Say in the run how many projects failed, and call their partitions failed."""
    if result.failures:
        counts = f"{len(result.failures)} of {len(result.outcomes)} projects failed"
        context.instance.add_run_tags(context.run.run_id, {RESULT_TAG: counts})
        if not _names_partitions(context, config):  # else they fail with this very run
            errors = {outcome.project_key: outcome.error for outcome in result.failures if outcome.error}
            report_failures(context.instance, errors, context.run)


def _fail_when_partitions_failed(
    context: dg.AssetExecutionContext, config: SyncConfig, result: SyncResult, missing: Mapping[str, str]
) -> None:
    """Turn failed and missing partitions red; and fail a run in which nothing at all could be read."""
    reasons = {outcome.project_key: str(outcome.error) for outcome in result.failures} | dict(missing)
    total = len(result.outcomes) + len(missing)
    if reasons and (_names_partitions(context, config) or len(reasons) == total):
        raise dg.Failure(
            f"{len(reasons)} of {total} projects could not be synced: {', '.join(sorted(reasons))}.",
            metadata=reasons,
            allow_retries=False,
        )


def _failure(error: JiraAssetsError) -> dg.Failure:
    return dg.Failure(f"{error.reason} {error.instruction}", allow_retries=False)
