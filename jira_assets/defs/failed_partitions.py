"""Show in Dagster which partitions could not be synced.

A run over many projects continues when some of them fail, and succeeds. Dagster calls a partition failed only
when a run failed that planned to make it: so the failures of a sync get a run of their own, which says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import dagster as dg
from dagster._core.events import AssetMaterializationPlannedData, DagsterEvent
from dagster._core.utils import make_new_run_id

from jira_assets.defs.asset_specs import PROJECT_SPECS
from jira_assets.errors import JiraAssetsError

CAUSE_TAG = "jira_assets/failures_of"
_KEYS = [spec.key for spec in PROJECT_SPECS]


def failed_partitions(instance: dg.DagsterInstance, key: dg.AssetKey) -> set[str]:
    """List the partitions that the newest attempt did not make."""
    storage = instance.event_log_storage
    return set(storage.get_latest_asset_partition_materialization_attempts_without_materializations(key))


def report_failures(
    instance: dg.DagsterInstance, failures: Mapping[str, JiraAssetsError], cause: dg.DagsterRun | None = None
) -> None:
    """Log a failed run for those projects that are not called failed yet: each event is kept for ever.

    `failures` gives the errors by project key; `cause` is the run in which they came up, None for a probe.
    """
    known = set.intersection(*(failed_partitions(instance, key) for key in _KEYS))
    new = {project_key: error for project_key, error in failures.items() if project_key not in known}
    if not new:
        return
    failed = instance.add_run(_run_like(cause))
    for key, project_key in product(_KEYS, new):
        planned = DagsterEvent.build_asset_materialization_planned_event(
            job_name=failed.job_name,
            step_key="project_tables",
            asset_materialization_planned_data=AssetMaterializationPlannedData(key, project_key),
        )
        instance.report_dagster_event(planned, failed.run_id)
    reasons = (f"{project_key}: {error}" for project_key, error in sorted(new.items()))
    instance.report_run_failed(failed, "\n".join(reasons))


def _run_like(cause: dg.DagsterRun | None) -> dg.DagsterRun:
    return dg.DagsterRun(
        job_name=cause.job_name if cause else "sync_jira",
        run_id=make_new_run_id(),
        tags={CAUSE_TAG: cause.run_id if cause else "probe"},
        asset_selection=frozenset(_KEYS),
        job_snapshot_id=cause.job_snapshot_id if cause else None,
        execution_plan_snapshot_id=cause.execution_plan_snapshot_id if cause else None,
        remote_job_origin=cause.remote_job_origin if cause else None,
    )
