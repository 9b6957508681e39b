"""Tell runs that live from runs whose process died, by a lock that dies with the process.

Dagster goes on calling a killed run STARTED, for ever. Every run of ours holds a lock of its own until its
process ends, so a run without one is dead, whatever its status says.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from jira_assets.warehouse.locks import hold_for_life, holder

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


def hold_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Show that this run is alive for as long as this process is."""
    hold_for_life(lock_of(instance, run_id), f"run {run_id}")


def settle_runs(instance: dg.DagsterInstance, jobs: Iterable[str], now: datetime) -> list[dg.DagsterRun]:
    """Mark our runs whose process is gone as failed, and return those that are alive.

    Runs of other code locations that share the instance are left alone.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))
    ours = [record for record in records if _is_ours(record.dagster_run, set(jobs))]
    alive = [record.dagster_run for record in ours if _is_alive(instance, record, now)]
    for record in ours:
        if record.dagster_run not in alive:
            _bury(instance, record.dagster_run)
    _sweep(instance, {record.dagster_run.run_id for record in ours})
    return alive


def lock_of(instance: dg.DagsterInstance, run_id: str) -> Path:
    """Name the lock of a run; it lies where the instance lies, since that is what gave the run its id."""
    return _folder(instance) / f"{run_id}.lock"


def _folder(instance: dg.DagsterInstance) -> Path:
    return Path(instance.root_directory) / "jira_assets_runs"


def _is_ours(run: dg.DagsterRun, jobs: set[str]) -> bool:
    origin = run.remote_job_origin
    return run.job_name in jobs if origin is None else origin.location_name == CODE_LOCATION


def _is_alive(instance: dg.DagsterInstance, record: dg.RunRecord, now: datetime) -> bool:
    if record.dagster_run.status is dg.DagsterRunStatus.QUEUED:
        return True  # the daemon starts it, also after it was killed itself
    path = lock_of(instance, record.dagster_run.run_id)
    if path.exists():
        return holder(path) is not None
    return now - record.update_timestamp < TIME_TO_START


def _bury(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    message = (
        "The process of this run is gone: it was killed, or the machine stopped. "
        "Nothing is lost: what it had committed stands, and the next sync goes on from there."
    )
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message)
    else:
        instance.report_run_failed(run, message)


def _sweep(instance: dg.DagsterInstance, unfinished: set[str]) -> None:
    for path in _folder(instance).glob("*.lock"):
        if path.stem not in unfinished and holder(path) is None:
            path.unlink(missing_ok=True)
