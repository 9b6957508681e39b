"""Take what is not wanted any more out of the raw lists of what belongs to the issues of a project."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from jira_assets.lake.compact import copy_in_order, successor
from jira_assets.lake.damage import set_lists_aside
from jira_assets.lake.erase import rewrite_files
from jira_assets.lake.files import new_file, size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, RawFile
from jira_assets.lake.sql_files import literal, literals, statement

_Entries = list[dict[str, msgspec.Raw]]


def without(entries: bytes, attribute: str) -> bytes:
    """Return a list without one attribute of its entries; the rest stays verbatim."""
    found = msgspec.json.decode(entries, type=_Entries)
    return msgspec.json.encode([{k: v for k, v in each.items() if k != attribute} for each in found])


def prune(lake: Lake, manifest: Manifest, kinds: Collection[str], texts: Collection[str]) -> None:
    """Commit files without the lists of these kinds, and without these attributes of any entry.

    The project is held. The files before are left for a sweep to remove.
    """
    set_lists_aside(lake, manifest, "content")
    files = list(manifest.entity_raw)
    for attribute in sorted(texts):

        def redact(payload: bytes, attribute: str = attribute) -> bytes:
            return without(payload, attribute) if payload.startswith(b"[{") else payload

        files, _ = rewrite_files(lake, files, [f'"{attribute}":'], redact)
    if kinds:
        files = [_without_kinds(lake, file, kinds) for file in files]
    manifest.put_entity_raw([file for file in files if file.rows])
    lake.commit(manifest)


def _without_kinds(lake: Lake, file: RawFile, kinds: Collection[str]) -> RawFile:
    relative = successor(file.path)
    with new_file(lake.new_path(relative)) as parquet:
        query = statement(
            "lake/entities/without_kinds",
            file=lake.path(file.path),
            kinds=literals(sorted(kinds)),
            parquet=parquet,
        )
        copy_in_order(lake, query)
    found = lake.engine.execute(
        f"select count(*) from read_parquet({literal(lake.path(relative))})"
    ).fetchone()
    size, digest = size_and_digest(lake.path(relative))
    rows = int(found[0]) if found else 0
    return msgspec.structs.replace(file, path=relative, rows=rows, size=size, digest=digest)
