"""Show in Dagster which partitions could not be synced.

A run over many projects goes on when some of them fail, and ends well. Dagster calls a partition failed only
when a run failed that planned to make it: so the failures of a sync get a run of their own, which says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
from dagster._core.utils import make_new_run_id

from jira_assets.assets.specs import PROJECT_SPECS
from jira_assets.sync.outcome import Outcome

CAUSE_TAG = "jira_assets/failures_of"
_KEYS = [spec.key for spec in PROJECT_SPECS]


def failed_partitions(instance: dg.DagsterInstance, key: dg.AssetKey) -> set[str]:
    """List the partitions that the newest attempt did not make."""
    storage = instance.event_log_storage
    return set(storage.get_latest_asset_partition_materialization_attempts_without_materializations(key))


def report_failures(instance: dg.DagsterInstance, run: dg.DagsterRun, failures: Iterable[Outcome]) -> None:
    """Log a failed run for those projects that are not called failed yet: each event is kept for ever."""
    known = set.intersection(*(failed_partitions(instance, key) for key in _KEYS))
    new = [outcome for outcome in failures if outcome.project_key not in known]
    if not new:
        return
    failed = _add_run(instance, run)
    for key, outcome in product(_KEYS, new):
        planned = DagsterEvent.build_asset_materialization_planned_event(
            job_name=failed.job_name,
            step_key="project_tables",
            asset_materialization_planned_data=AssetMaterializationPlannedData(key, outcome.project_key),
        )
        instance.report_dagster_event(planned, failed.run_id)
    instance.report_run_failed(failed, _reasons(new))


def _add_run(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun:
    return instance.add_run(
        dg.DagsterRun(
            job_name=run.job_name,
            run_id=make_new_run_id(),
            tags={CAUSE_TAG: run.run_id},
            asset_selection=frozenset(_KEYS),
            job_snapshot_id=run.job_snapshot_id,
            execution_plan_snapshot_id=run.execution_plan_snapshot_id,
            remote_job_origin=run.remote_job_origin,
        )
    )


def _reasons(failures: Sequence[Outcome]) -> str:
    return "\n".join(
        f"{outcome.project_key}: {outcome.error.reason} {outcome.error.instruction}"
        for outcome in failures
        if outcome.error is not None
    )
