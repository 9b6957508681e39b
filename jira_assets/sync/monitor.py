"""Look whether the lake is still fresh: what has to be synced now, and what has to be told.

This is what the sensor does at each tick. It reads no issue and never waits for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from jira_assets.errors import BadQuery
from jira_assets.settings.load import Settings
from jira_assets.state.models import SyncRecord, SyncRequest, TrackedProject
from jira_assets.sync.change_detection import Probe, ProbeState, ProbeTarget, probe_changes
from jira_assets.sync.inactive_projects import find_again
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.project import failed
from jira_assets.sync.results import record_outcome
from jira_assets.sync.scheduling import Asked, Due, ProjectSignals, Rules, due_projects, unsatisfied
from jira_assets.sync.session import claim_lake

INACTIVE_ASKED_EVERY = timedelta(hours=1)


class SensorState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one look leaves for the next."""

    probe: ProbeState = ProbeState()
    asked: dict[str, Asked] = {}
    inactive_asked_at: datetime | None = None


@dataclass(frozen=True)
class Evaluation:
    """What is due, what could not be asked about, and whether the site answered as a whole."""

    due: list[Due]
    memory: SensorState
    probe: Probe | None = None
    notices: list[str] = field(default_factory=list)


def evaluate(pipeline: Pipeline, memory: SensorState) -> Evaluation:
    """Probe the site and choose what is due; raises `JiraAssetsError` when Jira cannot be asked at all."""
    projects = pipeline.state.projects.tracked()
    free = [project for project in projects if pipeline.lake.holder(project.project_id) is None]
    memory, notices = _find_inactive(pipeline, memory)
    probe, more = _probe(pipeline, free, memory.probe)
    notices += more
    if probe is not None:
        notices += _write_down(pipeline, free, probe)
    records = _records(pipeline)
    requests = _forget_satisfied_requests(pipeline, projects, records)
    sighting = ProjectSignals(probe.lacking if probe else {}, memory.asked, requests)
    due = due_projects(free, records, sighting, pipeline.clock(), rules_from(pipeline.settings))
    return Evaluation(due, _remember(pipeline, memory, probe, due), probe, notices)


def rules_from(settings: Settings) -> Rules:
    """Take from the settings how old a project may get."""
    return Rules(longest_age=timedelta(minutes=settings.longest_age_minutes))


def probe_targets(projects: Iterable[TrackedProject], records: Mapping[str, SyncRecord]) -> list[ProbeTarget]:
    """List the projects to ask about: those of which the lake once had everything, and that did not fail."""
    watched = []
    for project in projects:
        record = records.get(project.project_id)
        if record is None or record.status != "complete" or record.watermark is None:
            continue
        watched.append(
            ProbeTarget(project.project_id, max(filter(None, (record.watermark, record.probed_at))))
        )
    return watched


def _probe(
    pipeline: Pipeline, free: Sequence[TrackedProject], memory: ProbeState
) -> tuple[Probe | None, list[str]]:
    watched = probe_targets(free, _records(pipeline))
    if not watched:
        return None, []
    with pipeline.asking_jira(patient=False) as context:
        claim_lake(context.lake, context.client)
        try:
            return probe_changes(context, watched, memory), []
        except BadQuery as error:
            # Without the probe every project is synced at the longest age, as if there were none.
            return None, [f"The combined query for all projects failed: {error}"]


def _find_inactive(pipeline: Pipeline, memory: SensorState) -> tuple[SensorState, list[str]]:
    """Ask about the inactive projects once an hour, all in one request: what comes back heals by itself."""
    now, asked_at = pipeline.clock(), memory.inactive_asked_at
    inactive = [record.inactive_since for record in pipeline.state.records.all() if record.inactive_since]
    if not inactive or now - (asked_at or min(inactive)) < INACTIVE_ASKED_EVERY:
        return memory, []
    with pipeline.asking_jira(patient=False) as context:
        found = find_again(context.client, pipeline.state)
    notices = [f"{key} is visible again." for key in found]
    return msgspec.structs.replace(memory, inactive_asked_at=now), notices


def _write_down(pipeline: Pipeline, free: Sequence[TrackedProject], probe: Probe) -> list[str]:
    """Keep in the state what the probe saw: of most projects, that nothing is missing."""
    asked = {watched.project_id for watched in probe_targets(free, _records(pipeline))}
    pipeline.state.records.note_probe(sorted(asked - probe.lacking.keys() - probe.set_aside.keys()), probe.at)
    by_id = {project.project_id: project for project in free}
    notices = []
    for project_id, error in probe.set_aside.items():
        project = by_id[project_id]
        record_outcome(pipeline.state, failed(pipeline.lake, project, error), pipeline.clock())
        notices.append(f"{project.project_key}: {error}")
    return notices


def _forget_satisfied_requests(
    pipeline: Pipeline, projects: Sequence[TrackedProject], records: Mapping[str, SyncRecord]
) -> list[SyncRequest]:
    requests = pipeline.state.sync_requests.all()
    waiting = unsatisfied(requests, projects, records)
    done = [request.request_id for request in requests if request not in waiting]
    if done:
        pipeline.state.sync_requests.clear(done)
    return waiting


def _remember(
    pipeline: Pipeline, memory: SensorState, probe: Probe | None, due: Sequence[Due]
) -> SensorState:
    """Note which versions each sync is asked to bring; forget those that are no longer lacking."""
    if probe is None:
        return memory
    asked = {key: asked for key, asked in memory.asked.items() if probe.lacking.get(key) == asked.lacking}
    for entry in due:
        lacking = probe.lacking.get(entry.project.project_id)
        if lacking is not None:
            asked[entry.project.project_id] = Asked(lacking, pipeline.clock())
    return msgspec.structs.replace(memory, probe=probe.memory, asked=asked)


def _records(pipeline: Pipeline) -> dict[str, SyncRecord]:
    return {record.project_id: record for record in pipeline.state.records.all()}
