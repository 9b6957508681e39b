"""Write raw files anew without the names of some people; every observation stays, in its place.

The new files exist once the manifest that names them is committed, and the old ones are removed after that: a
crash at any moment leaves the project as it was before or after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec

from jira_assets.lake.compact import copy_in_order, successor
from jira_assets.lake.file_damage import damage_in
from jira_assets.lake.files import TEMPORARY_PREFIX, new_file, size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, RawFile
from jira_assets.lake.sql_files import literal, statement

Redact = Callable[[bytes], bytes]

ROWS_AT_ONCE = 100


@dataclass(frozen=True)
class Rewritten:
    """How many files were written anew, and how many observations in them were changed."""

    files: int = 0
    rows: int = 0

    def __add__(self, other: Rewritten) -> Rewritten:
        return Rewritten(self.files + other.files, self.rows + other.rows)


class _Clean(msgspec.Struct):
    row: int
    payload: str | None
    histories: str | None


def survey(lake: Lake, manifest: Manifest, needles: Iterable[str], redact: Redact) -> Rewritten:
    """Count what rewriting would change."""
    lists = [file for file in manifest.entity_raw if not damage_in(lake, [file], "content")]
    return survey_files(lake, [*manifest.raw, *lists], needles, redact)


def survey_files(lake: Lake, files: Iterable[RawFile], needles: Iterable[str], redact: Redact) -> Rewritten:
    """Count what rewriting these files would change."""
    found = Rewritten()
    for file in files:
        rows = sum(1 for _ in _changed_rows(lake, file, needles, redact))
        found += Rewritten(int(rows > 0), rows)
    return found


def rewrite_raw(lake: Lake, manifest: Manifest, needles: Iterable[str], redact: Redact) -> Rewritten:
    """Commit files without what `redact` takes out of the rows that have one of the `needles` in a text.

    The project is held, and its files are not damaged. The files before are left for a sweep to remove.
    """
    raw, found = rewrite_files(lake, manifest.raw, needles, redact)
    lists, also = rewrite_files(lake, manifest.entity_raw, needles, redact)
    if found.files or also.files:
        manifest.replace_raw(raw)
        manifest.replace_entity_raw(lists)
        lake.commit(manifest)
    return found + also


def rewrite_files(
    lake: Lake, files: Iterable[RawFile], needles: Iterable[str], redact: Redact
) -> tuple[list[RawFile], Rewritten]:
    """Write files without what `redact` takes out; return what takes their place, once it is committed."""
    found, fresh = Rewritten(), []
    for file in files:
        clean, rows = _rewritten(lake, file, needles, redact)
        found += Rewritten(int(rows > 0), rows)
        fresh.append(clean)
    return fresh, found


def count_mentions(lake: Lake, manifest: Manifest, needles: Iterable[str]) -> int:
    """Count the observations with one of these texts anywhere."""
    return count_in_files(lake, [*manifest.raw, *manifest.entity_raw], needles)


def count_in_files(lake: Lake, files: Iterable[RawFile], needles: Iterable[str]) -> int:
    """Count those in these files."""
    count = 0
    for file in files:
        mentions = statement("lake/erase/mentions", file=lake.path(file.path), condition=_condition(needles))
        found = lake.engine.execute(f"select count(*) from ({mentions})").fetchone()
        count += found[0] if found else 0
    return count


def _rewritten(lake: Lake, file: RawFile, needles: Iterable[str], redact: Redact) -> tuple[RawFile, int]:
    relative = successor(file.path)
    path = lake.new_path(relative)
    staging = path.with_name(f"{TEMPORARY_PREFIX}{path.stem}.ndjson")
    rows, longest = 0, 2**20
    try:
        with staging.open("wb") as stream:
            for clean in _changed_rows(lake, file, needles, redact):
                line = msgspec.json.encode(clean)
                stream.write(line + b"\n")
                rows, longest = rows + 1, max(longest, len(line) + 1)
        if rows == 0:
            return file, 0
        with new_file(path) as parquet:
            parts = {"file": lake.path(file.path), "staging": staging, "parquet": parquet, "longest": longest}
            copy_in_order(lake, statement("lake/erase/rewrite", **parts))
    finally:
        staging.unlink(missing_ok=True)
    size, digest = size_and_digest(path)
    return msgspec.structs.replace(file, path=relative, size=size, digest=digest), rows


def _changed_rows(lake: Lake, file: RawFile, needles: Iterable[str], redact: Redact) -> Iterator[_Clean]:
    query = statement("lake/erase/mentions", file=lake.path(file.path), condition=_condition(needles))
    cursor = lake.engine.cursor().execute(query)
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        for row, *documents in rows:
            clean = [None if text is None else redact(text.encode()).decode() for text in documents]
            if clean != documents:
                yield _Clean(row, *clean)


def _condition(needles: Iterable[str]) -> str:
    text = "concat_ws(' ', payload, histories)"
    return " or ".join(f"contains({text}, {literal(needle)})" for needle in sorted(needles)) or "false"
