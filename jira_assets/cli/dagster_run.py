"""Run a sync through Dagster in this process, so that its UI shows the run like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jira_assets.cli.dagster_home import damage_errors, raise_if_damaged, use_dagster_home
from jira_assets.errors import JiraAssetsError
from jira_assets.settings import Settings
from jira_assets.sync.ahead import working_ahead
from jira_assets.sync.listener import Listener, listening
from jira_assets.sync.outcome import Mode
from jira_assets.sync.project import Task
from jira_assets.sync.run import SyncResult
from jira_assets.sync.workbench import open_workbench
from jira_assets.warehouse.publish import Published

if TYPE_CHECKING:
    from dagster import DagsterEvent


class RunReport(Listener):
    """Passes on what it hears, and keeps how the run ended."""

    def __init__(self) -> None:
        self.result: SyncResult | None = None
        self.published: Published | None = None
        self.error: JiraAssetsError | None = None

    def finished(self, result: SyncResult, published: Published | None) -> None:
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
    use_dagster_home(settings)
    with listening(report), open_workbench(settings, report) as bench:
        state = bench.state
        projects = state.find_tracked(keys) if keys else state.tracked_projects()
        with working_ahead(bench, [Task(each, mode, each.project_key in accept) for each in projects]):
            run_id = _execute(keys, mode, accept)
    if report.error is not None:
        raise report.error
    if report.result is None:
        raise_if_damaged(settings.dagster_dir)
        raise JiraAssetsError(
            f"The Dagster run {run_id} failed before any project was synced.",
            f"Its log is in {settings.dagster_dir}; `dg dev` shows it.",
        )
    return report.result


def _execute(keys: Sequence[str], mode: Mode, accept: Sequence[str]) -> str:
    """Run the job in this process, and give the run's id."""
    import dagster as dg  # late: it takes longer to import than most commands to run

    from jira_assets.definitions import defs

    job = defs.resolve_job_def("reconcile_jira" if mode == "reconcile" else "sync_jira")
    wanted = {"projects": list(keys), "mode": mode, "accept": list(accept)}
    config = {"ops": {"project_tables": {"config": wanted}}}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with damage_errors(), dg.DagsterInstance.get() as instance:
        run = job.execute_in_process(instance=instance, run_config=config | quiet, raise_on_error=False)
    if any(_was_interrupted(event) for event in run.all_events):
        raise KeyboardInterrupt
    return run.run_id


def _was_interrupted(event: DagsterEvent) -> bool:
    """Tell whether Ctrl-C ended the run: Dagster then reports one that failed, and raises nothing."""
    reason = event.job_failure_data.failure_reason if event.is_job_failure else None
    return reason is not None and reason.value == "UNEXPECTED_TERMINATION"
