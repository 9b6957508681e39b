"""Which slices of a table share files, and the names of files, which say what is in them.

A table with a column `project_id` is partitioned by it. In other tables, and in those of homes with very many
projects, files hold the slices of a bucket. So a change rewrites a small part of a large table, and a small
table has few files.

The names of the files of a group have the digest of its rows. So the log of a table shows what the table
holds, to whichever process publishes next.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jira_assets.warehouse.targets.relations import OF_NO_PROJECT, Relation, Slice

PARTITION = "project_id"
MOST_PARTITIONS = 1_000
"""Reading a table costs a request for each file in an object store; so does writing it the first time."""

ROWS_OF_A_BUCKET = 40_000
"""About a tenth of a second to write."""

MOST_BUCKETS = 64
_NAME = re.compile(r"(?P<group>[^/]+)/(?P<digest>[0-9a-f]{16})-(?P<changed>\d+)-[0-9a-f]{8}\.parquet")


@dataclass(frozen=True)
class Layout:
    """How a table is divided: by its partition column, or else into so many buckets."""

    partition: str | None
    buckets: int = 0

    @property
    def text(self) -> str:
        """Its name, which a table keeps."""
        return self.partition or str(self.buckets)

    @classmethod
    def of(cls, text: str) -> Layout | None:
        """Return a layout by its name."""
        if text == PARTITION:
            return cls(PARTITION)
        return cls(None, int(text)) if text.isdigit() and int(text) else None

    def group_of(self, name: str) -> str:
        """Return the group to which a slice belongs."""
        if self.partition:
            return name
        digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        return str(int(digest[:2], 16) % self.buckets)

    def group_of_row(self, slice_of_row: str) -> str:
        """Return in DuckDB's SQL the group of a row."""
        if self.partition:
            return slice_of_row
        return f"(('0x' || md5({slice_of_row})[:2])::integer % {self.buckets})::varchar"


@dataclass(frozen=True)
class Group:
    """The slices that share files, with the number of their rows and a digest of all values."""

    name: str
    slices: tuple[str, ...]
    rows: int
    digest: str


@dataclass(frozen=True)
class File:
    """A file of a table: its path in the folder of the table, and what its name says."""

    path: str
    group: str
    rows: int
    size: int
    digest: str
    changed_values: int


def choose_layout(
    relation: Relation, slices: Mapping[str, Slice], projects: int, present: Layout | None
) -> Layout:
    """Choose how a table is divided; a layout that suits it stays, since another one rewrites all."""
    has_partition = any(column.name == PARTITION for column in relation.columns)
    if has_partition and (projects <= MOST_PARTITIONS or present == Layout(PARTITION)):
        return Layout(PARTITION)
    rows, buckets = sum(each.rows for each in slices.values()), 1
    while buckets < MOST_BUCKETS and rows > buckets * ROWS_OF_A_BUCKET:
        buckets *= 4
    suits = present is not None and present.partition is None and present.buckets >= buckets
    return present if suits and present else Layout(None, buckets)


def groups_of(layout: Layout, slices: Mapping[str, Slice]) -> dict[str, Group]:
    """Return the groups of a table that have rows, by name."""
    members: dict[str, list[str]] = {}
    for name in sorted(slices):
        if slices[name].rows:
            members.setdefault(layout.group_of(name), []).append(name)
    return {name: _group(name, slices, among) for name, among in members.items()}


def _group(name: str, slices: Mapping[str, Slice], members: Iterable[str]) -> Group:
    text = "\n".join(f"{each} {slices[each].rows} {slices[each].digest}" for each in members)
    rows = sum(slices[each].rows for each in members)
    return Group(name, tuple(members), rows, hashlib.sha256(text.encode()).hexdigest()[:16])


def has_rows_of(group: Group, files: Sequence[File]) -> bool:
    """Check whether files have the rows of a group, all of them."""
    return {file.digest for file in files} == {group.digest} and group.rows == sum(
        file.rows for file in files
    )


def new_path(layout: Layout, group: Group, changed_values: int) -> str:
    """Name a new file for a group, in the folder of the table; no other file ever has the name."""
    folder = group.name
    if layout.partition:
        # The log has the value: the folder is only for people, and needs no characters that are escaped.
        folder = f"{PARTITION}={re.sub(r'[^A-Za-z0-9_-]', '_', group.name) or '__HIVE_DEFAULT_PARTITION__'}"
    return f"{folder}/{group.digest}-{changed_values}-{uuid.uuid4().hex[:8]}.parquet"


def file_of_name(
    path: str, partition: Mapping[str, str | None] | None, rows: int | None, size: int
) -> File | None:
    """Return a file as its name says; None for one that was not written here."""
    found = _NAME.fullmatch(path)
    if found is None or rows is None:
        return None
    group = found["group"] if not partition else partition.get(PARTITION) or OF_NO_PROJECT
    return File(path, group, rows, size, found["digest"], int(found["changed"]))
