"""Sync one project: read what is new, derive its tables; its lock is held all the while."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import duckdb

from jira_assets.errors import AuthenticationError, JiraAssetsError
from jira_assets.state import TrackedProject
from jira_assets.sync.context import Progress, SyncContext, SyncOptions
from jira_assets.sync.full import read_full
from jira_assets.sync.incremental import Brought, read_incremental
from jira_assets.sync.mapping import SiteFacts, map_fields
from jira_assets.sync.mark import Mark
from jira_assets.sync.outcome import Outcome
from jira_assets.warehouse.derive import derive_project
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.locks import Holder
from jira_assets.warehouse.manifest import Manifest


def sync_project(
    context: SyncContext, project: TrackedProject, mark: Mark, facts: SiteFacts, *, full: bool = False
) -> Outcome:
    """Bring a project up to date; a failure that concerns this project alone comes back in the outcome.

    Raises `AuthenticationError`, which concerns every project.
    """
    started = time.monotonic()
    with context.client.transport.counted() as tally:
        try:
            with context.lake.lock(project.project_id, "sync", on_wait=_tell(context, project)):
                outcome = _sync_locked(context, project, mark, facts, full=full)
        except AuthenticationError:
            raise
        except JiraAssetsError as error:
            outcome = failed(context.lake, project, error)
    return replace(outcome, requests=tally.requests, seconds=time.monotonic() - started)


def _sync_locked(
    context: SyncContext, project: TrackedProject, mark: Mark, facts: SiteFacts, *, full: bool
) -> Outcome:
    # Read inside the lock: another sync may have committed while this one waited for it.
    manifest = context.lake.manifest(project.project_id) or Manifest(project.project_id, project.project_key)
    manifest.project_key = project.project_key
    is_full = full or manifest.watermark is None or manifest.full is not None
    read = read_full(context, manifest, mark) if is_full else 0
    brought = _follow_up(context, manifest, mark, is_full=is_full)
    changed = derive_mapped(context.engine.cursor(), context.lake, manifest, project, facts, context.options)
    context.lake.sweep(manifest)
    created = read if is_full else brought.created
    return replace(
        describe(manifest),
        mode="full" if is_full else "incremental",
        changed=changed,
        fetched=read + brought.fetched,
        created=created,
        updated=brought.updated,
        deleted=brought.moved_away,
    )


def _follow_up(context: SyncContext, manifest: Manifest, mark: Mark, *, is_full: bool) -> Brought:
    """Read what changed; after a full read only when that began so long ago that it matters."""
    watermark = manifest.watermark
    if is_full and watermark is not None and context.clock() - watermark <= context.options.look_back:
        return Brought()
    return read_incremental(context, manifest, mark)


def derive_mapped(
    engine: duckdb.DuckDBPyConnection,
    lake: Lake,
    manifest: Manifest,
    project: TrackedProject,
    facts: SiteFacts,
    options: SyncOptions,
) -> bool:
    """Derive the project's tables when they are behind; tell whether they were.

    The first derivation may show which candidate for story points is really in use: then once more.
    """
    changed = False
    for _ in range(2):
        manifest.mapping = map_fields(engine, lake, manifest, project, facts, options)
        if not derive_project(engine, lake, manifest, extra_fields=options.extra_fields):
            break
        changed = True
    return changed


def describe(manifest: Manifest) -> Outcome:
    """Tell what the lake holds of a project."""
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
    )


def failed(lake: Lake, project: TrackedProject, error: JiraAssetsError) -> Outcome:
    """Describe a project that could not be synced: what the lake held of it stands."""
    manifest = lake.manifest(project.project_id)
    known = describe(manifest) if manifest else Outcome(project.project_id, project.project_key)
    return replace(known, project_key=project.project_key, error=error)


def _tell(context: SyncContext, project: TrackedProject) -> Callable[[Holder | None], None]:
    def tell(holder: Holder | None) -> None:
        message = f"waiting for {holder or 'another process'}"
        context.notify(Progress(project.project_key, 0, message=message))

    return tell
