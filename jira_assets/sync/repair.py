"""Set aside what is damaged, so that the next sync reads again from Jira what it held.

Each step leaves a home from which the next repair, or the next sync, continues: a file is moved before the
manifest forgets it, and the manifest remembers what is still to be read until it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jira_assets.clock import utc_now
from jira_assets.errors import DamagedFile, LockHeld
from jira_assets.lake.damage import (
    damaged_groups,
    lacks_tables,
    note_damage,
    note_site_damage,
    put_damage,
    set_lists_aside,
    set_worklogs_aside,
)
from jira_assets.lake.derived_state import GROUP, derive_fingerprint
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.lake import IDENTITY, SITE_MANIFEST, Lake
from jira_assets.lake.manifest import Damage, Manifest, RawFile, SetAside
from jira_assets.lake.manifest_rebuild import last_seq, rebuild_manifest
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.sql_files import literal
from jira_assets.state import State, TrackedProject
from jira_assets.sync.context import SyncOptions
from jira_assets.sync.project import Task
from jira_assets.sync.run import SyncResult, rederive_projects
from jira_assets.sync.worklog_files import restore_worklogs
from jira_assets.warehouse.audits import warehouse_damage
from jira_assets.warehouse.publish import PublishResult

if TYPE_CHECKING:
    from jira_assets.sync.pipeline import Pipeline
    from jira_assets.sync.site_pipeline import SitePipeline


@dataclass(frozen=True)
class FoundInProject:
    """What was damaged of a project; `set_aside` has the raw files that are still to be made up for."""

    project: TrackedProject
    damage: Sequence[Damage]
    set_aside: Sequence[SetAside] = ()
    is_unread: bool = False
    """Whether Jira has to be asked."""

    @property
    def is_known(self) -> bool:
        """Whether it is known what the raw files held; else no more than the least loss can be told."""
        return all(file.held is not None for file in self.set_aside)


@dataclass(frozen=True)
class Found:
    """What was damaged of the site and of its projects."""

    site: Sequence[Damage] = ()
    projects: Sequence[FoundInProject] = ()

    def __bool__(self) -> bool:
        """Return whether anything was."""
        return bool(self.site or self.projects)


@dataclass(frozen=True)
class Repaired:
    """What a repair found and did; `lost` counts, by project id, the versions that Jira no longer has.

    Nothing is known of that for the projects that could not be read again yet.
    """

    found: Found
    result: SyncResult
    warehouse: str | None = None
    lost: dict[str, int] = field(default_factory=dict)
    published: PublishResult | None = None


def repair_home(pipeline: Pipeline, projects: Sequence[TrackedProject]) -> Repaired:
    """Set aside what is damaged of these projects, of the sites and of the warehouse; bring it back."""
    own = {site.site.prefix: projects for site, projects in pipeline.by_site(projects)}
    parts = [(site, site.set_aside_damaged(own.get(site.site.prefix, []))) for site in pipeline.sites]
    damaged = [(site, each) for site, found in parts for each in found.projects]
    unread = [site.in_home(each.project) for site, each in damaged if each.is_unread]
    result = (
        pipeline.work_on([Task(project, "reconcile") for project in unread]) if unread else SyncResult([])
    )
    for site, found in parts:
        if found.site:
            site.refresh()
    if damaged:
        pipeline.rederive([site.in_home(each.project) for site, each in damaged if not each.is_unread])
    damage = warehouse_damage(pipeline.settings.warehouse_dir)
    is_changed = bool(damage or any(found for _, found in parts))
    published = pipeline.publish(force=bool(damage)) if is_changed else None
    waiting = {outcome.project_id for outcome in result.failures}
    lost = {
        project_id: count_lost(site.lake, each)
        for site, each in damaged
        if (project_id := site.in_home(each.project).project_id) not in waiting
    }
    return Repaired(_in_home(parts), result, damage, lost, published)


def _in_home(parts: Sequence[tuple[SitePipeline, Found]]) -> Found:
    """Put together what was damaged, with qualified ids and paths relative to the lake of the home."""
    damage, projects = [], []
    for site, found in parts:
        damage += _moved(site, found.site)
        projects += [
            replace(each, project=site.in_home(each.project), damage=_moved(site, each.damage))
            for each in found.projects
        ]
    return Found(damage, projects)


def _moved(site: SitePipeline, damage: Sequence[Damage]) -> list[Damage]:
    return [msgspec.structs.replace(each, path=str(Path(site.site.folder) / each.path)) for each in damage]


def set_aside_damaged(
    lake: Lake,
    projects: Sequence[TrackedProject],
    extra_fields: Sequence[str],
) -> Found:
    """Look at every byte of every file, and set aside what is damaged."""
    with lake.lock("site", "repair"):
        site = [*_damaged_documents(lake), *note_site_damage(lake, lake.site_manifest())]
        manifest = lake.site_manifest()
        if worklogs := set_worklogs_aside(lake, manifest, "content"):
            lake.commit_site(manifest)
            site += worklogs
    found = []
    for project in projects:
        with lake.lock(project.project_id, "repair"):
            in_project = _set_aside(lake, project, extra_fields)
        if in_project is not None:
            found.append(in_project)
    return Found(site, found)


def recover(lake: Lake, state: State, options: SyncOptions) -> bool:
    """Look at every byte of the tables, note what is damaged, derive it again; return whether anything was.

    A project that another process works on is left to it.
    """
    with lake.lock("site", "repair"):
        is_news = bool(note_site_damage(lake, lake.site_manifest()))
    if lake.site_manifest().worklogs.raw:
        restore_worklogs(lake, utc_now())
    behind = []
    for project in state.projects.tracked():
        with suppress(LockHeld, DamagedFile), lake.lock(project.project_id, "repair", wait=False):
            manifest = lake.manifest(project.project_id)
            if manifest is not None and note_damage(lake, manifest, "content"):
                is_news = True
                behind += [project] if lacks_tables(manifest) else []
    if is_news:
        rederive_projects(lake, behind, options, wait=False)
    return is_news


def count_lost(lake: Lake, found: FoundInProject) -> int:
    """Count the versions in files that were set aside that were not read again; the least that is possible,
    where it is not known what they held.
    """
    held = [
        (jira_id, None if updated is None else updated.astimezone(UTC).replace(tzinfo=None))
        for file in found.set_aside
        for jira_id, updated in (file.held or {}).items()
    ]
    manifest = lake.readable_manifest(found.project.project_id)
    before = sum(file.rows for file in found.set_aside)
    if manifest is None or not manifest.raw:
        return before
    if not found.is_known:
        return max(0, before - _issues_in(lake, manifest))
    query = (
        "select count(distinct (held.jira_id, held.updated_at)) from "
        "(select unnest($ids::varchar[]) as jira_id, unnest($times::timestamp[]) as updated_at) as held "
        f"semi join {_observations(lake, manifest.raw)} as present "
        "on held.jira_id = present.jira_id and held.updated_at is not distinct from present.updated_at"
    )
    asked = {"ids": [row[0] for row in held], "times": [row[1] for row in held]}
    return before - _count(lake, query, asked)


def _damaged_documents(lake: Lake) -> list[Damage]:
    """Set aside the identity of the lake and the manifest of the site; both are made again."""
    paths = (IDENTITY, SITE_MANIFEST)
    found = [Damage(path, why) for path in paths if (why := lake.document_damage(path))]
    lake.set_aside(each.path for each in found if each.path == IDENTITY)
    if any(each.path == SITE_MANIFEST for each in found):
        lake.commit_site(SiteManifest())
    return found


def _set_aside(lake: Lake, project: TrackedProject, extra_fields: Sequence[str]) -> FoundInProject | None:
    manifest, damage = _open(lake, project)
    if manifest is None:
        return None
    was_rebuilt = bool(damage)
    groups = damaged_groups(lake, manifest, "content")
    raw = damage_in(lake, manifest.raw, "content")
    put_damage(lake, manifest, groups, raw)
    if raw:
        _set_raw_aside(lake, manifest, raw, is_known=_is_current(manifest, extra_fields))
    of_tables = [each for group in groups.values() for each in group]
    lake.set_aside(each.path for each in of_tables)
    lists = set_lists_aside(lake, manifest, "content")
    damage += [*raw, *of_tables, *lists]
    is_unread = bool(manifest.set_aside) or was_rebuilt or bool(lists)
    if not damage and not is_unread:
        return None
    return FoundInProject(project, damage, list(manifest.set_aside), is_unread)


def _open(lake: Lake, project: TrackedProject) -> tuple[Manifest | None, list[Damage]]:
    """Read the manifest of a project; where it is lost, commit one made of its readable raw files."""
    try:
        return lake.manifest(project.project_id), []
    except DamagedFile:
        path = f"manifests/{project.project_id}.json"
        reason = lake.document_damage(path) or "is missing"
        manifest, unreadable = rebuild_manifest(lake, project.project_id, project.project_key)
        lake.set_aside([path, *(each.path for each in unreadable)])
        lake.commit(manifest)
        return manifest, [Damage(path, reason), *unreadable]


def _is_current(manifest: Manifest, extra_fields: Sequence[str]) -> bool:
    derived = manifest.derived.get(GROUP)
    return derived is not None and derived.fingerprint == derive_fingerprint(manifest, extra_fields)


def _set_raw_aside(
    lake: Lake,
    manifest: Manifest,
    damage: Sequence[Damage],
    *,
    is_known: bool,
) -> None:
    """Move damaged raw files away and commit the manifest without them; it says what is to be read again."""
    paths = {each.path for each in damage}
    damaged = [file for file in manifest.raw if file.path in paths]
    whole = [file for file in manifest.raw if file.path not in paths]
    held = _held(lake, manifest, whole) if is_known else None
    # What is known is known of all of them together: the first stands for the others.
    of_files = [None if held is None else {} if number else held for number in range(len(damaged))]
    manifest.remove_damaged_raw(
        SetAside(file.path, file.rows, last_seq(file.path), of_file)
        for file, of_file in zip(damaged, of_files, strict=True)
    )
    lake.set_aside(paths)
    lake.commit(manifest)


def _held(lake: Lake, manifest: Manifest, whole: Sequence[RawFile]) -> dict[str, datetime | None] | None:
    """Find the issues whose present version is in none of the raw files that are whole."""
    file = manifest.derived_file("jira_issues")
    if file is None:
        return None
    query = (
        f"select jira_id, updated_at from read_parquet({literal(lake.path(file.path))}) as shown "
        f"anti join {_observations(lake, whole)} as present "
        "on shown.jira_id = present.jira_id and shown.synced_at = present.asked_at"
    )
    rows = lake.engine.execute(query).fetchall()
    return {jira_id: updated and updated.replace(tzinfo=UTC) for jira_id, updated in rows}


def _observations(lake: Lake, files: Sequence[RawFile]) -> str:
    if not files:
        return "(select null::varchar as jira_id, null::timestamp as asked_at, null::timestamp as updated_at)"
    listed = ", ".join(map(literal, lake.paths(file.path for file in files)))
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _issues_in(lake: Lake, manifest: Manifest) -> int:
    return _count(lake, f"select count(distinct jira_id) from {_observations(lake, manifest.raw)}", {})


def _count(lake: Lake, query: str, asked: dict[str, object]) -> int:
    found = lake.engine.execute(query, asked).fetchone()
    return int(found[0]) if found else 0
