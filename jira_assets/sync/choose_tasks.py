"""Choose what a sync that a person asked for has to read: often nothing, and then it ends at once.

One question proves who we are, another one asks about all projects together. What they cannot settle is read
as if they had not been asked.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from jira_assets.errors import JiraAssetsError
from jira_assets.external.tables import source_identity
from jira_assets.lake.damage import lacks_tables
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import WorklogFiles
from jira_assets.state import TrackedProject
from jira_assets.sync.change_detection import CALLED_BY_NAME, Probe, ProbeState, ProbeTarget, probe_changes
from jira_assets.sync.change_query import ChangedIssues
from jira_assets.sync.context import SyncContext, SyncOptions
from jira_assets.sync.entity_due import are_lists_behind, are_worklogs_behind
from jira_assets.sync.external_inputs import outside_identity
from jira_assets.sync.monitor import probe_targets
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.project import Task, describe
from jira_assets.sync.publish import is_published
from jira_assets.sync.reference_data import is_refresh_due
from jira_assets.sync.results import Outcome, read_records
from jira_assets.sync.session import SyncSession, claim_lake, verify_identity
from jira_assets.sync.site_access import note_access
from jira_assets.sync.site_pipeline import SitePipeline

ALL_CALLED = 250
"""So many projects called by name make a question of less than 16 kB; see `change_query`."""


@dataclass(frozen=True)
class Choice:
    """What to do, and the outcomes of the projects of which the lake has everything."""

    tasks: Sequence[Task]
    current: Sequence[Outcome] = ()
    requests: int = 0
    is_published: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self.tasks and self.is_published


def choose_tasks(pipeline: Pipeline, projects: Sequence[TrackedProject]) -> Choice:
    """Leave out the projects of which Jira has nothing that the lake lacks, and note that in the state.

    Problems of a site or the home are left to the sync, which reports them: then all its projects are chosen.
    """
    every = Choice([Task(project) for project in projects])
    parts = pipeline.by_site(projects)
    if not parts or not _are_decisions_followed(pipeline):
        return every
    with ThreadPoolExecutor(len(parts), thread_name_prefix="site") as threads:
        asked = [threads.submit(copy_context().run, _look, site, own) for site, own in parts]
        # While Jira answers:
        published = is_published(pipeline.lake, pipeline.state, pipeline.settings, now=pipeline.clock())
        looks = [future.result() for future in asked]
    current = [outcome for look in looks for outcome in look.current]
    known = {outcome.project_id for outcome in current}
    changed = {project_id: issues for look in looks for project_id, issues in look.changed.items()}
    tasks = [
        Task(project, changed=changed.get(project.project_id))
        for project in projects
        if project.project_id not in known
    ]
    return Choice(tasks, current, sum(look.requests for look in looks), published)


@dataclass(frozen=True)
class Look:
    """What one question to a site settled: the projects of which the lake has everything.

    `changed` has what it lists of others, by their qualified ids.
    """

    current: Sequence[Outcome] = ()
    requests: int = 0
    changed: Mapping[str, ChangedIssues] = field(default_factory=dict)


NOTHING_SETTLED = Look()


def _look(site: SitePipeline, projects: Sequence[TrackedProject]) -> Look:
    """Ask a site about its projects; their ids in the outcomes are qualified."""
    settled = _settled(site, projects)
    if not settled:
        return NOTHING_SETTLED
    try:
        with site.asking_jira(patient=False) as context:
            look = _ask(site, context, settled)
    except JiraAssetsError:
        return NOTHING_SETTLED
    note_access(site, None)
    return look


def _ask(site: SitePipeline, context: SyncContext, settled: Mapping[str, Settled]) -> Look:
    """Ask about the settled projects; nothing is settled when the site's own tables are due."""
    claim_lake(context.lake, context.client)
    with context.client.transport.counted() as tally:
        began = site.clock()
        identity = context.submit(partial(verify_identity, context.client))
        question = context.submit(partial(_probe, context, settled.values(), began))
        is_due = is_refresh_due(context, settled)
        session = identity.result()
        complete_until = began - _clock_ahead(session, context.client.transport.clock())
        probe = question.result()
    site.verified[site.site.prefix] = session
    if is_due:
        return NOTHING_SETTLED
    concerned = probe.lacking.keys() | probe.set_aside.keys()
    current = {key: each for key, each in settled.items() if key not in concerned}
    site.state.records.note_probe(current, complete_until)
    outcomes = [site.in_home(describe(each.manifest)) for each in current.values()]
    changed = {site.site.prefix + key: probe.listed[key] for key in probe.lacking if key in probe.listed}
    return Look(outcomes, tally.requests, changed)


def _clock_ahead(session: SyncSession, now: datetime) -> timedelta:
    """Return by how much our clock is at most ahead of Jira's, now that it has answered who we are."""
    theirs = session.at - min(session.skew, timedelta())
    return max(now - theirs, timedelta())


def _probe(context: SyncContext, settled: Iterable[Settled], now: datetime) -> Probe:
    # The identity is asked for at the same time. No earlier question is remembered, so this one looks back as
    # far as the search index may lag, and calls all projects by name or, of many, others each time.
    targets = [each.target for each in settled]
    called = len(targets) if len(targets) <= ALL_CALLED else CALLED_BY_NAME
    last_called = random.choice(targets).project_id  # noqa: S311  # no secret
    memory = ProbeState(proved_at=now, called=last_called)
    return probe_changes(context, targets, memory, called_by_name=called)


def _are_decisions_followed(pipeline: Pipeline) -> bool:
    """Check whether nothing but Jira may have changed, and no sync and no erasure was requested."""
    settings, state = pipeline.settings, pipeline.state
    sources = [source for source in (settings.team, settings.pull_requests) if source is not None]
    if any(source_identity(source) is None for source in sources):
        return False
    if state.sync_requests.all() or any(each.erased_at is None for each in state.forgotten.all()):
        return False
    return outside_identity(state, settings) == pipeline.lake.site_manifest().decisions_followed


@dataclass(frozen=True)
class Settled:
    """A project that the lake had all of at a time, without any doubt."""

    target: ProbeTarget
    manifest: Manifest


def _settled(site: SitePipeline, projects: Sequence[TrackedProject]) -> dict[str, Settled]:
    lake, keys = site.lake, {project.project_id: project.project_key for project in projects}
    holders = lake.holders(keys)
    # After the locks: a sync that ended before its lock was looked at has left its outcome.
    targets = probe_targets(projects, read_records(site.state))
    is_behind = partial(_are_entities_behind, site.options, lake.site_manifest().worklogs, site.clock())
    found = {}
    for target in targets:
        key = target.project_id
        manifest = None if key in holders else lake.readable_manifest(key)
        if manifest is None or manifest.project_key != keys[key]:
            continue
        if not _is_in_doubt(manifest) and not _is_damaged(lake, manifest) and not is_behind(manifest):
            found[key] = Settled(target, manifest)
    return found


def _is_in_doubt(manifest: Manifest) -> bool:
    """Check for what a sync reads, compares or derives whether Jira has news or not."""
    rest = (manifest.full, manifest.paused, manifest.unproved, manifest.disappearance)
    return any(each is not None for each in rest) or bool(manifest.unread) or lacks_tables(manifest)


def _are_entities_behind(
    options: SyncOptions, worklogs: WorklogFiles, now: datetime, manifest: Manifest
) -> bool:
    wanted = options.entities_of(manifest.project_key)
    return are_lists_behind(manifest.entities, wanted) or are_worklogs_behind(
        worklogs, manifest.project_id, wanted, manifest.newest, now
    )


def _is_damaged(lake: Lake, manifest: Manifest) -> bool:
    if manifest.damaged or manifest.set_aside:
        return True
    return bool(damage_in(lake, manifest.files(), "size"))
