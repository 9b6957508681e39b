"""Name the raw files of a lake in the log of a Delta table: they are read where they are, without a copy."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jira_assets.errors import TargetError
from jira_assets.warehouse.targets.delta.folder import (
    CHECKPOINT_INTERVAL,
    Conflict,
    check_installed,
    delta_errors,
    store_options,
    unrepeated,
)

if TYPE_CHECKING:  # loaded late: it is optional
    from deltalake import Schema
    from deltalake.transaction import AddAction, RemoveAction

PARTITION = "project"
"""The folders of the files have its values; the files do not."""

COLUMNS = {
    "jira_id": "string",
    "jira_key": "string",
    "project_id": "string",
    "project_key": "string",
    "updated_at": "timestamp_ntz",
    "asked_at": "timestamp_ntz",
    "seq": "long",
    "kind": "string",
    "payload": "string",
    "histories": "string",
}
"""What a raw file holds (lake/sql/write_raw.sql), in Delta's types; times are UTC."""

ATTEMPTS = 3
_CONFIGURATION = {
    "delta.checkpointInterval": str(CHECKPOINT_INTERVAL),
    "delta.enableExpiredLogCleanup": "true",
    "delta.logRetentionDuration": "interval 7 days",
    # The lake itself removes what it names no more. What is not named yet is not for others to remove.
    "delta.deletedFileRetentionDuration": "interval 365 days",
}
_REMEDY = (
    "Check that this process may read, write and list there, and that no other program commits to it. "
    "The next publish tries again."
)


@dataclass(frozen=True)
class DataFile:
    """A raw file: its path below the folder of the table, its rows, its bytes."""

    path: str
    rows: int
    size: int

    @property
    def partition(self) -> dict[str, str | None]:
        """The values of its partition column, which its folder has."""
        return {PARTITION: self.path.partition("/")[0].removeprefix(f"{PARTITION}=")}


def show_files(address: str, files: Iterable[DataFile]) -> int:
    """Have the newest version of the table at an address name these files and no others; return its number.

    Nothing is committed where that is so already. Raises `TargetError`.
    """
    check_installed()
    wanted = {file.path: file for file in files}
    for _ in range(ATTEMPTS):
        try:
            with delta_errors(address, _REMEDY):
                return _show(address, wanted)
        except Conflict:
            continue
    raise TargetError(f"Others write to the Delta table {address} all the time.", _REMEDY)


def _show(address: str, wanted: Mapping[str, DataFile]) -> int:
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError
    from deltalake.transaction import create_table_with_add_actions

    options = store_options(address)
    try:
        table = DeltaTable(address, storage_options=options)
    except TableNotFoundError:
        create_table_with_add_actions(
            address,
            _schema(),
            [_added(file) for file in wanted.values()],
            mode="error",
            partition_by=[PARTITION],
            name="raw",
            description="Issues as Jira gave them, each time they were read; payloads and changes are JSON",
            configuration=_CONFIGURATION,
            storage_options=options,
            commit_properties=unrepeated(),
        )
        return 0
    present = _files_of(table)
    changes: list[AddAction | RemoveAction] = [
        *(_added(file) for path, file in wanted.items() if path not in present),
        *(_removed(file) for path, file in present.items() if path not in wanted),
    ]
    if not changes:
        return table.version()
    table.create_write_transaction(
        changes, mode="append", schema=_schema(), partition_by=[PARTITION], commit_properties=unrepeated()
    )
    return table.version() + 1


def _files_of(table: Any) -> dict[str, DataFile]:
    actions = table.get_add_actions()
    columns = [actions[name].to_pylist() for name in ("path", "num_records", "size_bytes")]
    return {path: DataFile(path, rows or 0, size) for path, rows, size in zip(*columns, strict=True)}


def _schema() -> Schema:
    from deltalake import Schema

    fields = [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in {**COLUMNS, PARTITION: "string"}.items()
    ]
    return Schema.from_json(json.dumps({"type": "struct", "fields": fields}))


def _added(file: DataFile) -> AddAction:
    from deltalake.transaction import AddAction

    statistics = json.dumps({"numRecords": file.rows})
    return AddAction(file.path, file.size, file.partition, _now_ms(), True, statistics)


def _removed(file: DataFile) -> RemoveAction:
    from deltalake.transaction import RemoveAction

    return RemoveAction(file.path, True, _now_ms(), file.size, file.partition)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
