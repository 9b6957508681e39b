"""Derive the tables of what belongs to the issues of a project, from the lists that Jira gave of each issue.

They are a group of their own beside the tables of the issues: neither is made again because of the other.
What a list of an issue has no longer is kept, with the time at which that was first seen.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jira_assets.lake.derive import observations_in
from jira_assets.lake.duckdb_engine import DATE_READERS
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
    return _fingerprint_of(manifest, len(manifest.entity_raw))


def _fingerprint_of(manifest: Manifest, files: int) -> str:
    return fingerprint(
        [
            [file.path for file in manifest.entity_raw[:files]],
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


def _derived_before(manifest: Manifest) -> int:
    """Count the files that the present tables were made of; 0 unless these are the first of all."""
    present = manifest.derived.get(GROUP)
    if present is None:
        return 0
    numbers = range(len(manifest.entity_raw), 0, -1)
    return next((n for n in numbers if _fingerprint_of(manifest, n) == present.fingerprint), 0)


class _Derivation:
    """The tables on their way: where that is possible, only issues with a list in new files are derived."""

    def __init__(self, lake: Lake, manifest: Manifest, wanted: str) -> None:
        self._lake = lake
        self._engine = lake.engine
        self._manifest = manifest
        self._wanted = wanted
        self._generation = f"{statements_version('lake/entities')}-{wanted}-{uuid.uuid4().hex[:8]}"
        paths = [str(path) for path in lake.paths(file.path for file in manifest.entity_raw)]
        done = _derived_before(manifest)
        self._every, self._fresh = observations_in(paths), observations_in(paths[done:])
        self._before = manifest.derived[GROUP].files if done else {}
        self._project = {"project_id": literal(manifest.project_id)}

    def run(self) -> Derived:
        """Write every table; that of a kind that is not chosen is empty."""
        self._lake.expect_rows(sum(file.rows for file in self._manifest.entity_raw))
        self._engine.execute(statement("lake/derive/plain_text"))
        reads = self._before.get(READS)
        source = statement("lake/entities/no_reads") if reads is None else self._rows_of(reads)
        with self._lake.one_thread():  # a thread has up to 2,000 lists in hand
            parts = {"observations": self._fresh, "before": source, **self._project}
            files = {READS: self._write(READS, "reads", parts)}
            for kind in LISTS:
                files[f"jira_{kind}"] = self._write_kind(kind, files[READS])
        self._engine.execute(
            "drop view if exists entries; drop table if exists departed; drop table if exists changed"
        )
        return Derived(self._wanted, files)

    def _write_kind(self, kind: str, reads: DerivedFile) -> DerivedFile:
        state, table = self._manifest.entities.get(kind), f"jira_{kind}"
        known = self._before.get(table)
        parts = {"kind": literal(kind), **self._project}
        self._engine.execute(statement("lake/entities/changed", observations=self._fresh, **parts))
        lists = self._every if state else observations_in([])
        if known is not None:
            lists = f"(select * from {lists} where jira_id in (select jira_id from changed))"
        self._engine.execute(statement("lake/entities/departed", observations=lists, **parts))
        path = self._lake.path(reads.path)
        specification = shape([_SHAPES[kind]])
        self._engine.execute(
            statement(
                "lake/entities/entries", observations=lists, specification=specification, reads=path, **parts
            )
        )
        kept = "" if known is None else self._kept(known, kind, reads)
        body = text_of("entry.body", is_kept=bool(state and state.has_bodies))
        return self._write(table, table, {"kept": kept, **({"body": body} if kind == "comments" else {})})

    def _kept(self, known: DerivedFile, kind: str, reads: DerivedFile) -> str:
        """Return the SQL of the rows that stay as they are."""
        query = statement(
            "lake/entities/unchanged",
            table=self._lake.path(known.path),
            reads=self._lake.path(reads.path),
            kind=literal(kind),
        )
        return f"union all by name {query}"

    def _rows_of(self, file: DerivedFile) -> str:
        return f"read_parquet({literal(self._lake.path(file.path))})"

    def _write(self, table: str, name: str, parts: Mapping[str, str]) -> DerivedFile:
        relative = f"{table}/project={self._manifest.project_id}/{self._generation}.parquet"
        path: Path = self._lake.new_path(relative)
        with new_file(path) as parquet:
            query = statement(f"lake/entities/{name}", parquet=parquet, **parts)
            written = self._engine.execute(query).fetchone()
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
