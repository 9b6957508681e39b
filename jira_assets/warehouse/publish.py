"""Publish the warehouse: build a DuckDB file aside, check it, and swap it in.

Readers are never in the way and never blocked: a reader that has the file open keeps the old one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from jira_assets.lake.damage import damage_signs
from jira_assets.lake.derive_worklogs import TABLE as WORKLOGS
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.files import copy_file
from jira_assets.lake.lake import Lake
from jira_assets.lake.locks import lock_held
from jira_assets.lake.manifest import Manifest, fingerprint
from jira_assets.lake.site_manifest import SiteManifest
from jira_assets.lake.sql_files import literal, statements_version
from jira_assets.lake.stamps import moment_of, new_stamp
from jira_assets.warehouse.build import CONNECTIONS, Builder
from jira_assets.warehouse.changes import Changes, contexts, derived_versions, find_changes
from jira_assets.warehouse.entity_status import entity_digest
from jira_assets.warehouse.extra_columns import choose_columns, read_fields
from jira_assets.warehouse.forecasts import remember_forecasts
from jira_assets.warehouse.incremental_build import replace_projects
from jira_assets.warehouse.inputs import GIVEN_TABLES, PublishInputs, offer_sources
from jira_assets.warehouse.models import column_names, models, statements_of
from jira_assets.warehouse.parquet_export import write_mirror
from jira_assets.warehouse.read import WAREHOUSE_NAME, present_file, published_info
from jira_assets.warehouse.swap import (
    BUILD_PREFIX,
    MIRROR_NAME,
    check_links,
    mirror_exists,
    remove_former,
    remove_leftovers,
    swap_in,
)
from jira_assets.warehouse.validation import check_warehouse, is_whole

__all__ = ["PublishInputs", "PublishResult", "keep_only_present", "publish"]

STORAGE_VERSION = "v1.4.0"
"""The newest format that the BI tools in use can open."""

MIRRORS_KEPT = timedelta(minutes=15)
"""How long the Parquet files of a publish stay after the next one, unless a setting says otherwise."""

COUNTED = ("jira_issues", "jira_issue_sprints", "jira_issue_fields", "jira_issue_changes")
"""Tables that have as many rows as the lake has, unless an issue lies in two projects."""


@dataclass(frozen=True)
class PublishResult:
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
    force: bool = False,
    mirrored: bool = False,
    mirrors_kept: timedelta = MIRRORS_KEPT,
    on_begin: Callable[[int], None] = lambda _: None,
) -> PublishResult | None:
    """Build and swap in a new warehouse; None when the present one shows all there is.

    `mirrored`: with the same tables as Parquet files beside it, which stay for `mirrors_kept` after the next
    publish. `on_begin` is called with the number of tables before any is built.

    Raises `PublishError` when the new one does not pass its checks; the present one then stays.
    """
    with lock_held(warehouse_dir / ".publish.lock", "publishing"):
        check_links(warehouse_dir)
        remove_leftovers(warehouse_dir)
        manifests = _manifests(lake, inputs)
        version = _Version.of(manifests, site_manifests(lake, inputs), inputs)
        present = published_info(warehouse_dir)
        if not force and _shows(warehouse_dir, version, present, mirrored=mirrored):
            return None
        on_begin(len(models()))
        kept = mirrors_kept if mirrored else None
        base = changes = None
        if not force and present.get("version") == statements_version("warehouse"):
            base = present_file(warehouse_dir)
            if version.differs_in_projects_only(present):
                changes = find_changes(
                    lake, manifests, inputs.extra_fields, version.projects, version.issues, present
                )

        def run(sparing: bool) -> PublishResult:
            open_lake = partial(lake.reopened, sparing=sparing)
            publication = _Publication(open_lake, warehouse_dir, inputs, manifests, version, kept)
            return publication.run(base, None if sparing else changes)

        return sparing_memory(run)


def prepare_publish() -> None:
    """Read what each publish needs besides its inputs, once in a process."""
    models()


def is_up_to_date(lake: Lake, warehouse_dir: Path, inputs: PublishInputs, *, mirrored: bool) -> bool:
    """Check whether the present warehouse shows all there is: then `publish` would do nothing."""
    version = _Version.of(_manifests(lake, inputs), site_manifests(lake, inputs), inputs)
    return _shows(warehouse_dir, version, published_info(warehouse_dir), mirrored=mirrored)


def keep_only_present(warehouse_dir: Path) -> int:
    """Remove all that former publishes left, also what is kept for readers; return how many those were."""
    with lock_held(warehouse_dir / ".publish.lock", "removing former publishes"):
        return remove_former(warehouse_dir)


def _manifests(lake: Lake, inputs: PublishInputs) -> list[Manifest]:
    found = lake.readable_manifests(inputs.tracked)
    return [found[key] for key in sorted(found)]


def site_manifests(lake: Lake, inputs: PublishInputs) -> dict[str, SiteManifest]:
    """Read the manifests of the sites, by prefix."""
    return {site.prefix: lake.of(site.prefix).site_manifest() for site in inputs.sites}


def _shows(warehouse_dir: Path, version: _Version, present: Mapping[str, str], *, mirrored: bool) -> bool:
    return present.get("fingerprint") == version.whole and mirror_exists(warehouse_dir) == mirrored


@dataclass(frozen=True)
class _Version:
    """Digests of all that a warehouse shows: the whole, what all projects share, and each project."""

    whole: str
    shared: str
    projects: Mapping[str, str]
    derived: Mapping[str, str]
    """From what the issues of each project were derived."""
    issues: Mapping[str, int]
    """How many issues each project has."""

    @classmethod
    def of(
        cls, manifests: Sequence[Manifest], sites: Mapping[str, SiteManifest], inputs: PublishInputs
    ) -> _Version:
        """Condense it, but for the times at which syncs that brought nothing ran."""
        members = [[row.get(name) for name in GIVEN_TABLES["team_members"]] for row in inputs.team_members]
        shared = fingerprint(
            [
                statements_version("warehouse"),
                sorted(set(inputs.tracked)),
                {
                    prefix: {name: table.path for name, table in site.tables.items() if name != WORKLOGS}
                    for prefix, site in sites.items()
                },
                sorted(members, key=str),
                [astuple(site) for site in inputs.sites],
                inputs.metrics.rows(sorted(set(inputs.tracked))),
                list(inputs.extra_fields),
                inputs.team_from,
                sorted({field for each in manifests if (field := each.mapping.sprint_field)}),
            ]
        )
        outcomes = [
            [
                row.get("project_id"),
                row.get("status"),
                row.get("last_error"),
                _day(row.get("proved_complete_at")),
            ]
            for row in inputs.sync_status
        ]
        stamps = {
            prefix + own_id: stamp
            for prefix, site in sites.items()
            for own_id, stamp in site.worklogs.stamps.items()
        }
        projects = {
            manifest.project_id: fingerprint(_derived_from(manifest, stamps.get(manifest.project_id)))
            for manifest in manifests
        }
        issues = {
            manifest.project_id: file.rows if (file := manifest.derived_file("jira_issues")) else 0
            for manifest in manifests
        }
        entities = entity_digest(manifests, sites)
        whole = [shared, projects, sorted(outcomes, key=str), *([entities] if entities else [])]
        return cls(fingerprint(whole), shared, projects, derived_versions(manifests), issues)

    def differs_in_projects_only(self, present: Mapping[str, str]) -> bool:
        """Check that the present warehouse shows as of today what projects share, and no issue twice."""
        return present.get("shared") == self.shared and present.get("moved") == "0"


def _day(moment: datetime | None) -> str | None:
    """A proof is renewed daily and worth showing; the hour of it is not worth a new warehouse."""
    return f"{moment:%Y-%m-%d}" if moment else None


def _derived_from(manifest: Manifest, worklogs: str | None) -> list[object]:
    groups = {name: group.fingerprint for name, group in manifest.derived.items()}
    mapping = manifest.mapping
    return [
        manifest.project_id,
        manifest.project_key,
        mapping.story_points_field,
        mapping.sprint_field,
        mapping.team_fields,
        groups,
        *([worklogs] if worklogs else []),
    ]


class _Publication:
    """One warehouse on its way to the readers."""

    def __init__(
        self,
        open_lake: Callable[[], Lake],
        warehouse_dir: Path,
        inputs: PublishInputs,
        manifests: Sequence[Manifest],
        version: _Version,
        mirrors_kept: timedelta | None,
    ) -> None:
        self._open_lake = open_lake
        self._dir = warehouse_dir
        self._inputs = inputs
        self._manifests = manifests
        self._version = version
        self._mirrors_kept = mirrors_kept
        self._stamp = new_stamp()
        self._published_at = moment_of(self._stamp)
        self._folder = warehouse_dir / f"{BUILD_PREFIX}{self._stamp}"
        self._build = self._folder / WAREHOUSE_NAME

    def run(self, base: Path | None, changes: Changes | None) -> PublishResult:
        """Build, check, swap in; whatever fails leaves the present warehouse as it is.

        Only the `changes` are made anew, if they are known and that is right, and all else taken over from
        `base`. Forecasts are taken over from it in any case, where they would be the same.
        """
        try:
            self._folder.mkdir()
            rows = self._replace(base, changes) if base and changes else None
            if rows is None:
                self._build.unlink(missing_ok=True)
                rows = self._make_everything(base)
            file = swap_in(self._dir, self._folder, self._stamp, self._mirrors_kept or timedelta())
        finally:
            remove_leftovers(self._dir)
        return PublishResult(self._dir / WAREHOUSE_NAME, file, self._published_at, rows, self._version.whole)

    def _replace(self, base: Path, changes: Changes) -> dict[str, int] | None:
        import duckdb

        try:
            return self._replace_changes(base, changes)
        except duckdb.OutOfMemoryException:
            raise
        except damage_signs():
            if is_whole(base):
                raise
            return None  # its blocks are damaged, and a publish of everything is the remedy

    def _replace_changes(self, base: Path, changes: Changes) -> dict[str, int] | None:
        with ThreadPoolExecutor(1, "copy") as other_core:
            copied = other_core.submit(copy_file, base, self._build)
            left: Changes | None = changes
            while left is not None:
                with closing(self._open_lake()) as lake:
                    lake.engine.execute(f"attach {literal(base)} as base (read_only)")
                    builder = self._builder(lake, left.projects)
                    others = replace_projects(builder, self._build, left, copied.result)
                    if others is None:
                        return None
                    if not others:
                        return self._finish(builder, 0, left)
                left = left.with_whole(others).unless_most()
        return None

    def _make_everything(self, base: Path | None) -> dict[str, int]:
        with closing(self._open_lake()) as lake:
            builder, engine = self._builder(lake, None), lake.engine
            if base:
                engine.execute(f"attach {literal(base)} as base (read_only)")
                builder = replace(builder, has_before=remember_forecasts(engine))
                engine.execute("detach base")
            engine.execute(
                # No log: until it is whole and swapped in, this file is not needed.
                f"attach {literal(self._build)} as warehouse "
                f"(storage_version {literal(STORAGE_VERSION)}, recovery_mode 'no_wal_writes')"
            )
            builder.make(statements_of(models().values()))
            found = engine.execute("select count(*) - count(distinct jira_id) from lake.keys").fetchone()
            return self._finish(builder, moved=found[0] if found else 0)

    def _finish(self, builder: Builder, moved: int, changes: Changes | None = None) -> dict[str, int]:
        """Close what was built, and check it."""
        replaced = changes.projects if changes else None
        known = dict(changes.contexts) if changes else {}
        known |= contexts(builder.engine, self._version.projects if replaced is None else replaced)
        builder.write_info(self._info(moved) | {"contexts": json.dumps(known)})
        builder.engine.execute("detach warehouse")
        builder.engine.execute(f"attach {literal(self._build)} as built (read_only)")
        extra = [column.name for column in builder.extra]
        rows = check_warehouse(builder.engine, self._expected(moved), extra, replaced)
        if self._mirrors_kept is not None:
            write_mirror(builder.engine, self._folder / MIRROR_NAME, self._stamp)
        return rows

    def _info(self, moved: int) -> dict[str, str]:
        return {
            "fingerprint": self._version.whole,
            "shared": self._version.shared,
            "projects": json.dumps(self._version.projects),
            "derived": json.dumps(self._version.derived),
            "moved": str(moved),
            "published_at": f"{self._published_at:%Y-%m-%d %H:%M:%S}",
            "version": statements_version("warehouse"),
        }

    def _expected(self, moved: int) -> dict[str, int]:
        """Count what the lake has; issues that lie in two projects are in one of them here."""
        tables = ("jira_issues",) if moved else COUNTED
        files = {table: [manifest.derived_file(table) for manifest in self._manifests] for table in tables}
        counts = {table: sum(file.rows for file in present if file) for table, present in files.items()}
        return {**counts, "jira_issues": counts["jira_issues"] - moved}

    def _builder(self, lake: Lake, replaced: Sequence[str] | None) -> Builder:
        inputs = self._inputs
        lake.expect_rows(sum(self._version.issues.values()))
        offer_sources(lake, self._manifests, site_manifests(lake, inputs), inputs, replaced=replaced)
        fields = read_fields(lake.engine) if inputs.extra_fields else []
        extra = choose_columns(inputs.extra_fields, fields, column_names("jira_issues"))
        whole = "lake" if replaced is None else "whole"
        issues = [count for key, count in self._version.issues.items() if replaced is None or key in replaced]
        return Builder(
            lake,
            self._manifests,
            extra,
            whole=whole,
            issues=sum(issues),
            team_from=inputs.team_from,
            connections=1 if lake.is_sparing else CONNECTIONS,
        )
