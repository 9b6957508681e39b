"""Record a sync that another process does as a run in Dagster: `python -m jira_assets.cli.recorded_run FD`.

The pipe FD brings the sync that begins, and later how it ended. When it ends before that, the other process
was killed.
"""

from __future__ import annotations

import gc
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from jira_assets.cli.dagster_home import REMEDY, damaged_databases, one_at_a_time, use_dagster_home
from jira_assets.cli.lazy import NEW_OBJECTS
from jira_assets.cli.run_recorder import End, Failed, Finished, RecordedSync
from jira_assets.clock import utc_now
from jira_assets.errors import JiraAssetsError
from jira_assets.lake.home_lake import lake_of_first_site
from jira_assets.lake.site_manifest import Notice
from jira_assets.resource_limits import as_resource_exhausted
from jira_assets.settings.load import Settings
from jira_assets.sync.notices import renew_notice
from jira_assets.sync.pipeline import open_pipeline

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from jira_assets.defs.resources import Done

NICENESS = 10
"""The sync on the same machine comes first."""

PART = "Dagster"
UNRECORDED = "The last sync is not among Dagster's runs:"


def main() -> None:
    """Record the sync of the pipe."""
    gc.set_threshold(NEW_OBJECTS)
    os.nice(NICENESS)
    with Connection(int(sys.argv[1]), writable=False) as pipe:
        sync = pipe.recv()
        with noted(sync.settings), one_at_a_time(sync.settings.dagster_dir, "recording a sync"):
            record(sync, pipe.recv)


@contextmanager
def noted(settings: Settings) -> Iterator[None]:
    """Note in the home why the block failed, or that it did not; a home that was removed is left alone."""
    notice = None
    try:
        yield
    except Exception as error:
        notice = _describe(settings, error)
        raise
    finally:
        if settings.lake_url or settings.lake_dir.exists():
            with lake_of_first_site(settings) as lake:
                renew_notice(lake, PART, notice)


def _describe(settings: Settings, error: Exception) -> Notice:
    for path, why in damaged_databases(settings.dagster_dir).items():
        return Notice(PART, f"{UNRECORDED} its database {path} is damaged: {why}.", REMEDY, utc_now())
    known = as_resource_exhausted(error, settings.dagster_dir) or error
    first = str(known).split("\n", 1)[0]
    reason = first if isinstance(known, JiraAssetsError) else f"{type(error).__name__}: {first}"
    return Notice(PART, f"{UNRECORDED} {reason}", "The tables are not affected.", utc_now())


def record(sync: RecordedSync, receive: Callable[[], End]) -> None:
    """Run the job of the sync, whose step waits until it receives how the sync ended.

    Raises `JiraAssetsError` when the run failed before that.
    """
    use_dagster_home(sync.settings)
    from jira_assets.definitions import defs
    from jira_assets.defs.jobs import OUR_JOBS
    from jira_assets.defs.resources import Home, resource_of
    from jira_assets.defs.run_locks import run_locks
    from jira_assets.defs.runs import fail_stale_runs

    ends: list[End | None] = []

    def done() -> Done:
        ends.append(_received(receive))
        return _outcome(ends[0])

    job = defs.resolve_job_def("reconcile_jira" if sync.mode == "reconcile" else "sync_jira")
    wanted = {"projects": list(sync.keys), "mode": sync.mode, "accept": list(sync.accept)}
    config = {"ops": {"project_tables": {"config": wanted}}}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with open_pipeline(sync.settings) as pipeline, _open_instance(sync.settings) as instance:
        locks = run_locks(sync.settings)
        fail_stale_runs(instance, locks, OUR_JOBS, utc_now())
        run_id = str(uuid.uuid4())
        locks.hold(run_id)  # from before its first event: it may be killed then
        run = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            run_config=config | quiet,
            resources={"home": resource_of(Home(pipeline, done))},
            raise_on_error=False,
        )
    if not ends:
        raise JiraAssetsError(f"Run {run.run_id} failed before its step began.")


def _received(receive: Callable[[], End]) -> End | None:
    try:
        return receive()
    except EOFError:
        return None


def _outcome(end: End | None) -> Done:
    """Return the outcome of a sync, or raise what ended it."""
    if isinstance(end, Finished):
        return end.result, end.published
    if isinstance(end, Failed):
        for notice in end.notices:
            end.error.add_note(notice)
        raise end.error
    if end is None:
        raise JiraAssetsError(
            "The process of this sync ended before the sync did: it was killed, or the machine stopped.",
            "No data is lost: committed data is kept, and the next sync continues from there.",
        )
    raise KeyboardInterrupt


def _open_instance(settings: Settings) -> DagsterInstance:
    """Open Dagster's instance of the home, but capture no stdout and stderr of the step: it writes nothing.

    Runs that Dagster itself launches are captured as configured.
    """
    from dagster import DagsterInstance
    from dagster._core.instance.ref import InstanceRef  # no public call takes overrides

    no_capture = {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
    ref = InstanceRef.from_dir(str(settings.dagster_dir), overrides={"compute_logs": no_capture})
    return DagsterInstance.from_ref(ref)


if __name__ == "__main__":
    main()
