"""The sensors that keep everything fresh: at most one question to the site at each tick, and one run."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import dagster as dg
import msgspec

from jira_assets.alerts.conditions import Access
from jira_assets.alerts.watch import raise_alerts
from jira_assets.decoding import decode_json
from jira_assets.defs.assets.sync_status import status_event
from jira_assets.defs.checks import check_events
from jira_assets.defs.failed_partitions import report_failures
from jira_assets.defs.jobs import OUR_JOBS, publish_job, sync_job
from jira_assets.defs.partitions import follow_requests
from jira_assets.defs.recovered_partitions import recovered_partitions
from jira_assets.defs.resources import JiraAssetsHome
from jira_assets.defs.run_locks import run_locks
from jira_assets.defs.runs import fail_stale_runs
from jira_assets.errors import AuthenticationError, JiraAssetsError
from jira_assets.lake.manifest import fingerprint
from jira_assets.state import TrackedProject
from jira_assets.sync.external_inputs import outside_identity
from jira_assets.sync.health import Health, Verdict, judge_home
from jira_assets.sync.home_monitor import HomeEvaluation, evaluate_home
from jira_assets.sync.monitor import SensorState
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.scheduling import Due
from jira_assets.sync.targets import overdue_targets

Event = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation

EVERY_HALF_MINUTE = 30
REPORT_EVERY = timedelta(minutes=15)
"""Events are kept for ever, so there are few of them."""
PAUSE_AFTER_ASKING, LONGEST_PAUSE = timedelta(minutes=2), timedelta(hours=1)
"""A run that failed, or met a sync at work, is asked for again later, and ever later."""


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one tick leaves for the next."""

    memories: dict[str, SensorState] = {}
    reported_at: datetime | None = None
    reported: str = ""


class AskedFor(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions a run was last asked to publish, and when."""

    identity: str = ""
    at: datetime = datetime.min.replace(tzinfo=UTC)
    times: int = 0

    @property
    def again_at(self) -> datetime:
        """When it may be asked for again."""
        return self.at + min(PAUSE_AFTER_ASKING * 2.0 ** min(self.times - 1, 10), LONGEST_PAUSE)


Left = TypeVar("Left", Cursor, AskedFor)


@dg.sensor(
    name="jira_changes",
    job=sync_job,
    minimum_interval_seconds=EVERY_HALF_MINUTE,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Queries Jira for the tracked projects that changed and syncs them. Also syncs projects that "
    "are overdue, whose last failure may be temporary, or for which a sync was requested.",
)
def jira_changes(context: dg.SensorEvaluationContext, home: JiraAssetsHome) -> dg.SensorResult:
    """Look at the site; skip with the reason when there is nothing to do or nothing can be done."""
    cursor = read_cursor(context.cursor)
    with _collector_off(), home.opened() as pipeline:
        tracked = pipeline.state.projects.tracked()
        partitions = follow_requests(context.instance, [project.project_key for project in tracked])
        obstacle = _obstacle(context.instance, pipeline, tracked)
        access, result, health = {}, None, None
        if obstacle is None:
            evaluation = evaluate_home(pipeline, cursor.memories, tracked)
            access = _access(evaluation)
            refused = [f"{_named(prefix)}{_in_words(error)}" for prefix, error in evaluation.refusals.items()]
            reasons = [*evaluation.waiting.values(), *refused]
            if len(reasons) == len(pipeline.by_site(tracked)):
                obstacle = " ".join(reasons)
            else:
                for reason in reasons:
                    context.log.warning(reason)
                health = judge_home(pipeline, evaluation.portfolio)
                result = _result(context, pipeline, cursor, evaluation, health, partitions)
        for notice in raise_alerts(pipeline, access, health=health):
            context.log.warning(notice)
    return result or dg.SensorResult(
        skip_reason=obstacle, cursor=context.cursor, dynamic_partitions_requests=partitions
    )


@dg.sensor(
    name="publish_local_changes",
    job_name=publish_job.name,
    minimum_interval_seconds=EVERY_HALF_MINUTE,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Publishes again after decisions by users, and after changes of the team, pull requests, "
    "settings of the tables or the version of this project, and where a target of the publish is behind. No "
    "request to Jira is made.",
)
def publish_local_changes(context: dg.SensorEvaluationContext, home: JiraAssetsHome) -> dg.SensorResult:
    """Compare what is kept outside of Jira with what the published tables show of it."""
    asked = _read(context.cursor, AskedFor)
    with home.opened() as pipeline:
        reason, request = _publish_request(context.instance, pipeline, asked)
    return dg.SensorResult(
        run_requests=[dg.RunRequest()] if request else None,
        skip_reason=reason,
        cursor=msgspec.json.encode(request or asked).decode(),
    )


def _publish_request(
    instance: dg.DagsterInstance, pipeline: Pipeline, asked: AskedFor
) -> tuple[str | None, AskedFor | None]:
    """Say why nothing has to be published, or ask for it."""
    alive = fail_stale_runs(instance, run_locks(pipeline.settings), OUR_JOBS, pipeline.clock())
    at_work = next((run for run in alive if run.job_name == publish_job.name), None)
    if at_work is not None:
        return f"Run {at_work.run_id[:8]} is in progress.", None
    if not _is_anything_published(pipeline):
        return "Nothing has been published yet. The first sync publishes.", None
    identity = outside_identity(pipeline.state, pipeline.settings)
    behind = overdue_targets(pipeline.lake, pipeline.settings, pipeline.clock())
    if identity == pipeline.lake.site_manifest().decisions_followed and not behind:
        return "Nothing changed.", None
    if asked.identity != identity:
        return None, AskedFor(identity=identity, at=pipeline.clock(), times=1)
    if pipeline.clock() < asked.again_at:
        return f"Not all changes are in the tables yet. Next attempt at {asked.again_at:%H:%M:%S} UTC.", None
    return None, AskedFor(identity=identity, at=pipeline.clock(), times=asked.times + 1)


def _is_anything_published(pipeline: Pipeline) -> bool:
    """Check whether a sync published; where hosts share the lake, another one may have done it."""
    lake = pipeline.lake
    return pipeline.settings.warehouse_file.exists() or (not lake.is_local and lake.site() is not None)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Keep the garbage collector from looking for cycles in what a tick reads: all of it lives until the end.

    With ten thousand projects that would take a third of the time, since it goes over all of Dagster, too.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def read_cursor(text: str | None) -> Cursor:
    """Read what the last tick left; one that another version wrote is forgotten."""
    return _read(text, Cursor)


def _read(text: str | None, kind: type[Left]) -> Left:
    try:
        return decode_json(text.encode(), kind) if text else kind()
    except msgspec.DecodeError:
        return kind()


def sync_request(due: Sequence[Due], *, deep: bool) -> dg.RunRequest:
    """Ask for one run over all that is due."""
    keys = [entry.project.project_key for entry in due]
    config = {"ops": {"project_tables": {"config": {"projects": keys, "deep": deep, "in_slices": True}}}}
    return dg.RunRequest(run_config=config, tags={"jira_assets/due": _summary(due)})


def _obstacle(
    instance: dg.DagsterInstance, pipeline: Pipeline, tracked: Sequence[TrackedProject]
) -> str | None:
    """Return why nothing can be requested now, of any site."""
    alive = fail_stale_runs(instance, run_locks(pipeline.settings), OUR_JOBS, pipeline.clock())
    at_work = next((run for run in alive if run.job_name == sync_job.name), None)
    if at_work is not None:
        return f"Run {at_work.run_id[:8]} is in progress."
    return None if tracked else "No project is tracked. Track one with `jira-assets projects track KEY`."


def _access(evaluation: HomeEvaluation) -> dict[str, Access]:
    refused = {prefix: Access(refusal=error) for prefix, error in evaluation.refusals.items()}
    return {prefix: Access(was_accepted=True) for prefix in evaluation.accepted} | refused


def _result(
    context: dg.SensorEvaluationContext,
    pipeline: Pipeline,
    cursor: Cursor,
    evaluation: HomeEvaluation,
    health: Health,
    partitions: Sequence[dg.AddDynamicPartitionsRequest | dg.DeleteDynamicPartitionsRequest],
) -> dg.SensorResult:
    for notice in evaluation.notices:
        context.log.warning(notice)
    _show_failures(context.instance, evaluation)
    events, cursor = _report(context.instance, pipeline, cursor, evaluation, health)
    return dg.SensorResult(
        run_requests=[sync_request(evaluation.due, deep=evaluation.is_deep)] if evaluation.due else None,
        skip_reason=None if evaluation.due else "Nothing changed.",
        cursor=msgspec.json.encode(cursor).decode(),
        dynamic_partitions_requests=partitions,
        asset_events=events,
    )


def _show_failures(instance: dg.DagsterInstance, evaluation: HomeEvaluation) -> None:
    """Call the partitions of projects failed that Jira refused to tell about."""
    if evaluation.set_aside:
        keys = {project.project_id: project.project_key for project in evaluation.portfolio.projects}
        aside = evaluation.set_aside.items()
        report_failures(
            instance, {keys[project_id]: error for project_id, error in aside if project_id in keys}
        )


def _report(
    instance: dg.DagsterInstance,
    pipeline: Pipeline,
    cursor: Cursor,
    evaluation: HomeEvaluation,
    health: Health,
) -> tuple[list[Event], Cursor]:
    """Report from time to time that the site was checked; verdicts only when they changed."""
    events: list[Event] = []
    now = pipeline.clock()
    cursor = msgspec.structs.replace(cursor, memories=evaluation.memories)
    if evaluation.accepted and (cursor.reported_at is None or now - cursor.reported_at >= REPORT_EVERY):
        events.append(status_event(evaluation.portfolio))
        events += recovered_partitions(instance, pipeline, evaluation)
        cursor = msgspec.structs.replace(cursor, reported_at=now)
    if (said := _digest(health.verdicts)) != cursor.reported:
        events += check_events(health.verdicts)
        cursor = msgspec.structs.replace(cursor, reported=said)
    return events, cursor


def _digest(verdicts: Sequence[Verdict]) -> str:
    return fingerprint([[verdict.name, sorted(verdict.faults)] for verdict in verdicts])


def _summary(due: Sequence[Due]) -> str:
    counts = Counter(entry.why for entry in due)
    return ", ".join(f"{count} {why}" for why, count in counts.most_common())


def _named(prefix: str) -> str:
    return f"{prefix} " if prefix else ""


def _in_words(error: JiraAssetsError) -> str:
    again = (
        " Connect again. The sensor then continues automatically."
        if isinstance(error, AuthenticationError)
        else ""
    )
    return f"{error.reason} {error.instruction}{again}".strip()
