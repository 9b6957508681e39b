"""Derive the table of worklogs of a site from its raw files."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from jira_assets.lake.derive import observations_in
from jira_assets.lake.derive_entities import text_of
from jira_assets.lake.duckdb_engine import DATE_READERS
from jira_assets.lake.files import new_file, size_and_digest
from jira_assets.lake.json_shapes import shape
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, fingerprint
from jira_assets.lake.rows import empty_table
from jira_assets.lake.site_manifest import SiteManifest, SiteTable, WorklogFiles
from jira_assets.lake.site_tables import SITE_TABLES
from jira_assets.lake.sql_files import literal, statement, statements_version

TABLE = "worklogs"
UNLISTED = timedelta(minutes=1)
"""Jira does not list worklogs of the last minute."""

_AUTHOR = {"accountId": "VARCHAR"}
_SHAPE = {
    "author": _AUTHOR,
    "updateAuthor": _AUTHOR,
    "started": "VARCHAR",
    "timeSpentSeconds": "BIGINT",
    "created": "VARCHAR",
    "updated": "VARCHAR",
    "comment": "JSON",
    "visibility": {"type": "VARCHAR", "value": "VARCHAR"},
}


class KnownWorklog(NamedTuple):
    """A worklog as the table has it; of a head only the ids are known."""

    jira_id: str
    updated_at: datetime | None
    is_head: bool
    is_deleted: bool


def derive_worklogs(lake: Lake, site: SiteManifest, at: datetime) -> bool:
    """Bring the table up to date in the manifest; return whether it was not. The caller commits."""
    files = site.worklogs
    if is_current(site):
        return False
    if files.raw:
        site.set_table(TABLE, _write(lake, site, at))
    elif TABLE in site.tables:
        site.drop_tables([TABLE])
    note_current(site)
    return True


def is_current(site: SiteManifest) -> bool:
    """Check whether the table was made of what there is now."""
    files = site.worklogs
    return files.derived_from == _fingerprint(files) and (not files.raw or TABLE in site.tables)


def note_current(site: SiteManifest) -> None:
    """Keep that the table was made of what there is now."""
    site.worklogs.note_derived(_fingerprint(site.worklogs))


def _derived_before(site: SiteManifest) -> int:
    """Count the files that the present table was made of, if it was made of the first of these; else 0."""
    files = site.worklogs
    if TABLE not in site.tables:
        return 0
    return next((n for n in range(len(files.raw), 0, -1) if _fingerprint(files, n) == files.derived_from), 0)


def _write(lake: Lake, site: SiteManifest, at: datetime) -> SiteTable:
    files, done = site.worklogs, _derived_before(site)
    known = f"read_parquet({literal(lake.path(site.tables[TABLE].path))})" if done else None
    relative = f"site/{TABLE}-{uuid.uuid4().hex[:24]}.parquet"
    lake.engine.execute(statement("lake/derive/plain_text"))
    raw = lake.paths(file.path for file in files.raw[done:])
    with lake.one_thread(), new_file(lake.new_path(relative)) as parquet:
        query = statement(
            "lake/entities/worklogs",
            observations=observations_in(list(map(str, raw))),
            known=known or f"({empty_table(SITE_TABLES[TABLE])})",
            specification=shape(_SHAPE),
            text=text_of("entry.comment", is_kept=any(files.chosen.values())),
            parquet=parquet,
        )
        written = lake.engine.execute(query).fetchone()
    return SiteTable(relative, written[0] if written else 0, at, *size_and_digest(lake.path(relative)))


def _fingerprint(files: WorklogFiles, number: int | None = None) -> str:
    return fingerprint(
        [
            [file.path for file in files.raw[:number]],
            any(files.chosen.values()),
            statements_version("lake/entities"),
            statements_version("lake/derive"),
            DATE_READERS,
            _SHAPE,
        ]
    )


def stamp_worklogs(lake: Lake, site: SiteManifest, manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return what tells, by project, whether something about its worklogs is another than before."""
    table = site.tables.get(TABLE)
    files = [file for manifest in manifests if (file := manifest.derived_file("jira_issues"))]
    if table is None or not files:
        return {}
    asked_at = site.worklogs.asked_at
    until = "null::timestamp" if asked_at is None else f"timestamp {literal(_plain(asked_at - UNLISTED))}"
    query = statement(
        "lake/entities/worklog_stamps",
        issues=[lake.path(file.path) for file in files],
        worklogs=lake.path(table.path),
        listed_until=until,
    )
    return dict(lake.engine.execute(query).fetchall())


class WorklogTable:
    """The table as it is now, to look worklogs up in."""

    def __init__(self, lake: Lake, site: SiteManifest) -> None:
        self._engine = lake.engine
        table = site.tables.get(TABLE)
        self._source = None if table is None else f"read_parquet({literal(lake.path(table.path))})"

    def known(self, ids: Collection[str]) -> dict[str, KnownWorklog]:
        """Look up worklogs by their ids."""
        return self._where("worklog_id in (select unnest($ids::varchar[]))", ids)

    def of_issues(self, ids: Collection[str]) -> dict[str, KnownWorklog]:
        """Look up the worklogs of some issues."""
        return self._where("jira_id in (select unnest($ids::varchar[]))", ids)

    def heads_of(self, issues: str) -> list[str]:
        """Return the ids of the worklogs of which no more is known, and whose issue is among these rows."""
        return self._ids(f"is_head and deleted_at is null and jira_id in (select jira_id from {issues})")

    def all_of(self, issues: str) -> list[str]:
        """Return the ids of the worklogs whose issue is among these rows."""
        return self._ids(f"deleted_at is null and jira_id in (select jira_id from {issues})")

    def _ids(self, condition: str) -> list[str]:
        if self._source is None:
            return []
        query = f"select worklog_id from {self._source} where {condition} order by worklog_id"
        return [str(row[0]) for row in self._engine.execute(query).fetchall()]

    def _where(self, condition: str, ids: Collection[str]) -> dict[str, KnownWorklog]:
        if self._source is None or not ids:
            return {}
        query = (
            "select worklog_id, jira_id, updated_at, is_head, deleted_at is not null "
            f"from {self._source} where {condition}"
        )
        rows = self._engine.execute(query, {"ids": list(ids)}).fetchall()
        return {
            worklog_id: KnownWorklog(jira_id, updated and updated.replace(tzinfo=UTC), is_head, is_deleted)
            for worklog_id, jira_id, updated, is_head, is_deleted in rows
        }


def _plain(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
