"""Sync one project: read what is new, derive its tables; its lock is held all the while."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from jira_assets.errors import BadQuery, Forbidden, JiraAssetsError, NotFound, ProjectOutOfSight
from jira_assets.lake.compact import MOST_FILES, compact_manifest
from jira_assets.lake.damage import damage_errors, lacks_tables, note_damage, refuse_damaged
from jira_assets.lake.derive import Derive, derive_alone, derive_project
from jira_assets.lake.lake import Lake
from jira_assets.lake.locks import Holder, OnWait
from jira_assets.lake.manifest import Manifest
from jira_assets.resource_limits import resource_errors
from jira_assets.state import TrackedProject
from jira_assets.sync.change_query import ChangedIssues
from jira_assets.sync.context import Progress, SyncContext, SyncOptions
from jira_assets.sync.field_discovery import SiteFacts, map_fields, read_site_facts
from jira_assets.sync.full_refresh import refresh_fully
from jira_assets.sync.incremental import read_incremental
from jira_assets.sync.issue_fetcher import FetchResult, ReadPaused
from jira_assets.sync.project_sync import ProjectSync
from jira_assets.sync.results import Mode, Outcome
from jira_assets.sync.scheduling import is_worth_proving
from jira_assets.sync.session import SyncSession


@dataclass(frozen=True)
class Task:
    """What to do with a project: how to read it, and whether to believe whatever seems to be gone.

    `changed` is what a question just before has listed of it, so that it need not be listed again.
    """

    project: TrackedProject
    mode: Mode = "incremental"
    accept: bool = False
    changed: ChangedIssues | None = None


Facts = tuple[SiteFacts, TrackedProject]
"""What the site says, and the project with the fields that people want by now."""


def sync_project(
    context: SyncContext, task: Task, session: SyncSession, facts: Callable[[Mode], Facts]
) -> Outcome:
    """Bring a project up to date; a failure that concerns this project alone comes back in the outcome.

    `facts` are asked for when the issues have been read: they may be on their way until then, people may
    have chosen other fields, and they raise what forbids this project. Raises `AuthenticationError` when Jira
    refuses our identity, which concerns every project.
    """
    started = time.monotonic()
    on_wait = _tell(context.notify, task.project.project_key)
    with context.client.transport.counted() as tally:
        try:
            with (
                resource_errors(context.lake.root),
                context.lake.lock(task.project.project_id, task.mode, on_wait=on_wait),
                damage_errors(context.lake, task.project.project_id),
            ):
                outcome = _sync_locked(context, task, session, facts)
        except JiraAssetsError as error:
            # One endpoint that refuses us concerns this project; only who we are concerns every project.
            outcome = failed(context.lake, task.project, context.identity.judge(context.client, error))
    context.notify(Progress(task.project.project_key, outcome.fetched, stage="done"))
    return replace(outcome, requests=tally.requests, seconds=time.monotonic() - started)


def _sync_locked(
    context: SyncContext, task: Task, session: SyncSession, facts: Callable[[Mode], Facts]
) -> Outcome:
    # Read inside the lock: another sync may have committed while this one waited for it.
    project = task.project
    manifest = context.lake.manifest(project.project_id) or Manifest(project.project_id, project.project_key)
    manifest.rename(project.project_key)
    sync = ProjectSync(context, manifest, session)
    _look_for_damage(sync, project)
    mode = _mode_needed(manifest, task.mode)
    try:
        with context.places:
            fetched = _read(sync, mode, task)
    except ReadPaused as paused:
        sync.commit()
        return replace(_with_counts(describe(manifest), mode, paused.fetched), paused=manifest.paused)
    context.notify(Progress(project.project_key, fetched.fetched, stage="deriving"))
    changed = _derive(sync, *facts(mode))
    return replace(_with_counts(describe(manifest), mode, fetched), changed=changed)


def _with_counts(outcome: Outcome, mode: Mode, fetched: FetchResult) -> Outcome:
    return replace(
        outcome,
        mode=mode,
        fetched=fetched.fetched,
        created=fetched.created,
        updated=fetched.updated,
        deleted=fetched.deleted,
    )


def _look_for_damage(sync: ProjectSync, project: TrackedProject) -> None:
    """Raise `DamagedFile` for damaged raw files; derive damaged tables again before Jira is asked."""
    manifest, lake = sync.manifest, sync.context.lake
    is_news = note_damage(lake, manifest, "size")
    refuse_damaged(lake, manifest)
    if is_news and lacks_tables(manifest):
        lake = lake.cursor()
        derive_mapped(lake, manifest, project, read_site_facts(lake), sync.context.options)


def _mode_needed(manifest: Manifest, wanted: Mode) -> Mode:
    """A project that was never read to its end is read in full, whatever was asked for.

    Where a repair set files aside, every issue is named, so that those they held are read again.
    """
    if manifest.watermark is None or manifest.full is not None:
        return "full"
    return "reconcile" if manifest.set_aside and wanted == "incremental" else wanted


def _read(sync: ProjectSync, mode: Mode, task: Task) -> FetchResult:
    if mode == "incremental":
        fetched = _read_changes(sync, task.changed)
        if is_worth_proving(sync):
            fetched.add(refresh_fully(sync))
        return fetched
    fetched = refresh_fully(sync, again=mode == "full", accept=task.accept)
    if sync.context.clock() - sync.at > sync.context.options.look_back:
        # That took so long that something may have changed behind it.
        with suppress(ProjectOutOfSight):  # the whole read has judged what remains of it
            fetched.add(_read_changes(sync))
    return fetched


def _read_changes(sync: ProjectSync, changed: ChangedIssues | None = None) -> FetchResult:
    try:
        return read_incremental(sync, changed)
    except (BadQuery, Forbidden, NotFound) as refusal:
        raise sync.explain(refusal) from refusal


def _derive(sync: ProjectSync, site: SiteFacts, project: TrackedProject) -> bool:
    """Derive the project's tables from what was read and tidy up its files; return whether they changed."""
    lake, manifest, options = sync.context.lake.cursor(), sync.manifest, sync.context.options
    changed = derive_mapped(lake, manifest, project, site, options, sync.context.derivations.derive)
    if len(manifest.raw) > MOST_FILES:
        compact_manifest(lake, manifest, options.extra_fields)
    lake.sweep(manifest)
    return changed


def derive_mapped(
    lake: Lake,
    manifest: Manifest,
    project: TrackedProject,
    facts: SiteFacts,
    options: SyncOptions,
    derive: Derive = derive_alone,
) -> bool:
    """Derive the project's tables when they are behind; return whether they were.

    The first derivation may show which candidate for story points is really in use: then once more.
    `derive` is what derives them.
    """
    changed = False
    for _ in range(2):
        manifest.map_fields(map_fields(lake, manifest, project, facts, options.by_hand))
        if not derive_project(
            lake,
            manifest,
            extra_fields=options.extra_fields,
            embeds_lists=options.embeds_lists,
            derive=derive,
        ):
            break
        changed = True
    return changed


def describe(manifest: Manifest) -> Outcome:
    """Describe what the lake holds of a project."""
    files = {name: file for group in manifest.derived.values() for name, file in group.files.items()}
    fingerprints = {name: group.fingerprint for group in manifest.derived.values() for name in group.files}
    rows = {name: file.rows for name, file in files.items()}
    nulled = {
        column: count
        for group in manifest.derived.values()
        for column, count in group.nulled.items()
        if count
    }
    return Outcome(
        manifest.project_id,
        manifest.project_key,
        issues=rows.get("jira_issues", 0),
        watermark=manifest.watermark,
        fingerprints=fingerprints,
        rows=rows,
        nulled=nulled,
        proof=manifest.proof,
        unproved=manifest.unproved.reason if manifest.unproved else None,
        missing=len(manifest.unread),
    )


def failed(lake: Lake, project: TrackedProject, error: JiraAssetsError) -> Outcome:
    """Describe a project that could not be synced: what the lake held of it stands."""
    manifest = lake.readable_manifest(project.project_id)
    known = describe(manifest) if manifest else Outcome(project.project_id, project.project_key)
    return replace(known, project_key=project.project_key, error=error)


def _tell(notify: Callable[[Progress], None], project_key: str) -> OnWait:
    def tell(holder: Holder | None) -> None:
        message = f"waiting for {holder or 'another process'}"
        notify(Progress(project_key, 0, message=message))

    return tell
