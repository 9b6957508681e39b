"""Run a sync for a command; another process records it as a run in Dagster.

The work begins at once: Dagster takes longer to load than Jira takes to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jira_assets.alerts.watch import accepted_by, raise_alerts, sync_and_publish
from jira_assets.cli.run_recorder import RecordedSync, recorded
from jira_assets.qualified import split
from jira_assets.resource_limits import check_disk_space
from jira_assets.settings.load import Settings
from jira_assets.state import TrackedProject
from jira_assets.sync.choose_tasks import Choice, choose_tasks
from jira_assets.sync.events import SyncListener
from jira_assets.sync.external_inputs import note_followed, outside_identity
from jira_assets.sync.notices import in_lines
from jira_assets.sync.pipeline import open_pipeline
from jira_assets.sync.project import Task
from jira_assets.sync.results import Mode
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult

_ROOM_FOR_A_RUN = 2_000_000
"""Bytes that Dagster writes about a small run: with less, its own log fails after the sync."""


class RunReport(SyncListener):
    """Passes on what it hears, and keeps what was published."""

    def __init__(self) -> None:
        self.projects = 0
        self.published: PublishResult | None = None

    def begins(self, projects: int) -> None:
        """Keep how many projects are synced."""
        self.projects = projects


def run_sync(
    settings: Settings,
    report: RunReport,
    keys: Sequence[str],
    mode: Mode = "incremental",
    accept: Sequence[str] = (),
) -> SyncResult:
    """Sync the projects of these keys (all tracked when none); raises what ended the run as a whole.

    When neither Jira nor the home has changed, there is no run.
    """
    check_disk_space(settings.home, _ROOM_FOR_A_RUN)
    with open_pipeline(settings, report) as pipeline:
        tracked = pipeline.state.projects.tracked()
        projects = pipeline.state.projects.find(keys) if keys else tracked
        report.begins(len(projects))
        if mode == "incremental":
            choice = choose_tasks(pipeline, projects)
        else:
            choice = Choice([Task(each, mode, each.project_key in accept) for each in projects])
        if choice.is_idle:
            result = SyncResult([], in_lines(pipeline.notices()))
            answered = {split(outcome.project_id)[0] for outcome in choice.current}
            result.notices += raise_alerts(pipeline, accepted_by(answered))
        else:
            chosen = [task.project.project_key for task in choice.tasks]
            is_all = len(chosen) == len(tracked)
            decisions = outside_identity(pipeline.state, settings)
            with recorded(RecordedSync(settings, [] if is_all else chosen, mode, accept)) as finish:
                work = partial(pipeline.work_on, choice.tasks, is_part=_is_part(choice))
                result, report.published = sync_and_publish(pipeline, work)
                finish(result, report.published)
            if is_all and all(outcome.ok for outcome in result.outcomes):
                note_followed(pipeline.lake, decisions)
    return _whole(projects, choice, result)


def _is_part(choice: Choice) -> bool:
    """Check whether projects of a site that is not asked again are current."""
    asked = {split(task.project.project_id)[0] for task in choice.tasks}
    return any(split(outcome.project_id)[0] not in asked for outcome in choice.current)


def _whole(projects: Sequence[TrackedProject], choice: Choice, result: SyncResult) -> SyncResult:
    """Add the projects that were current already."""
    found = {outcome.project_id: outcome for outcome in (*choice.current, *result.outcomes)}
    outcomes = [found[each.project_id] for each in projects]
    return SyncResult(outcomes, result.notices, choice.requests + result.requests)
