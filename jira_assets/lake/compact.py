"""Merge the raw files of a project into fewer; every observation stays, in its order.

Every sync that brings something leaves a file of its own, and every derivation opens them all. What the
tables are made from is not changed by merging, so they are not made again: they get the new fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from jira_assets.lake.derive_entities import GROUP as ENTITIES
from jira_assets.lake.derive_entities import entity_fingerprint, is_current
from jira_assets.lake.derived_state import GROUP, derive_fingerprint
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.files import new_file, size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, RawFile
from jira_assets.lake.sql_files import statement

SMALL = 16 * 2**20
"""A file of this size, in bytes, is left as it is, so that nothing is rewritten week after week."""
LARGEST = 64 * 2**20
MOST_FILES = 200
"""A project with more raw files than these is not left to wait for the week to end."""


def compact_project(lake: Lake, project_id: str, extra_fields: Sequence[str] = ()) -> int:
    """Merge what is small; returns how many files less there are. The old ones live on for an hour."""
    with lake.lock(project_id, "compaction"):
        manifest = lake.readable_manifest(project_id)
        if manifest is None or manifest.damaged:
            return 0
        return compact_manifest(lake, manifest, extra_fields) + compact_entities(lake, manifest)


def compact_manifest(lake: Lake, manifest: Manifest, extra_fields: Sequence[str] = ()) -> int:
    """Do the same for a caller that holds the project already; commits.

    Where a file is damaged nothing is merged, and the next sync reports it.
    """
    before = len(manifest.raw)
    # A merged file is new: damage that it took over could not be found any more.
    if damaged := damage_in(lake, _to_compare(lake, manifest.raw), "content"):
        manifest.note_damaged(damaged)
        lake.commit(manifest)
        return 0
    derived = manifest.derived.get(GROUP)
    is_current = derived is not None and derived.fingerprint == derive_fingerprint(manifest, extra_fields)
    manifest.replace_raw([_merged(lake, group) for group in _groups(lake, manifest.raw)])
    if len(manifest.raw) == before:
        return 0
    if derived is not None and is_current:
        fresh = derive_fingerprint(manifest, extra_fields)
        manifest.set_derived(GROUP, msgspec.structs.replace(derived, fingerprint=fresh))
    lake.commit(manifest)
    return before - len(manifest.raw)


def compact_entities(lake: Lake, manifest: Manifest) -> int:
    """Merge the lists of what belongs to the issues; commits. Where a file is damaged nothing is merged."""
    before = len(manifest.entity_raw)
    if before < 2 or damage_in(lake, _to_compare(lake, manifest.entity_raw), "content"):
        return 0
    derived = manifest.derived.get(ENTITIES)
    was_current = is_current(manifest)
    manifest.replace_entity_raw([_merged(lake, group) for group in _groups(lake, manifest.entity_raw)])
    if len(manifest.entity_raw) == before:
        return 0
    if derived is not None and was_current:
        fresh = entity_fingerprint(manifest)
        manifest.set_derived(ENTITIES, msgspec.structs.replace(derived, fingerprint=fresh))
    lake.commit(manifest)
    return before - len(manifest.entity_raw)


def merged_raw(lake: Lake, files: Sequence[RawFile]) -> list[RawFile]:
    """Merge files of a series of their own; where one is damaged, they are returned as they are."""
    if damage_in(lake, _to_compare(lake, files), "content"):
        return list(files)
    return [_merged(lake, group) for group in _groups(lake, files)]


def _to_compare(lake: Lake, files: Sequence[RawFile]) -> list[RawFile]:
    """Return the files to compare with what was written: all of them, or those that are fetched anyway."""
    if lake.is_local:
        return list(files)
    return [file for group in _groups(lake, files) if len(group) > 1 for file in group]


def _groups(lake: Lake, files: Iterable[RawFile]) -> Iterator[list[RawFile]]:
    """Put neighbours in time together, as many as make one file of a good size."""
    group: list[RawFile] = []
    filled = 0
    for file in sorted(files, key=lambda file: Path(file.path).name):
        size = file.size or lake.path(file.path).stat().st_size
        if group and (size >= SMALL or filled >= SMALL or filled + size > LARGEST):
            yield group
            group, filled = [], 0
        group.append(file)
        filled += size
    if group:
        yield group


def _merged(lake: Lake, group: Sequence[RawFile]) -> RawFile:
    if len(group) == 1:
        return group[0]
    relative = successor(group[-1].path)
    with new_file(lake.new_path(relative)) as parquet:
        files = lake.paths(file.path for file in group)
        copy_in_order(lake, statement("lake/compact", files=files, parquet=parquet))
    return RawFile(
        relative,
        sum(file.rows for file in group),
        max(file.asked_at for file in group),
        max((file.newest for file in group if file.newest is not None), default=None),
        *size_and_digest(lake.path(relative)),
    )


def successor(path: str) -> str:
    """Name the file that takes the place of this raw file, in its order in time and by observations."""
    file = Path(path)
    return str(file.with_name(f"{file.stem.rpartition('-')[0]}-{uuid4().hex[:8]}.parquet"))


def copy_in_order(lake: Lake, copy: str) -> None:
    """Copy rows in order, by settings that hold for the whole engine: so for one thread at a time."""
    with lake.one_thread():
        lake.engine.execute("set preserve_insertion_order = true")
        try:
            lake.engine.execute(copy)
        finally:
            lake.engine.execute("set preserve_insertion_order = false")
