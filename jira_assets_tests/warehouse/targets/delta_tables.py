"""What tests do with Delta tables: fill them, read them as a client, compare them with the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from jira_assets.warehouse.read import open_warehouse
from jira_assets.warehouse.targets.delta.folder import store_options
from jira_assets.warehouse.targets.delta.target import DeltaTarget
from jira_assets.warehouse.targets.delta.versions import VERSIONS
from jira_assets.warehouse.targets.relations import published_relations
from jira_assets.warehouse.targets.target import Shown

Row = dict[str, Any]


@dataclass
class DeltaTables:
    """A target in a folder, and a client that knows nothing but the folder."""

    target: DeltaTarget

    @property
    def folder(self) -> Path:
        """The folder of the tables."""
        return Path(self.target.place)

    def publish(self, file: Path, *, force: bool = False) -> Shown:
        """Bring the tables to a published file."""
        return self.target.publish(file, force=force)

    def table(self, name: str, version: int | None = None) -> DeltaTable:
        """Open a table, by default its newest version."""
        place = self.target.place
        return DeltaTable(f"{place}/{name}", version=version, storage_options=store_options(place))

    def rows(self, name: str, version: int | None = None) -> list[Row]:
        """Read all rows of a table."""
        return _rows_of(self.table(name, version))

    def versions(self) -> dict[str, int]:
        """Read which versions belong to the newest publish."""
        return {row["table_name"]: row["version"] for row in self.rows(VERSIONS) if row["is_published"]}

    def newest(self) -> dict[str, int]:
        """Return the newest version of each of these tables."""
        return {name: self.table(name).version() for name in self.versions()}

    def differences(self, file: Path, *, newest: bool = True) -> dict[str, Any]:
        """Compare what the named versions have, or else the newest, with a file; nothing: they are equal."""
        found: dict[str, Any] = {}
        versions = self.versions()
        with closing(open_warehouse(file)) as warehouse:
            relations = published_relations(warehouse)
            for relation in relations:
                columns = [column.name for column in relation.columns]
                rows = warehouse.execute(f"select * from {relation.name}").fetchall()
                expected = Counter(_as_text(dict(zip(columns, row, strict=True))) for row in rows)
                last = self.table(relation.name)
                named = versions.get(relation.name, last.version())
                for version in {named, last.version()} if newest else {named}:
                    table = last if version == last.version() else self.table(relation.name, version)
                    present = Counter(map(_as_text, _rows_of(table)))
                    if present != expected:
                        found[f"{relation.name} {version}"] = (present - expected, expected - present)
                if (said := _comments_of(last)) != {c.name: c.comment for c in relation.columns}:
                    found[f"comments of {relation.name}"] = said
        if versions.keys() != {relation.name for relation in relations}:
            found["tables"] = versions.keys()
        return found

    def comments(self, name: str) -> dict[str, str]:
        """Read the comments of the columns."""
        return _comments_of(self.table(name))

    def files(self, name: str) -> set[str]:
        """Name the Parquet files that lie in the folder of a table, whether it has them or not."""
        folder = self.folder / name
        paths = (path.relative_to(folder) for path in folder.rglob("*.parquet"))
        return {str(path) for path in paths if path.parts[0] != "_delta_log"}


def _rows_of(table: DeltaTable) -> list[Row]:
    if not table.file_uris():
        return []
    found = table.scan().read_all()
    columns = {column: found[column].to_pylist() for column in found.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _comments_of(table: DeltaTable) -> dict[str, str]:
    fields = json.loads(table.schema().to_json())["fields"]
    return {each["name"]: each["metadata"].get("comment", "") for each in fields}


def _as_text(row: Row) -> str:
    return repr(sorted((name, repr(_plain(value))) for name, value in row.items()))


def _plain(value: Any) -> Any:
    """Write a value of either side alike: times as UTC, maps as pairs."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, dict):
        return [(key, _plain(each)) for key, each in value.items()]
    return [_plain(each) for each in value] if isinstance(value, list) else value


def log_of(tables: DeltaTables, name: str) -> Iterator[Path]:
    """Name the files of the log of a table."""
    return (tables.folder / name / "_delta_log").iterdir()
