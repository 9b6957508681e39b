"""Publish the warehouse: build a DuckDB file aside, check it, and swap it in.

Readers are never in the way and never blocked: whoever has the file open keeps reading the old one.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from jira_assets.warehouse.engine import open_engine
from jira_assets.warehouse.files import TEMPORARY_PREFIX, point_link, put_in_place
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.locks import lock_held
from jira_assets.warehouse.manifest import Manifest, SiteManifest, fingerprint
from jira_assets.warehouse.mirror import mirror_shows, remove_mirror, swap_in_mirror, write_mirror
from jira_assets.warehouse.published_tables import BUILT
from jira_assets.warehouse.readers import WAREHOUSE_NAME, present_file, published_info
from jira_assets.warehouse.sources import GIVEN_TABLES, PublishInputs, offer_sources
from jira_assets.warehouse.statements import literal, statement, statements_version
from jira_assets.warehouse.validate import check_warehouse

__all__ = ["PublishInputs", "Published", "publish"]

BUILD_PREFIX = ".build-"
STORAGE_VERSION = "v1.4.0"
"""The newest format that the BI tools in use can open."""


@dataclass(frozen=True)
class Published:
    """A warehouse that was swapped in; `path` is the link that readers open, `file` what it points to now."""

    path: Path
    file: Path
    published_at: datetime
    rows: dict[str, int]
    fingerprint: str


def publish(
    lake: Lake,
    warehouse_dir: Path,
    inputs: PublishInputs,
    *,
    memory_limit: str = "200MB",
    force: bool = False,
    mirrored: bool = False,
) -> Published | None:
    """Build and swap in a new warehouse; None when the present one shows all there is.

    `mirrored`: with the same tables as Parquet files beside it.

    Raises `PublishError` when the new one does not pass its checks; the present one then stays.
    """
    with lock_held(warehouse_dir / ".publish.lock", "publishing"):
        manifests = [found for key in sorted(set(inputs.tracked)) if (found := lake.manifest(key))]
        site = lake.site_manifest()
        wanted = publish_fingerprint(manifests, site, inputs)
        is_published = published_info(warehouse_dir).get("fingerprint") == wanted
        if (
            is_published
            and not force
            and mirror_shows(warehouse_dir, present_file(warehouse_dir)) == mirrored
        ):
            return None
        _remove_leftovers(warehouse_dir)
        with closing(open_engine(memory_limit=memory_limit, scratch=lake.root / "scratch")) as engine:
            offer_sources(engine, lake, manifests, site, inputs)
            return _Build(engine, lake, warehouse_dir, inputs.site_url, wanted, mirrored).run(manifests)


def _shows(warehouse_dir: Path, wanted: str, *, mirrored: bool) -> bool:
    is_published = published_info(warehouse_dir).get("fingerprint") == wanted
    return is_published and mirror_shows(warehouse_dir, present_file(warehouse_dir)) == mirrored


def publish_fingerprint(manifests: Sequence[Manifest], site: SiteManifest, inputs: PublishInputs) -> str:
    """Condense everything the warehouse shows, except the times at which syncs that brought nothing ran."""
    members = [[row.get(name) for name in GIVEN_TABLES["team_members"]] for row in inputs.team_members]
    outcomes = [
        [row.get("project_id"), row.get("status"), row.get("last_error"), _day(row.get("proved_complete_at"))]
        for row in inputs.sync_status
    ]
    return fingerprint(
        [
            statements_version("publish"),
            sorted(set(inputs.tracked)),
            [_derived_from(manifest) for manifest in manifests],
            {name: table.path for name, table in site.tables.items()},
            sorted(members, key=str),
            sorted(outcomes, key=str),
            inputs.site_url,
            inputs.metrics.rows(sorted(set(inputs.tracked))),
        ]
    )


def _day(moment: datetime | None) -> str | None:
    """A proof is renewed daily and worth showing; the hour of it is not worth a new warehouse."""
    return f"{moment:%Y-%m-%d}" if moment else None


def _derived_from(manifest: Manifest) -> list[object]:
    groups = {name: group.fingerprint for name, group in manifest.derived.items()}
    mapping = manifest.mapping
    return [
        manifest.project_id,
        manifest.project_key,
        mapping.story_points_field,
        mapping.sprint_field,
        groups,
    ]


class _Build:
    """One warehouse on its way to the readers."""

    def __init__(
        self,
        engine: duckdb.DuckDBPyConnection,
        lake: Lake,
        warehouse_dir: Path,
        site_url: str,
        wanted: str,
        mirrored: bool,
    ) -> None:
        self._engine = engine
        self._lake = lake
        self._dir = warehouse_dir
        self._site_url = site_url.rstrip("/")
        self._fingerprint = wanted
        nanoseconds = time.time_ns()
        self._published_at = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
        self._stamp = f"{self._published_at:%Y%m%dT%H%M%S}{nanoseconds % 10**9:09d}Z"
        self._build = warehouse_dir / f"{BUILD_PREFIX}{self._stamp}"
        self._mirror = warehouse_dir / f"{BUILD_PREFIX}{self._stamp}-parquet" if mirrored else None

    def run(self, manifests: Sequence[Manifest]) -> Published:
        """Build, check, swap in; whatever fails leaves the present warehouse as it is."""
        try:
            self._write(manifests)
            rows = self._check(manifests)
            file = self._swap_in()
        finally:
            _remove_leftovers(self._dir)
        return Published(self._dir / WAREHOUSE_NAME, file, self._published_at, rows, self._fingerprint)

    def _write(self, manifests: Sequence[Manifest]) -> None:
        self._engine.execute(
            # No log: until it is whole and swapped in, nobody misses this file.
            f"attach {literal(self._build)} as warehouse "
            f"(storage_version {literal(STORAGE_VERSION)}, recovery_mode 'no_wal_writes')"
        )
        self._engine.execute("begin")
        for name in BUILT:
            self._engine.execute(
                statement(
                    f"publish/{name}",
                    site_url=literal(self._site_url),
                    observations=self._observations(manifests),
                )
            )
        self._write_info()
        self._engine.execute("commit")
        self._engine.execute("detach warehouse")

    def _write_info(self) -> None:
        info = {
            "fingerprint": self._fingerprint,
            "published_at": f"{self._published_at:%Y-%m-%d %H:%M:%S}",
            "version": statements_version("publish"),
        }
        self._engine.execute("create table warehouse.warehouse_info (key varchar, value varchar)")
        for key, value in info.items():
            self._engine.execute("insert into warehouse.warehouse_info values (?, ?)", [key, value])

    def _observations(self, manifests: Sequence[Manifest]) -> str:
        """Name the raw files from which the present tables were derived."""
        files = [file.path for manifest in manifests if manifest.derived for file in manifest.raw]
        if not files:
            return f"({statement('derive/no_observations')})"
        listed = ", ".join(literal(self._lake.path(file).resolve()) for file in files)
        return f"read_parquet([{listed}], hive_partitioning = false)"

    def _check(self, manifests: Sequence[Manifest]) -> dict[str, int]:
        self._engine.execute(f"attach {literal(self._build)} as built (read_only)")
        rows = check_warehouse(self._engine, self._expected(manifests))
        if self._mirror:
            write_mirror(self._engine, self._mirror)
        self._engine.execute("detach built")
        return rows

    def _expected(self, manifests: Sequence[Manifest]) -> dict[str, int]:
        """Count what the lake has; issues that lie in two projects are in one of them here."""
        found = self._engine.execute(
            "select (select count(distinct jira_id) from lake.keys), (select count(*) from lake.moved)"
        ).fetchone()
        issues, moved = found or (0, 0)
        tables = () if moved else ("jira_issue_sprints", "jira_issue_fields", "jira_issue_changes")
        files = {table: [manifest.derived_file(table) for manifest in manifests] for table in tables}
        return {
            "jira_issues": issues,
            **{table: sum(file.rows for file in present if file) for table, present in files.items()},
        }

    def _swap_in(self) -> Path:
        final = self._dir / f"jira-{self._stamp}.duckdb"
        before = present_file(self._dir)
        self._build.chmod(0o444)
        put_in_place(self._build, final)
        point_link(self._dir / WAREHOUSE_NAME, final.name)
        if self._mirror:
            swap_in_mirror(self._dir, self._mirror, self._stamp)
        else:
            remove_mirror(self._dir)
        for old in self._dir.glob("jira-*.duckdb"):
            if old not in (final, before):
                old.unlink()
        return final


def _remove_leftovers(warehouse_dir: Path) -> None:
    """Remove what dead builds left; whoever calls this holds the lock, so no build is alive."""
    for prefix in (BUILD_PREFIX, TEMPORARY_PREFIX):
        for leftover in warehouse_dir.glob(f"{prefix}*"):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink(missing_ok=True)
