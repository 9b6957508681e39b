"""Bring Delta tables to the newest publish: write files, commit each table, name the versions.

Tables are written table by table and file by file, so that memory stays within that of DuckDB. All files are
there before the first table is committed. The versions are named last: see `versions.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jira_assets.clock import utc_now
from jira_assets.errors import TargetError
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.locks import lock_held
from jira_assets.lake.scratch import Scratch
from jira_assets.lake.sql_files import literal
from jira_assets.memory import default_memory_limit
from jira_assets.settings.load import Settings
from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.sandbox import file_of
from jira_assets.warehouse.targets.delta.folder import Conflict, DeltaFolder, Present, Shape
from jira_assets.warehouse.targets.delta.layout import (
    File,
    Group,
    Layout,
    choose_layout,
    groups_of,
    has_rows_of,
    new_path,
)
from jira_assets.warehouse.targets.delta.types import changed_values, written
from jira_assets.warehouse.targets.delta.versions import RELATION, VERSIONS, TableVersion, select_versions
from jira_assets.warehouse.targets.relations import (
    ISSUES,
    Relation,
    Slice,
    published_relations,
    read_slices,
)
from jira_assets.warehouse.targets.target import Shown

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

NAME = "delta"
ATTEMPTS = 3
"""How often a publish begins anew because a commit of another process came between."""

AT_ONCE = 8
"""Requests to an object store that wait for their answers at the same time."""

_GROUP = "_group"
_OF_VERSIONS = Shape.of(RELATION, Layout(None, 1))


@dataclass(frozen=True)
class DeltaTarget:
    """A folder, or an address in an object store, with a Delta table for each published table."""

    place: str
    days_kept: int = 7
    name: str = NAME
    clock: Callable[[], datetime] = field(default=utc_now, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> DeltaTarget:
        """Take the folder of the settings. Raises `TargetError` when they name none."""
        if settings.publish_delta_url is None:
            raise TargetError(
                "JIRA_ASSETS_PUBLISH names delta, but no place is set.",
                "Set JIRA_ASSETS_PUBLISH_DELTA_URL to a folder, s3://bucket/path, gs://bucket/path or "
                "az://container/path.",
            )
        return cls(settings.publish_delta_url, settings.publish_delta_days)

    def publish(self, warehouse_file: Path, *, force: bool = False, memory_limit: str | None = None) -> Shown:
        """Show what the file has: all of it anew with `force`, otherwise what differs."""
        folder = DeltaFolder(self.place, self.days_kept)

        def publish(sparing: bool) -> Shown:
            options: dict[str, Any] = {"memory_limit": memory_limit or default_memory_limit(sparing=sparing)}
            options |= {"threads": 1} if sparing else {}
            return self._publish(folder, warehouse_file, options, force=force)

        # One publisher of a home at a time. The file is opened after that, so no older publish can follow.
        with lock_held(warehouse_file.parent / ".delta.lock", "publishing to Delta"):
            for _ in range(ATTEMPTS):
                try:
                    return sparing_memory(publish)
                except Conflict:
                    continue
        raise TargetError(
            f"Others write to the Delta tables in {self.place} all the time.",
            "Give each home a folder of its own, and do not optimize or vacuum these tables elsewhere.",
        )

    def _publish(self, folder: DeltaFolder, file: Path, options: Mapping[str, Any], *, force: bool) -> Shown:
        with ExitStack() as stack:
            scratch = Scratch(file.parent / ".delta")
            stack.callback(scratch.release)
            scratch.folder.mkdir()
            stack.callback(shutil.rmtree, scratch.folder)
            pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="delta"))
            warehouse = stack.enter_context(
                closing(open_warehouse(file, exports=scratch.folder.resolve(), **options))
            )
            kept = timedelta(days=self.days_kept)
            publication = _Publication(folder, warehouse, scratch.folder, pool, self.clock(), kept)
            return publication.run(file_of(warehouse).parent.name, force)

    def shown(self) -> Shown | None:
        """Read which publish the tables show."""
        folder = DeltaFolder(self.place, self.days_kept)
        present = folder.open(VERSIONS)
        return _shown(_versions(folder, present)) if present else None


def _versions(folder: DeltaFolder, present: Present) -> dict[str, TableVersion]:
    if not present.is_as(_OF_VERSIONS):
        return {}  # of another version of the program: all is compared anew
    rows = map(TableVersion.of, folder.rows(present))
    return {row.table_name: row for row in rows}


def _shown(versions: Mapping[str, TableVersion]) -> Shown | None:
    if not versions:
        return None
    stamp = next(iter(versions.values())).stamp
    changed = sum(row.changed_values for row in versions.values())
    return Shown(shown_at(versions), changed, stamp)


@dataclass(frozen=True)
class _Table:
    """A table on its way to the newest publish: what is there, what it has to be, what stays of its files."""

    relation: Relation
    present: Present | None
    shape: Shape
    stays: tuple[File, ...]
    gone: tuple[File, ...]
    new: tuple[Group, ...]
    is_whole: bool
    """Whether it is written as a whole: it is new, has other columns or another layout, or was changed."""

    @property
    def is_current(self) -> bool:
        """Whether nothing has to be done."""
        return not self.is_whole and not self.gone and not self.new


@dataclass(frozen=True)
class _Publication:
    """One publish on its way into the tables."""

    folder: DeltaFolder
    warehouse: duckdb.DuckDBPyConnection
    scratch: Path
    pool: ThreadPoolExecutor
    now: datetime
    kept: timedelta

    def run(self, stamp: str, force: bool) -> Shown:
        """Bring every table to what the file has, then name the versions."""
        present = self.folder.open(VERSIONS)
        before = _versions(self.folder, present) if present else {}
        shown = _shown(before)
        if shown and shown.stamp == stamp and not force:
            return shown
        relations = published_relations(self.warehouse)
        plan = list(self._plan(relations, before, force))
        files = {table.relation.name: self._write(table) for table in plan if not table.is_current}
        versions = list(self.pool.map(lambda table: self._commit(table, files), plan))
        rows = self._rows(stamp, zip(plan, versions, strict=True), files, before)
        rows += self._retire(before.keys() - {relation.name for relation in relations}, before, rows[0])
        self._name(present, rows)
        self._tidy(before, {row.table_name: row for row in rows}, present)
        shown = _shown({row.table_name: row for row in rows})
        assert shown is not None  # noqa: S101  # a publish has tables
        return replace(shown, written=sum(file.rows for new in files.values() for file in new))

    def _plan(
        self, relations: Sequence[Relation], before: Mapping[str, TableVersion], force: bool
    ) -> Iterator[_Table]:
        opened = dict(
            zip(
                (relation.name for relation in relations),
                self.pool.map(self.folder.open, [relation.name for relation in relations]),
                strict=True,
            )
        )
        self._check_free(opened, before)
        slices = {relation.name: read_slices(self.warehouse, relation) for relation in relations}
        projects = len(slices.get(ISSUES, {}))
        for relation in relations:
            yield _compared(relation, opened[relation.name], slices[relation.name], projects, force)

    def _check_free(self, opened: Mapping[str, Present | None], before: Mapping[str, TableVersion]) -> None:
        """Raise `TargetError` where something that is not ours has the name of a published table."""
        taken = [name for name, table in opened.items() if table and not table.layout and name not in before]
        if taken:
            raise TargetError(
                f"{self.folder.url} has Delta tables that jira_assets did not publish: {', '.join(taken)}.",
                "Name another folder by JIRA_ASSETS_PUBLISH_DELTA_URL, or remove them.",
            )

    def _write(self, table: _Table) -> list[File]:
        """Write the files of the groups that differ; all are in place when this returns."""
        if not table.new:
            return []
        relation, layout = table.relation, table.shape.layout
        groups = {group.name: group for group in table.new}
        slices = [name for group in table.new for name in group.slices]
        columns = [each for each in relation.columns if each.name != layout.partition]
        among = "" if table.is_whole else relation.among(slices)
        query = (
            f"select {written(columns)}, {layout.group_of_row(relation.slice_of_row)} as {_GROUP} "
            f"from {relation.rows}{among}"
        )
        changed = self._changed(relation, among)
        files, uploads = [], []
        for local, rows, name in _write_parquet(self.warehouse, query, self.scratch / relation.name):
            lost = sum(changed.pop(each, 0) for each in groups[name].slices)
            path = new_path(layout, groups[name], lost)
            files.append(File(path, name, rows, local.stat().st_size, groups[name].digest, lost))
            uploads.append(self.pool.submit(self._upload, local, f"{relation.name}/{path}"))
        for upload in uploads:
            upload.result()
        if (found := sum(file.rows for file in files)) != (wanted := sum(group.rows for group in table.new)):
            raise TargetError(f"{found:,} rows of {relation.name} were written, not {wanted:,}.", "")
        return files

    def _upload(self, local: Path, path: str) -> None:
        self.folder.upload(local, path)
        local.unlink()

    def _changed(self, relation: Relation, among: str) -> dict[str, int]:
        """Count by slice the values that become null."""
        changed = changed_values(relation.columns)
        if changed is None:
            return {}
        found = self.warehouse.execute(
            f"select {relation.slice_of_row}, sum({changed})::bigint from {relation.rows}{among} group by all"
        ).fetchall()
        return {name: count for name, count in found if count}

    def _commit(self, table: _Table, files: Mapping[str, Sequence[File]]) -> int:
        """Return the version of a table that has what the file has."""
        new = files.get(table.relation.name, [])
        if table.is_whole:
            return self.folder.replace(table.relation.name, table.present, table.shape, new)
        assert table.present is not None  # noqa: S101  # it is not written as a whole
        if table.is_current:
            return table.present.version
        return self.folder.update(table.present, table.shape, table.gone, new, self.now)

    def _rows(
        self,
        stamp: str,
        committed: Iterator[tuple[_Table, int]],
        files: Mapping[str, Sequence[File]],
        before: Mapping[str, TableVersion],
    ) -> list[TableVersion]:
        info = dict(self.warehouse.execute("select key, value from warehouse_info").fetchall())
        published_at = datetime.strptime(info["published_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        rows = []
        for table, version in committed:
            name = table.relation.name
            held, known = [*table.stays, *files.get(name, [])], before.get(name)
            row = TableVersion(
                name,
                version,
                rows=sum(file.rows for file in held),
                is_published=True,
                published_at=published_at,
                changed_at=known.changed_at if known and table.is_current else published_at,
                changed_values=sum(file.changed_values for file in held),
                stamp=stamp,
                tidied_at=self._tidied_at(known),
            )
            rows.append(row)
        return rows

    def _tidied_at(self, known: TableVersion | None) -> datetime:
        """Return when a table was last tidied, as of the end of this publish."""
        return self.now if known is None or known.is_due(self.now, self.kept) else known.tidied_at

    def _retire(
        self, names: set[str], before: Mapping[str, TableVersion], published: TableVersion
    ) -> list[TableVersion]:
        """Take the rows out of tables that are no longer published; return what to name of them."""
        rows = []
        for name in sorted(names):
            known = before[name]
            present = None if known.is_over(self.kept) else self.folder.open(name)
            if present is None:
                continue
            row = replace(
                known,
                is_published=False,
                published_at=published.published_at,
                stamp=published.stamp,
                tidied_at=self._tidied_at(known),
            )
            if known.is_published:
                shape = Shape(present.schema, present.description, present.layout or Layout(None, 1))
                version = self.folder.replace(name, present, shape, [])
                row = replace(row, version=version, rows=0, changed_values=0, changed_at=self.now)
            rows.append(row)
        return rows

    def _name(self, present: Present | None, rows: Sequence[TableVersion]) -> None:
        """Write which versions belong to the publish: from now on readers see it."""
        selected = select_versions(rows)
        group = Group("0", (), len(rows), sha256(selected.encode()).hexdigest()[:16])
        path = new_path(_OF_VERSIONS.layout, group, 0)
        query = f"select {written(RELATION.columns)}, '0' as {_GROUP} from {selected}"
        [(local, rows_written, _)] = _write_parquet(self.warehouse, query, self.scratch / VERSIONS)
        file = File(path, group.name, rows_written, local.stat().st_size, group.digest, 0)
        self._upload(local, f"{VERSIONS}/{path}")
        if present and present.is_as(_OF_VERSIONS):
            self.folder.update(present, _OF_VERSIONS, present.all_files, [file], self.now)
        else:
            self.folder.replace(VERSIONS, present, _OF_VERSIONS, [file])

    def _tidy(
        self,
        before: Mapping[str, TableVersion],
        now: Mapping[str, TableVersion],
        present: Present | None,
    ) -> None:
        """Remove old files, now and then; those of this publish and of the one before always stay.

        The log of a table is cut off only if its version of the publish before is young: it stays then.
        """

        def tidy(name: str) -> None:
            versions = [each[name].version for each in (before, now) if name in each]
            self.folder.tidy(name, versions, cut_log=self.now - before[name].changed_at < self.kept)

        due = [name for name in now if name in before and before[name].is_due(self.now, self.kept)]
        list(self.pool.map(tidy, due))
        if due and present:
            self.folder.tidy(VERSIONS, [present.version], cut_log=self.now - shown_at(before) < self.kept)


def shown_at(versions: Mapping[str, TableVersion]) -> datetime:
    """Return the time of a publish."""
    return next(iter(versions.values())).published_at


def _compared(
    relation: Relation, present: Present | None, slices: Mapping[str, Slice], projects: int, force: bool
) -> _Table:
    suiting = present.layout if present and not force else None
    shape = Shape.of(relation, choose_layout(relation, slices, projects, suiting))
    groups = groups_of(shape.layout, slices)
    if force or present is None or not present.is_as(shape):
        return _Table(relation, present, shape, (), (), tuple(groups.values()), is_whole=True)
    there = present.files
    same = {name for name, group in groups.items() if has_rows_of(group, there.get(name, ()))}
    stays = tuple(file for file in present.all_files if file.group in same)
    gone = tuple(file for file in present.all_files if file.group not in same)
    new = tuple(group for name, group in groups.items() if name not in same)
    return _Table(relation, present, shape, stays, gone, new, is_whole=False)


def _write_parquet(
    warehouse: duckdb.DuckDBPyConnection, query: str, folder: Path
) -> list[tuple[Path, int, str]]:
    """Write the rows of each `_GROUP` to a file or several; return them with numbers of rows and groups."""
    found = warehouse.execute(
        f"copy ({query}) to {literal(folder.resolve())} "
        f"(format parquet, compression zstd, partition_by ({_GROUP}), return_stats)"
    )
    names = [column for column, *_ in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [(Path(row["filename"]), row["count"], row["partition_keys"][_GROUP]) for row in rows]
