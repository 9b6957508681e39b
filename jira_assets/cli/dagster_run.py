"""Run a sync through Dagster in this process, so that its UI shows the run like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jira_assets.cli.dagster_home import damage_errors, raise_if_damaged, use_dagster_home
from jira_assets.cli.interrupts import ended_by_interrupt
from jira_assets.errors import JiraAssetsError
from jira_assets.resource_limits import check_disk_space
from jira_assets.settings.load import Settings
from jira_assets.sync.events import SyncListener
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.sync.prefetch import prefetching
from jira_assets.sync.project import Task
from jira_assets.sync.results import Mode
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult

if TYPE_CHECKING:
    from dagster import DagsterInstance


_ROOM_FOR_A_RUN = 2_000_000
"""Bytes that Dagster writes about a small run: with less, its own log fails before the sync does."""


class RunReport(SyncListener):
    """Passes on what it hears, and keeps how the run ended."""

    def __init__(self) -> None:
        self.projects = 0
        self.result: SyncResult | None = None
        self.published: PublishResult | None = None
        self.error: JiraAssetsError | None = None

    def begins(self, projects: int) -> None:
        """Keep how many projects are synced."""
        self.projects = projects

    def finished(self, result: SyncResult, published: PublishResult | None) -> None:
        """Keep the outcomes."""
        self.result, self.published = result, published

    def failed(self, error: JiraAssetsError) -> None:
        """Keep what ended the run."""
        self.error = error


def run_sync(
    settings: Settings,
    report: RunReport,
    keys: Sequence[str],
    mode: Mode = "incremental",
    accept: Sequence[str] = (),
) -> SyncResult:
    """Sync the projects of these keys (all tracked when none); raises what ended the run as a whole."""
    check_disk_space(settings.home, _ROOM_FOR_A_RUN)
    use_dagster_home(settings)
    with open_pipeline(settings, report) as pipeline:
        state = pipeline.state
        projects = state.projects.find(keys) if keys else state.projects.tracked()
        report.begins(len(projects))
        tasks = [Task(each, mode, each.project_key in accept) for each in projects]
        with prefetching(pipeline, tasks) as begun:
            run_id = _execute(begun, keys, mode, accept)
    if report.error is not None:
        raise report.error
    if report.result is None:
        raise_if_damaged(settings.dagster_dir)
        raise JiraAssetsError(
            f"The Dagster run {run_id} failed before any project was synced.",
            f"Its log is in {settings.dagster_dir}. `jira-assets up` shows it in Dagster.",
        )
    return report.result


def _execute(pipeline: Pipeline, keys: Sequence[str], mode: Mode, accept: Sequence[str]) -> str:
    """Run the job in this process with this pipeline as its home, and return the run's id."""

    from jira_assets.definitions import defs
    from jira_assets.defs.resources import Home, resource_of

    job = defs.resolve_job_def("reconcile_jira" if mode == "reconcile" else "sync_jira")
    wanted = {"projects": list(keys), "mode": mode, "accept": list(accept)}
    config = {"ops": {"project_tables": {"config": wanted}}}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with damage_errors(), _open_instance(pipeline.settings) as instance:
        run = job.execute_in_process(
            instance=instance,
            run_config=config | quiet,
            resources={"home": resource_of(Home(pipeline))},
            raise_on_error=False,
        )
    if any(ended_by_interrupt(event) for event in run.all_events):
        raise KeyboardInterrupt
    return run.run_id


def _open_instance(settings: Settings) -> DagsterInstance:
    """Open Dagster's instance of the home, but capture no stdout and stderr of the steps.

    The capture points fd 2 of this process at a file, and processes of its own mirror that to the terminal:
    progress bars freeze, since a file is no terminal, and Ctrl-C leaves the tracebacks of those processes.
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
