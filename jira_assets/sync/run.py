"""Sync many projects of a site in one run: each succeeds or fails on its own.

Then, for all sites together, people are matched without Jira.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from jira_assets.errors import DamagedFile, JiraAssetsError, LakeError, LockHeld, NotFound
from jira_assets.lake.damage import damage_errors, note_damage, refuse_damaged
from jira_assets.lake.lake import Lake
from jira_assets.people.publish_matches import derive_matches
from jira_assets.state import State, TrackedProject
from jira_assets.sync.context import Result, SyncContext, SyncOptions
from jira_assets.sync.entities import derive_chosen
from jira_assets.sync.entity_pass import read_all_entities, read_all_worklogs
from jira_assets.sync.field_discovery import SiteFacts, read_site_facts
from jira_assets.sync.new_names import find_unlisted
from jira_assets.sync.pending_facts import PendingFacts
from jira_assets.sync.project import Task, derive_mapped, describe, failed, sync_project
from jira_assets.sync.reference_data import refresh_site
from jira_assets.sync.renames import follow_renames, has_new_keys
from jira_assets.sync.results import Mode, Outcome, record_outcome
from jira_assets.sync.session import SyncSession, start_session

PROJECTS_AT_ONCE = 12
"""Those that are read, and those that wait for a place or are derived meanwhile."""


@dataclass
class SyncResult:
    """The outcomes of a run in the order of the projects, and what is worth telling a person.

    `accepted` has the prefixes of the sites that answered, `refusals` the errors of those that could not be
    asked.
    """

    outcomes: list[Outcome]
    notices: list[str] = field(default_factory=list)
    requests: int = 0
    refusals: dict[str, JiraAssetsError] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    @property
    def failures(self) -> list[Outcome]:
        """The projects that could not be read."""
        return [outcome for outcome in self.outcomes if outcome.error is not None]

    def followed_by(self, later: SyncResult) -> SyncResult:
        """Put in what a later run over some of the projects brought."""
        newest = {outcome.project_id: outcome for outcome in later.outcomes}
        outcomes = [newest.get(outcome.project_id, outcome) for outcome in self.outcomes]
        return SyncResult(outcomes, later.notices, self.requests + later.requests)


def sync_projects(
    context: SyncContext, state: State, tasks: Sequence[Task], verified: SyncSession | None = None
) -> SyncResult:
    """Bring the projects up to date in the lake; `record_results` is the next step, which needs no Jira.

    `verified` is the session that a question just before has begun; without one, this begins it. Raises
    `AuthenticationError` before anything changes when Jira does not know us.
    """
    with context.client.transport.counted() as tally:
        session = start_session(context, verified)
        outcomes = _sync_all(context, state, tasks, session)
        outcomes = read_all_entities(context, outcomes, session)
        read_all_worklogs(context, state, outcomes, session)
        renamed = ["projects"] if has_new_keys(context.lake.cursor(), outcomes) else []
        unlisted = find_unlisted(context.lake.cursor(), outcomes)
        if renamed or unlisted.lists or unlisted.projects:
            # When the lists cannot be read, the next sync that fetches such an issue asks for them again.
            with suppress(JiraAssetsError):
                again = [*renamed, *unlisted.lists]
                refresh_site(context, unlisted.projects, doubted=unlisted.projects, again=again)
    return SyncResult(outcomes, [session.warning] if session.warning else [], tally.requests)


def record_results(lake: Lake, state: State, result: SyncResult, now: datetime) -> SyncResult:
    """Record the outcomes and follow renames."""
    for outcome in result.outcomes:
        record_outcome(state, outcome, now)
    renamed = follow_renames(lake, state, result.outcomes)
    return replace(result, notices=[*result.notices, *renamed])


def _sync_all(
    context: SyncContext, state: State, tasks: Sequence[Task], session: SyncSession
) -> list[Outcome]:
    """Read the site's own tables and the projects side by side: both wait for Jira most of the time."""
    doubted = {record.project_id for record in state.records.all() if record.status == "error"}
    ids = [task.project.project_id for task in tasks]
    force = any(task.mode == "full" for task in tasks)

    facts = PendingFacts(ids)

    def sync(place: int, task: Task) -> Outcome:
        placed = replace(context, place=place)
        return sync_project(placed, task, session, partial(_facts, state, facts, task))

    with ThreadPoolExecutor(PROJECTS_AT_ONCE + 1, thread_name_prefix="project") as threads:

        def submit(task: Callable[[], Result]) -> Future[Result]:
            return threads.submit(copy_context().run, task)

        site = submit(partial(_refresh, context, ids, facts, doubted=doubted, force=force))
        projects = [submit(partial(sync, *placed)) for placed in enumerate(tasks)]
        try:
            outcomes = [project.result() for project in projects]
            site.result()  # raises when Jira refuses us
        except BaseException:
            # Dead credentials, or a person's Ctrl-C: what has not begun is called off, what has ends soon.
            context.client.transport.cancel()
            threads.shutdown(wait=True, cancel_futures=True)
            raise
    return outcomes


def _refresh(
    context: SyncContext,
    ids: Sequence[str],
    facts: PendingFacts,
    *,
    doubted: Collection[str],
    force: bool,
) -> None:
    try:
        failed = refresh_site(context, ids, doubted=doubted, force=force, on_facts=facts.put)
        facts.end(read_site_facts(context.lake.cursor()), failed)
    except BaseException as error:
        facts.fail(error)
        raise


def _facts(state: State, pending: PendingFacts, task: Task, mode: Mode) -> tuple[SiteFacts, TrackedProject]:
    """Wait for what the site says of a project; raise what forbids it.

    A project that is not found is no error to a complete read: that has judged how it stands.
    """
    facts, error = pending.of(task.project.project_id)
    if error and (mode == "incremental" or not isinstance(error, NotFound)):
        raise error
    return facts, state.projects.tracked_now(task.project)


def rederive_projects(
    lake: Lake,
    projects: Sequence[TrackedProject],
    options: SyncOptions,
    *,
    wait: bool = True,
) -> list[Outcome]:
    """Derive the projects' tables again from the lake; one never read to the end has nothing to derive.

    Unless it is to `wait`, a project that another process works on comes back as failed by `LockHeld`.
    """
    facts = read_site_facts(lake)
    return [_rederive(lake, project, facts, options, wait=wait) for project in projects]


def _rederive(
    lake: Lake,
    project: TrackedProject,
    facts: SiteFacts,
    options: SyncOptions,
    *,
    wait: bool,
) -> Outcome:
    try:
        with (
            lake.lock(project.project_id, "derive", wait=wait),
            damage_errors(lake, project.project_id),
        ):
            manifest = lake.manifest(project.project_id)
            if manifest is None or manifest.watermark is None:
                error = LakeError(
                    f"{project.project_key} has not been completely read yet.",
                    "Sync it first: `jira-assets sync`.",
                )
                return failed(lake, project, error)
            note_damage(lake, manifest, "size")
            refuse_damaged(lake, manifest)
            if manifest.set_aside:
                return describe(manifest)  # its tables know more than its raw files, until those are whole
            changed = derive_mapped(lake, manifest, project, facts, options)
            changed |= derive_chosen(lake, manifest, options)
            return replace(describe(manifest), changed=changed)
    except (LockHeld, DamagedFile) as error:
        return failed(lake, project, error)


def match_people(lake: Lake, state: State, outcomes: list[Outcome]) -> list[Outcome]:
    """Match the people of all sites of the home; return the outcomes with what that changed."""
    changed = match_everyone(lake, state)
    return [_with_matches(lake, outcome, changed) for outcome in outcomes]


def match_everyone(lake: Lake, state: State) -> set[str]:
    """Match the people of all tracked projects; returns the ids of those in which that changed anything."""
    return derive_matches(
        lake,
        project_ids=[project.project_id for project in state.projects.tracked()],
        members=state.team.members(),
        overrides=state.team.overrides(),
    )


def _with_matches(lake: Lake, outcome: Outcome, changed: set[str]) -> Outcome:
    manifest = lake.readable_manifest(outcome.project_id)
    if manifest is None or not outcome.ok:
        return outcome
    now = describe(manifest)
    return replace(
        outcome,
        fingerprints=now.fingerprints,
        rows=now.rows,
        changed=outcome.changed or outcome.project_id in changed,
    )
