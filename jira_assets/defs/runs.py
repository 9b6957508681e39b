"""Distinguish runs that are alive from runs whose process died, by a lock that dies with the process.

Dagster shows a killed run as STARTED for ever. Every run of ours holds a lock of its own until its
process ends, so a run without one is dead, whatever its status says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import dagster as dg

from jira_assets.defs.run_locks import RunLocks

CODE_LOCATION = "jira_assets"
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
TIME_TO_START = timedelta(minutes=2)
"""A process that was started needs some seconds until it holds its lock."""


def fail_stale_runs(
    instance: dg.DagsterInstance, locks: RunLocks, jobs: Iterable[str], now: datetime
) -> list[dg.DagsterRun]:
    """Mark our runs whose process is gone as failed, and return those that are alive.

    Runs of other code locations that share the instance are left alone.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))
    ours = [record for record in records if _is_ours(record.dagster_run, set(jobs))]
    alive = [record.dagster_run for record in ours if _is_alive(instance, locks, record, now)]
    for record in ours:
        if record.dagster_run not in alive:
            _mark_failed(instance, record.dagster_run)
    locks.sweep({record.dagster_run.run_id for record in ours})
    return alive


def _is_ours(run: dg.DagsterRun, jobs: set[str]) -> bool:
    origin = run.remote_job_origin
    if origin is None:
        return run.job_name in jobs
    # On Kubernetes the location has the name of the deployment, which can have no underscore.
    return origin.location_name.replace("-", "_") == CODE_LOCATION


def _is_alive(instance: dg.DagsterInstance, locks: RunLocks, record: dg.RunRecord, now: datetime) -> bool:
    status = record.dagster_run.status
    if status is dg.DagsterRunStatus.QUEUED:
        return True  # the daemon starts it, also after it was killed itself
    is_held = locks.is_held(record.dagster_run.run_id)
    if is_held is not None:
        return is_held
    if status is dg.DagsterRunStatus.STARTING and instance.run_monitoring_enabled:
        return True  # a pod may have to fetch its image first; Dagster's monitoring knows when to give up
    return now - record.update_timestamp < TIME_TO_START


def _mark_failed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    message = (
        "The process of this run no longer exists: it was killed, or the machine stopped. No data "
        "is lost: committed data is kept, and the next sync continues from there."
    )
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message)
    else:
        instance.report_run_failed(run, message)
