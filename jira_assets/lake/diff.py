"""Hold what Jira names of a project against what the lake has of it, in the engine, which spills to disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from jira_assets.jira.models import IssueRef
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest, RawFile, UnreadIssue
from jira_assets.lake.sql_files import literal, statement

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class StaleIssue(msgspec.Struct, frozen=True):
    """An issue to fetch, with what the lake knows of it and the version that Jira listed."""

    jira_id: str
    is_new: bool
    known_updated_at: datetime | None
    jira_key: str = ""
    listed_updated_at: datetime | None = None

    def unread(self, since: datetime, reason: str, *, is_left_out: bool = False) -> UnreadIssue:
        """Describe the issue as one that could not be read."""
        return UnreadIssue(
            self.jira_id, self.jira_key, self.listed_updated_at, since, reason, is_left_out=is_left_out
        )


class UnlistedIssue(msgspec.Struct, frozen=True):
    """An issue that stands in the lake, or was put away with its project, and that Jira did not name."""

    jira_id: str
    jira_key: str
    project_key: str
    updated_at: datetime | None
    is_put_away: bool = False


def find_lacking(lake: Lake, files: Sequence[RawFile], refs: Sequence[IssueRef]) -> list[IssueRef]:
    """Return which of these versions, of any projects, their project lacks in these raw files."""
    named = [msgspec.structs.replace(ref, id=f"{ref.project_id}/{ref.id}") for ref in refs]
    diff = _DiffOfMany(lake, Manifest("", "", raw=files))
    lacking = {issue.jira_id for issue in diff.add(named)}
    return [ref for ref, own in zip(refs, named, strict=True) if own.id in lacking]


class LakeDiff:
    """One reading of a project: pages of heads go in, the issues to fetch come out.

    With `read_again_before`, every issue that was not looked at since that observation counts as lacking;
    so do, in any case, the issues of these ids that are to be `read_again`.
    """

    _observations = "read_parquet([{}], hive_partitioning = false)"

    def __init__(
        self,
        lake: Lake,
        manifest: Manifest,
        *,
        read_again_before: int = 0,
        read_again: Collection[str] = (),
    ) -> None:
        self._lake = lake.cursor()  # with temporary tables of its own
        self._engine = self._lake.engine
        self._lake.expect_rows(sum(file.rows for file in manifest.raw))
        self._manifest = manifest
        self._read_again = list(read_again)
        self._read_again_before = max(read_again_before, 1 if read_again else 0)
        self._is_prepared = False
        self.named = 0

    def add(self, refs: Sequence[IssueRef], *, again: bool = False) -> list[StaleIssue]:
        """Take a page of heads; give those of its issues that the lake lacks, each once.

        A page of another listing of the same project comes `again`.
        """
        if not refs:
            return []
        self._prepare()
        question = {
            "ids": [ref.id for ref in refs],
            "keys": [ref.key for ref in refs],
            "updated": [None if ref.updated is None else _microseconds(ref.updated) for ref in refs],
        }
        self._engine.execute(statement("lake/diff/page"), question)
        if again:
            self._engine.execute(
                "insert into listed_again select unnest($ids::varchar[])", {"ids": question["ids"]}
            )
        self.named += self._count(
            f"insert into named select jira_id, jira_key, updated_at, {not again} from page"
        )
        self._lake.expect_rows(self.named)
        return self._lacking("page", self._read_again_before)

    def differing(self, before: datetime) -> int:
        """Count the issues that one of two listings has and the other lacks, and that are older than that."""
        query = statement(
            "lake/diff/differing", before=literal(f"{before.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}")
        )
        return self._count(query) if self._is_prepared else 0

    def is_listed(self, ids: Sequence[str]) -> set[str]:
        """Return which of these issues a page has named."""
        if not ids or not self._is_prepared:
            return set()
        query = "select jira_id from named where jira_id in (select unnest($ids::varchar[]))"
        return {str(row[0]) for row in self._engine.execute(query, {"ids": list(ids)}).fetchall()}

    def stale_of(self, refs: Sequence[IssueRef]) -> list[StaleIssue]:
        """Look issues up in the lake that no page named; all of them count as lacking."""
        if not refs:
            return []
        self._prepare()
        query = (
            "select jira_id, updated_at from known "
            "where not is_tombstone and jira_id in (select unnest($ids::varchar[]))"
        )
        rows = self._engine.execute(query, {"ids": [ref.id for ref in refs]}).fetchall()
        found = {row[0]: _aware(row[1]) for row in rows}
        return [
            StaleIssue(ref.id, ref.id not in found, found.get(ref.id), ref.key, ref.updated) for ref in refs
        ]

    def unseen(self) -> list[UnlistedIssue]:
        """List what stands in the lake or was put away, and no page named."""
        self._prepare()
        rows = self._engine.execute(statement("lake/diff/unlisted")).fetchall()
        return [UnlistedIssue(row[0], row[1], row[2], _aware(row[3]), row[4]) for row in rows]

    def alive(self) -> int:
        """Count the issues that stand in the lake."""
        self._prepare()
        return self._count("select count(*) from known where not is_tombstone")

    def look_again(self) -> list[StaleIssue]:
        """Read the lake anew, and list what it lacks of everything that was named."""
        self._prepare()
        self._read_known()
        return self._lacking("named", 0)

    def _prepare(self) -> None:
        """Read the lake when it first matters: an idle project names nothing, and needs none of this."""
        if not self._is_prepared:
            self._engine.execute(
                "create or replace temp table named "
                "(jira_id varchar, jira_key varchar, updated_at timestamp, is_first boolean)"
            )
            self._engine.execute("create or replace temp table listed_again (jira_id varchar)")
            self._read_known()
            self._is_prepared = True

    def _read_known(self) -> None:
        files = [literal(path) for path in self._lake.paths(file.path for file in self._manifest.raw)]
        observations = (
            self._observations.format(", ".join(files))
            if files
            else f"({statement('lake/derive/no_observations')})"
        )
        self._engine.execute(statement("lake/diff/known", observations=observations))
        if self._read_again:
            # As if they had been looked at before the first observation.
            query = "update known set looked_at = 0 where jira_id in (select unnest($ids::varchar[]))"
            self._engine.execute(query, {"ids": self._read_again})

    def _lacking(self, table: str, read_again_before: int) -> list[StaleIssue]:
        query = statement("lake/diff/stale", table=table, read_again_before=read_again_before)
        return [
            StaleIssue(jira_id, is_new, _aware(known), jira_key, _aware(listed))
            for jira_id, is_new, known, jira_key, listed in self._engine.execute(query).fetchall()
        ]

    def _count(self, query: str) -> int:
        found = self._engine.execute(query).fetchone()
        return int(found[0]) if found else 0


class _DiffOfMany(LakeDiff):
    """A reading of many projects at once: an issue is another one in each project that it was in."""

    _observations = (
        f"(select * replace (project_id || '/' || jira_id as jira_id) from {LakeDiff._observations})"
    )


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _aware(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=UTC)
