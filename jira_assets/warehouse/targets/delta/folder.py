"""A folder or an address in an object store that has Delta tables: read their logs, add files, commit.

Every commit fails where another one was made since the table was opened. So a version holds what its
publisher put there, and nothing of another.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from jira_assets.errors import TargetError
from jira_assets.object_stores import endpoint_of, in_a_line
from jira_assets.warehouse.targets.delta.layout import PARTITION, File, Layout, file_of_name
from jira_assets.warehouse.targets.delta.types import field_of, kind_of
from jira_assets.warehouse.targets.relations import Relation

if TYPE_CHECKING:  # loaded late: it is optional
    from deltalake import DeltaTable, Schema
    from deltalake.transaction import AddAction, CommitProperties, RemoveAction

Given = ParamSpec("Given")
Returned = TypeVar("Returned")

HOW_TO_INSTALL = "python -m pip install 'jira_assets[delta]'"
COMMENT = "comment"
LAYOUT = "jira_assets.layout"
FORMAT = "jira_assets.format"
"""Metadata of the first column: how the table is divided, and the version of how values are written."""

PRESENT_FORMAT = "1"
CHECKPOINT_INTERVAL = 50
"""After so many versions the log is written anew: readers begin there."""

_OPTIONS = {"max_retries": "3", "retry_timeout": "30s", "connect_timeout": "10s", "timeout": "120s"}
_CHUNK = 1 << 22
_REMEDY = (
    "Check JIRA_ASSETS_PUBLISH_DELTA_URL, and that this process may read, write and list there "
    "(docs/targets.md). The next publish tries again."
)


class Conflict(Exception):
    """Another commit to the table was made meanwhile."""


@dataclass(frozen=True)
class Shape:
    """What a table is besides its rows: its schema as Delta writes it, its description, its layout."""

    schema: Mapping[str, Any]
    description: str
    layout: Layout

    @classmethod
    def of(cls, relation: Relation, layout: Layout) -> Shape:
        """Return what the table of a relation has to be."""
        fields: list[dict[str, Any]] = []
        for column in relation.columns:
            metadata = {COMMENT: column.comment} if column.comment else {}
            if not fields:
                metadata |= {LAYOUT: layout.text, FORMAT: PRESENT_FORMAT}
            fields.append(field_of(column.name, kind_of(column.type), metadata))
        return cls({"type": "struct", "fields": fields}, relation.comment, layout)


@dataclass(frozen=True)
class Present:
    """A table as it was opened: its version and, by group, its files.

    `layout` is None for a table that was not made here, `is_intact` false where others changed it.
    """

    delta: DeltaTable = field(repr=False)
    name: str
    version: int
    schema: Mapping[str, Any]
    description: str
    layout: Layout | None
    files: Mapping[str, Sequence[File]]
    is_intact: bool

    @property
    def all_files(self) -> list[File]:
        """Its files that were written here."""
        return [file for files in self.files.values() for file in files]

    def is_as(self, shape: Shape) -> bool:
        """Check whether it differs in rows at most."""
        same = (self.schema, self.description, self.layout) == (shape.schema, shape.description, shape.layout)
        return same and self.is_intact


def _speaking(
    method: Callable[Concatenate[DeltaFolder, Given], Returned],
) -> Callable[Concatenate[DeltaFolder, Given], Returned]:
    """Raise as `delta_errors` does."""

    @functools.wraps(method)
    def wrapped(self: DeltaFolder, /, *args: Given.args, **options: Given.kwargs) -> Returned:
        with delta_errors(self.url, _REMEDY):
            return method(self, *args, **options)

    return wrapped


@contextmanager
def delta_errors(address: str, remedy: str) -> Iterator[None]:
    """Raise `TargetError` for what the block meets in the store, and `Conflict` for a lost race."""
    from deltalake.exceptions import CommitFailedError, DeltaError

    try:
        yield
    except CommitFailedError:
        raise Conflict from None
    except (DeltaError, OSError) as error:
        raise TargetError(f"Delta ({address}) says: {in_a_line(str(error))}.", remedy) from None


def check_installed() -> None:
    """Raise `TargetError` where the package is missing that knows Delta."""
    try:
        import deltalake  # noqa: F401
    except ImportError:
        raise TargetError(
            "Delta tables need the package deltalake, which is not installed.",
            f"Install it: {HOW_TO_INSTALL}.",
        ) from None


def store_options(address: str) -> dict[str, str] | None:
    """Return how the store of an address is asked; None for a folder."""
    if "://" not in address:
        return None
    endpoint = endpoint_of(address, os.environ)
    if endpoint is None:
        return _OPTIONS
    # The client itself does not know all names of the variable.
    return {**_OPTIONS, "endpoint": endpoint, "allow_http": str(endpoint.startswith("http://")).lower()}


class DeltaFolder:
    """The folder of the published tables, each of which is a folder in it. Raises `TargetError`."""

    def __init__(self, url: str, days_kept: int) -> None:
        check_installed()
        self.url = url
        self._is_local = "://" not in url
        self._configuration = {
            "delta.checkpointInterval": str(CHECKPOINT_INTERVAL),
            # After a commit, this would remove the version before it, if that is old: the one that is named.
            "delta.enableExpiredLogCleanup": "false",
            "delta.logRetentionDuration": f"interval {days_kept} days",
            "delta.deletedFileRetentionDuration": f"interval {days_kept} days",
        }
        self._hours_kept = days_kept * 24

    @functools.cached_property
    def _files(self) -> Any:
        # The part of the package by which pyarrow would read and write: it needs none itself.
        from deltalake._internal import DeltaFileSystemHandler

        if self._is_local:
            Path(self.url).mkdir(parents=True, exist_ok=True)
        return DeltaFileSystemHandler(self.url, self._options)

    @property
    def _options(self) -> dict[str, str] | None:
        return store_options(self.url)

    def address(self, table: str) -> str:
        """Return where a table is."""
        return f"{self.url}/{table}"

    @_speaking
    def open(self, table: str) -> Present | None:
        """Read the newest version of a table; None when there is no such table."""
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        try:
            delta = DeltaTable(self.address(table), storage_options=self._options)
        except TableNotFoundError:
            return None
        schema, metadata = json.loads(delta.schema().to_json()), delta.metadata()
        about = schema["fields"][0]["metadata"] if schema["fields"] else {}
        found = _files_of(delta)
        files: dict[str, list[File]] = {}
        for file in found:
            if file:
                files.setdefault(file.group, []).append(file)
        layout = Layout.of(about.get(LAYOUT, ""))
        expected = [layout.partition] if layout and layout.partition else []
        return Present(
            delta,
            table,
            delta.version(),
            schema,
            metadata.description or "",
            layout,
            files,
            is_intact=None not in found and metadata.partition_columns == expected,
        )

    @_speaking
    def upload(self, file: Path, path: str) -> None:
        """Copy a file to a path below the folder."""
        with file.open("rb") as source:
            stream = self._files.open_output_stream(path)
            while chunk := source.read(_CHUNK):
                stream.write(chunk)
            stream.close()

    @_speaking
    def replace(self, table: str, present: Present | None, shape: Shape, files: Sequence[File]) -> int:
        """Make a table have this shape and these files only; return the version that has them."""
        from deltalake.transaction import create_table_with_add_actions

        create_table_with_add_actions(
            self.address(table),
            _schema(shape),
            [_added(shape.layout, file) for file in files],
            mode="overwrite" if present else "error",
            partition_by=shape.layout.partition,
            name=table,
            description=shape.description,
            configuration=self._configuration,
            storage_options=self._options,
            commit_properties=unrepeated(),
        )
        found = self.open(table)
        paths = {file.path for file in files}
        if found is None or not found.is_as(shape) or {file.path for file in found.all_files} != paths:
            raise Conflict
        return found.version

    @_speaking
    def update(
        self, present: Present, shape: Shape, gone: Sequence[File], files: Sequence[File], now: datetime
    ) -> int:
        """Put files in the place of others; return the version that has them."""
        layout = shape.layout
        present.delta.create_write_transaction(
            [*(_added(layout, file) for file in files), *(_removed(layout, file, now) for file in gone)],
            mode="append",
            schema=_schema(shape),
            partition_by=layout.partition,
            commit_properties=unrepeated(),
        )
        return present.version + 1

    @_speaking
    def tidy(self, table: str, versions: Sequence[int], *, cut_log: bool) -> None:
        """Remove files that are of no version which has to be kept, and follow the settings.

        Those of these versions stay, however old they are. To `cut_log` removes the entries of its log that
        are old, and after which there is a checkpoint that is not younger than the oldest of the others.
        """
        present = self.open(table)
        if present is None:
            return
        known = present.delta.metadata().configuration
        if any(known.get(name) != value for name, value in self._configuration.items()):
            present.delta.alter.set_table_properties(self._configuration)
        present.delta.vacuum(
            retention_hours=self._hours_kept,
            dry_run=False,
            enforce_retention_duration=False,
            full=True,
            keep_versions=sorted(set(versions)),
        )
        if cut_log:
            present.delta.cleanup_metadata()

    @_speaking
    def rows(self, present: Present) -> list[dict[str, Any]]:
        """Read all rows of a small table."""
        table = present.delta.scan().read_all()
        columns = {name: table[name].to_pylist() for name in table.column_names}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _files_of(delta: DeltaTable) -> list[File | None]:
    actions: Any = delta.get_add_actions()
    names = [
        name for name in ("path", "partition", "num_records", "size_bytes") if name in actions.column_names
    ]
    columns = {name: actions[name].to_pylist() for name in names}
    none = [None] * len(columns["path"])
    found = zip(
        columns["path"],
        columns.get("partition", none),
        columns.get("num_records", none),
        columns["size_bytes"],
        strict=True,
    )
    return [file_of_name(*each) for each in found]


def _schema(shape: Shape) -> Schema:
    from deltalake import Schema

    return Schema.from_json(json.dumps(shape.schema))


def _partition_of(layout: Layout, file: File) -> dict[str, str | None]:
    return {PARTITION: file.group or None} if layout.partition else {}


def _added(layout: Layout, file: File) -> AddAction:
    from deltalake.transaction import AddAction

    statistics = json.dumps({"numRecords": file.rows})
    return AddAction(
        file.path, file.size, _partition_of(layout, file), time.time_ns() // 1_000_000, True, statistics
    )


def _removed(layout: Layout, file: File, now: datetime) -> RemoveAction:
    from deltalake.transaction import RemoveAction

    return RemoveAction(file.path, True, int(now.timestamp() * 1000), file.size, _partition_of(layout, file))


def unrepeated() -> CommitProperties:
    """Return that a commit which meets another one fails."""
    from deltalake.transaction import CommitProperties

    return CommitProperties(max_commit_retries=0)
