"""A small lake to test on: observations go in by hand, tables come out as rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from jira_assets.lake.derive import derive_project
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, FieldMapping, Manifest
from jira_assets.lake.raw_writer import Kind, Observation, RawFileWriter
from jira_assets.lake.site_tables import land_site_table
from jira_assets.warehouse.inputs import PublishInputs
from jira_assets.warehouse.publish import MIRRORS_KEPT, PublishResult, publish
from jira_assets.warehouse.sites import PublishedSite
from jira_assets_tests.present import PresentWarehouse
from jira_assets_tests.preview import Preview

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEAM_FIELD = "customfield_10001"
MAPPING = FieldMapping("customfield_16", "customfield_20", team_fields=(TEAM_FIELD,))
Row = dict[str, Any]


def at(minutes: float) -> datetime:
    """Name a time by the minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def utc(*parts: int) -> datetime:
    """Name an instant in UTC the way DuckDB answers it."""
    year, month, day, *rest = parts
    moment = datetime(year, month, day, tzinfo=UTC).replace(tzinfo=None)
    units = ("hours", "minutes", "seconds", "microseconds")
    return moment + timedelta(**dict(zip(units, rest, strict=False)))


def seen(
    jira_id: str,
    fields: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    project: str = "10",
    updated: datetime | None = NOON,
    kind: Kind = "issue",
    histories: Sequence[Any] = (),
    payload: bytes | None = None,
) -> Observation:
    """Make an observation of an issue."""
    key = key or f"P{project}-{jira_id}"
    if payload is None:
        payload = json.dumps({"id": jira_id, "key": key, "fields": dict(fields or {})}).encode()
    return Observation(
        jira_id=jira_id,
        jira_key=key,
        project_id=project,
        project_key=f"P{project}",
        updated_at=updated,
        kind=kind,
        payload=payload,
        histories=[json.dumps(history).encode() for history in histories],
    )


class LakeFixture:
    """A lake, an engine, and what is done with them in every test."""

    def __init__(self, root: Path, engine: duckdb.DuckDBPyConnection) -> None:
        self.lake = Lake(root / "lake", engine)
        self.engine = engine
        self.warehouse_dir = root / "warehouse"
        self._present = PresentWarehouse(self.warehouse_dir / "jira.duckdb")
        self._preview: Preview | None = None

    def manifest(self, project: str = "10") -> Manifest:
        """Read the manifest of a project, or begin one."""
        found = self.lake.manifest(project)
        return found or Manifest(project, f"P{project}", watermark=NOON, mapping=MAPPING)

    def land(
        self, observations: Iterable[Observation], *, project: str = "10", asked_at: datetime = NOON
    ) -> None:
        """Land observations as one raw file and commit it."""
        manifest = self.manifest(project)
        landing = RawFileWriter(self.lake, manifest, asked_at)
        landing.add(observations)
        raw = landing.finish()
        if raw is not None:
            manifest.add_raw(raw)
        self.lake.commit(manifest)

    def derive(
        self, project: str = "10", *, extra_fields: Sequence[str] = (), embeds_lists: bool = False
    ) -> bool:
        """Derive a project."""
        manifest = self.manifest(project)
        return derive_project(self.lake, manifest, extra_fields=extra_fields, embeds_lists=embeds_lists)

    def land_and_derive(
        self, *observations: Observation, project: str = "10", asked_at: datetime = NOON
    ) -> None:
        """Land observations and derive the tables."""
        self.land(observations, project=project, asked_at=asked_at)
        self.derive(project)

    def rows(self, table: str, *, project: str = "10") -> list[Row]:
        """Read a derived table."""
        file = self.manifest(project).derived_file(table)
        assert file is not None
        path = self.lake.path(file.path)
        found = rows_of(
            self.engine.execute(f"select * from read_parquet('{path}', hive_partitioning = false)")
        )
        assert len(found) == file.rows
        return found

    def nulled(self, project: str = "10") -> dict[str, int]:
        """Tell how many values did not fit their column."""
        return self.manifest(project).derived["issues"].nulled

    def land_site(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Replace a table of the site."""
        manifest = self.lake.site_manifest()
        manifest.set_table(table, land_site_table(self.lake, table, rows, NOON))
        self.lake.commit_site(manifest)

    def publish(
        self,
        *tracked: str,
        force: bool = False,
        mirrored: bool = False,
        mirrors_kept: timedelta = MIRRORS_KEPT,
        **given: Any,
    ) -> PublishResult | None:
        """Publish the named projects; without any name, the usual one."""
        inputs = PublishInputs(tracked or ("10",), sites=[PublishedSite(url="https://acme.example")], **given)
        self._preview = None
        return publish(
            self.lake, self.warehouse_dir, inputs, force=force, mirrored=mirrored, mirrors_kept=mirrors_kept
        )

    def preview(self, *tracked: str, **given: Any) -> None:
        """Let questions be answered as if that were published now, without the cost of it."""
        inputs = PublishInputs(tracked or ("10",), sites=[PublishedSite(url="https://acme.example")], **given)
        self._preview = Preview(self.lake, inputs)

    def ask(self, query: str) -> list[Row]:
        """Ask the published warehouse, or the preview if that is newer."""
        if self._preview is not None:
            return rows_of(self._preview.execute(query))
        return rows_of(self._present.opened().execute(query))

    def ask_one(self, query: str) -> Row:
        """Ask for the only row there is."""
        (row,) = self.ask(query)
        return row

    def files(self) -> set[Path]:
        """Name every data file there is."""
        kinds = ("*.parquet", "*.duckdb")
        roots = (self.lake.root, self.warehouse_dir)
        return {path for root in roots for kind in kinds for path in root.rglob(kind)}


def tables_of(lake: Lake, derived: Derived) -> dict[str, Any]:
    """Return the columns and rows of every table that was derived."""
    return {
        table: (
            [column[:2] for column in lake.engine.execute(f"describe from '{path}'").fetchall()],
            lake.engine.execute(f"select columns(* exclude (project)) from '{path}' order by all").fetchall(),
            file.rows,
        )
        for table, file in derived.files.items()
        for path in [lake.path(file.path)]
    }


def rows_of(result: duckdb.DuckDBPyConnection) -> list[Row]:
    """Turn an answer into rows with names."""
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
