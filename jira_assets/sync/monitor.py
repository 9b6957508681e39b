"""Look whether the lake of a site is still fresh: what has to be synced now, and what has to be said.

This is what the sensor does at each tick. It reads no issue and never waits for long.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec

from jira_assets.errors import BadQuery
from jira_assets.settings.load import Settings
from jira_assets.state.models import SyncRecord, SyncRequest, TrackedProject, later_of
from jira_assets.sync.change_detection import Probe, ProbeState, ProbeTarget, probe_changes
from jira_assets.sync.entity_due import are_lists_behind, are_worklogs_behind
from jira_assets.sync.inactive_projects import find_again
from jira_assets.sync.project import failed
from jira_assets.sync.project_facts import project_facts
from jira_assets.sync.results import NOTHING_TRACKED, Portfolio, read_records, record_outcome
from jira_assets.sync.scheduling import Asked, Due, ProjectSignals, Rules, due_projects, unsatisfied
from jira_assets.sync.session import claim_lake
from jira_assets.sync.site_pipeline import SitePipeline

INACTIVE_ASKED_EVERY = timedelta(hours=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=45), timedelta(minutes=5)


class SensorState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one look leaves for the next."""

    probe: ProbeState = ProbeState()
    asked: dict[str, Asked] = {}
    inactive_asked_at: datetime | None = None
    refused_at: datetime | None = None
    refusals: int = 0
    """How often in a row the site could not be asked, and when last."""

    @property
    def ask_again_at(self) -> datetime | None:
        """When a site that could not be asked is worth asking again, while others are waiting."""
        if self.refused_at is None:
            return None
        return self.refused_at + min(FIRST_PAUSE * 2.0 ** min(self.refusals - 1, 10), LONGEST_PAUSE)


@dataclass(frozen=True)
class Evaluation:
    """What is due, what could not be asked about, and whether the site answered as a whole.

    `portfolio` is what was read of the state, with what the probe found.
    """

    due: list[Due]
    memory: SensorState
    probe: Probe | None = None
    notices: list[str] = field(default_factory=list)
    portfolio: Portfolio = NOTHING_TRACKED


def evaluate(
    site: SitePipeline, memory: SensorState, projects: Sequence[TrackedProject] | None = None
) -> Evaluation:
    """Probe the site and choose what is due; raises `JiraAssetsError` when Jira cannot be asked at all.

    `projects` are the tracked ones, where they were just read. Ids are those of the site.
    """
    projects = site.state.projects.tracked() if projects is None else projects
    holders = site.lake.holders(project.project_id for project in projects)
    free = [project for project in projects if project.project_id not in holders]
    # After the locks: a sync that ended before its lock was looked at has left its outcome.
    records = read_records(site.state)
    memory, records, notices = _find_inactive(site, memory, records)
    targets = probe_targets(free, records)
    probe, more = _probe(site, targets, memory.probe)
    notices += more
    if probe is not None:
        notices += _write_down(site, free, targets, records, probe)
    requests = _forget_satisfied_requests(site, projects, records)
    sighting = ProjectSignals(probe.lacking if probe else {}, memory.asked, requests)
    due = due_projects(free, records, sighting, site.clock(), rules_from(site.settings))
    if due:  # another process may have synced some of them meanwhile
        records = read_records(site.state)
        chosen = [entry.project for entry in due]
        due = due_projects(chosen, records, sighting, site.clock(), rules_from(site.settings))
    due += _behind(site, free, due, records)
    memory = _remember(site, memory, probe, due)
    return Evaluation(due, memory, probe, notices, Portfolio(projects, records))


def _behind(
    site: SitePipeline, free: Sequence[TrackedProject], due: Sequence[Due], records: Mapping[str, SyncRecord]
) -> list[Due]:
    """List the projects of which only comments, worklogs and the like are behind.

    Those of which some could not be read are left to the longest age.
    """
    options, worklogs = site.options, site.lake.site_manifest().worklogs
    if not options.entities and not worklogs.chosen:
        return []
    facts, now, listed = project_facts(site.lake), site.clock(), {entry.project.project_id for entry in due}
    found = []
    for project in free:
        record, known = records.get(project.project_id), facts.get(project.project_id)
        if record is None or record.status != "complete" or known is None or project.project_id in listed:
            continue
        wanted = options.entities_of(project.project_key)
        are_lists = not known.has_entity_problem and are_lists_behind(known.entities, wanted)
        if are_lists or (
            worklogs.problem is None
            and are_worklogs_behind(worklogs, project.project_id, wanted, known.newest, now)
        ):
            found.append(Due(project, "comments or worklogs behind"))
    return found


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
        complete_until = later_of(record.watermark, record.probed_at) or record.watermark
        watched.append(ProbeTarget(project.project_id, complete_until))
    return watched


def _probe(
    site: SitePipeline, watched: Sequence[ProbeTarget], memory: ProbeState
) -> tuple[Probe | None, list[str]]:
    if not watched:
        return None, []
    with site.asking_jira(patient=False) as context:
        claim_lake(context.lake, context.client)
        try:
            return probe_changes(context, watched, memory), []
        except BadQuery as error:
            # Without the probe every project is synced at the longest age, as if there were none.
            return None, [f"The combined query for all projects failed: {error}"]


def _find_inactive(
    site: SitePipeline, memory: SensorState, records: dict[str, SyncRecord]
) -> tuple[SensorState, dict[str, SyncRecord], list[str]]:
    """Ask about the inactive projects once an hour, all in one request: what comes back heals by itself."""
    now, asked_at = site.clock(), memory.inactive_asked_at
    inactive = [record.inactive_since for record in records.values() if record.inactive_since]
    if not inactive or now - (asked_at or min(inactive)) < INACTIVE_ASKED_EVERY:
        return memory, records, []
    with site.asking_jira(patient=False) as context:
        found = find_again(context.client, site.state)
    notices = [f"{key} is visible again." for key in found]
    memory = msgspec.structs.replace(memory, inactive_asked_at=now)
    return memory, read_records(site.state) if found else records, notices


def _write_down(
    site: SitePipeline,
    free: Sequence[TrackedProject],
    asked: Iterable[ProbeTarget],
    records: dict[str, SyncRecord],
    probe: Probe,
) -> list[str]:
    """Keep in the state and the records what the probe saw: of most projects, that nothing is missing."""
    concerned = probe.lacking.keys() | probe.set_aside.keys()
    fresh = [target.project_id for target in asked if target.project_id not in concerned]
    site.state.records.note_probe(fresh, probe.at)
    records.update({project_id: records[project_id].probed(probe.at) for project_id in fresh})
    by_id = {project.project_id: project for project in free} if probe.set_aside else {}
    notices = []
    for project_id, error in probe.set_aside.items():
        project = by_id[project_id]
        outcome = failed(site.lake, project, error)
        records[project_id] = record_outcome(site.state, outcome, site.clock())
        notices.append(f"{project.project_key}: {error}")
    return notices


def _forget_satisfied_requests(
    site: SitePipeline, projects: Sequence[TrackedProject], records: Mapping[str, SyncRecord]
) -> list[SyncRequest]:
    requests = site.state.sync_requests.all()
    waiting = unsatisfied(requests, projects, records)
    done = [request.request_id for request in requests if request not in waiting]
    if done:
        site.state.sync_requests.clear(done)
    return waiting


def _remember(
    site: SitePipeline, memory: SensorState, probe: Probe | None, due: Sequence[Due]
) -> SensorState:
    """Note which versions each sync is asked to bring; forget those that are no longer lacking."""
    if probe is None:
        return memory
    asked = {key: asked for key, asked in memory.asked.items() if probe.lacking.get(key) == asked.lacking}
    for entry in due:
        lacking = probe.lacking.get(entry.project.project_id)
        if lacking is not None:
            asked[entry.project.project_id] = Asked(lacking, site.clock())
    return msgspec.structs.replace(memory, probe=probe.memory, asked=asked)
