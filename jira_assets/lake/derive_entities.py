"""Derive the tables of what belongs to the issues of a project, from the lists that Jira gave of each issue.

They are a group of their own beside the tables of the issues: neither is made again because of the other.
What a list of an issue has no longer is kept, with the time at which that was first seen.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jira_assets.lake.derive import observations_in
from jira_assets.lake.duckdb_engine import DATE_READERS, one_thread
from jira_assets.lake.files import new_file, size_and_digest
from jira_assets.lake.json_shapes import shape
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, DerivedFile, Manifest, fingerprint
from jira_assets.lake.sql_files import literal, statement, statements_version

GROUP = "entities"
"""The name under which a manifest keeps what is derived here."""
READS = "entity_reads"
"""The table that says which list of each issue was read last; only reading needs it."""

_AUTHOR = {"accountId": "VARCHAR"}
_SHAPES: Mapping[str, object] = {
    "comments": {
        "id": "VARCHAR",
        "author": _AUTHOR,
        "updateAuthor": _AUTHOR,
        "created": "VARCHAR",
        "updated": "VARCHAR",
        "body": "JSON",
        "jsdPublic": "BOOLEAN",
        "visibility": {"type": "VARCHAR", "value": "VARCHAR"},
    },
    "attachments": {
        "id": "VARCHAR",
        "author": _AUTHOR,
        "filename": "VARCHAR",
        "mimeType": "VARCHAR",
        "size": "BIGINT",
        "created": "VARCHAR",
    },
    "remote_links": {
        "id": "VARCHAR",
        "globalId": "VARCHAR",
        "relationship": "VARCHAR",
        "application": {"name": "VARCHAR", "type": "VARCHAR"},
        "object": {
            "url": "VARCHAR",
            "title": "VARCHAR",
            "summary": "VARCHAR",
            "status": {"resolved": "BOOLEAN"},
        },
    },
}
LISTS = tuple(_SHAPES)
"""The kinds that come as lists of an issue."""


def derive_entities(lake: Lake, manifest: Manifest) -> bool:
    """Bring these tables up to date and commit them; return whether any were not.

    Where no kind was ever chosen there are none, and nothing is done.
    """
    if not manifest.entities and not manifest.entity_raw:
        if GROUP not in manifest.derived:
            return False
        manifest.drop_derived([GROUP])
    elif is_current(manifest):
        return False
    else:
        manifest.set_derived(GROUP, _Derivation(lake, manifest, entity_fingerprint(manifest)).run())
    lake.commit(manifest)
    return True


def is_current(manifest: Manifest) -> bool:
    """Check whether the tables were made of what there is now."""
    present = manifest.derived.get(GROUP)
    return present is not None and present.fingerprint == entity_fingerprint(manifest)


def entity_fingerprint(manifest: Manifest) -> str:
    """Condense everything that these tables of a project depend on."""
    return fingerprint(
        [
            [file.path for file in manifest.entity_raw],
            {name: state.has_bodies for name, state in manifest.entities.items()},
            statements_version("lake/entities"),
            statements_version("lake/derive"),
            DATE_READERS,
            _SHAPES,
        ]
    )


def text_of(field: str, *, is_kept: bool) -> str:
    """Return the SQL that turns a text of Jira's, a document or plain, into lines; null unless it is kept."""
    if not is_kept:
        return "null"
    return f"case when starts_with({field}::varchar, '{{') then plain_text({field}) else {field} ->> '$' end"


@dataclass(frozen=True)
class _Derivation:
    lake: Lake
    manifest: Manifest
    wanted: str

    def run(self) -> Derived:
        """Write every table; that of a kind that is not chosen is empty."""
        generation = f"{statements_version('lake/entities')}-{self.wanted}-{uuid.uuid4().hex[:8]}"
        paths = [str(self.lake.path(file.path)) for file in self.manifest.entity_raw]
        all_lists = {"observations": observations_in(paths), "project_id": literal(self.manifest.project_id)}
        self.lake.engine.execute(statement("lake/derive/plain_text"))
        with one_thread(self.lake.engine):  # a thread has up to 2,000 lists in hand
            files = {READS: self._write(READS, "reads", generation, all_lists)}
            for kind in LISTS:
                files[f"jira_{kind}"] = self._write_kind(kind, generation, all_lists, files[READS])
        self.lake.engine.execute("drop view if exists entries; drop table if exists departed")
        return Derived(self.wanted, files)

    def _write_kind(
        self, kind: str, generation: str, all_lists: Mapping[str, str], reads: DerivedFile
    ) -> DerivedFile:
        state = self.manifest.entities.get(kind)
        lists = all_lists if state else {**all_lists, "observations": observations_in([])}
        parts = {**lists, "kind": literal(kind)}
        self.lake.engine.execute(statement("lake/entities/departed", **parts))
        specification = shape([_SHAPES[kind]])
        path = self.lake.path(reads.path)
        self.lake.engine.execute(
            statement("lake/entities/entries", specification=specification, reads=path, **parts)
        )
        body = text_of("entry.body", is_kept=bool(state and state.has_bodies))
        table = f"jira_{kind}"
        return self._write(table, table, generation, {"body": body} if kind == "comments" else {})

    def _write(self, table: str, name: str, generation: str, parts: Mapping[str, str]) -> DerivedFile:
        relative = f"{table}/project={self.manifest.project_id}/{generation}.parquet"
        path: Path = self.lake.path(relative)
        with new_file(path) as parquet:
            query = statement(f"lake/entities/{name}", parquet=parquet, **parts)
            written = self.lake.engine.execute(query).fetchone()
        return DerivedFile(relative, written[0] if written else 0, *size_and_digest(path))


def known_comments(
    lake: Lake, manifest: Manifest, ids: Sequence[str]
) -> dict[str, set[tuple[str, datetime]]]:
    """Return ids and versions of the comments that the newest lists of these issues have, by issue."""
    file = manifest.derived_file("jira_comments")
    found: dict[str, set[tuple[str, datetime]]] = {}
    if file is None or not ids:
        return found
    query = (
        f"select jira_id, comment_id, updated_at from read_parquet({literal(lake.path(file.path))}) "
        "where deleted_seen_at is null and updated_at is not null "
        "and jira_id in (select unnest($ids::varchar[]))"
    )
    for jira_id, comment_id, updated_at in lake.engine.execute(query, {"ids": list(ids)}).fetchall():
        found.setdefault(jira_id, set()).add((comment_id, updated_at.replace(tzinfo=UTC)))
    return found


def count_present(lake: Lake, manifest: Manifest, kind: str) -> dict[str, int]:
    """Count the entries that the newest list of each issue has."""
    file = manifest.derived_file(f"jira_{kind}")
    if file is None:
        return {}
    query = (
        f"select jira_id, count(*) from read_parquet({literal(lake.path(file.path))}) "
        "where deleted_seen_at is null group by jira_id"
    )
    return dict(lake.engine.execute(query).fetchall())
