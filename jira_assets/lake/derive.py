"""Derive the tables of a project from its raw observations, without asking Jira.

What is derived depends on the raw files, the mapping and the statements under sql/derive/; while none of them
changes, nothing is done.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from jira_assets.lake.duckdb_engine import DATE_READERS, one_thread
from jira_assets.lake.files import TEMPORARY_PREFIX, new_file, size_and_digest
from jira_assets.lake.json_shapes import (
    HISTORIES,
    PERSON,
    STATUS,
    field_pairs,
    field_path,
    first_set,
    issue_shape,
    legacy_sprint_parts,
    shape,
    typed_fields,
)
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import CutList, Derived, DerivedFile, Manifest, fingerprint
from jira_assets.lake.sql_files import literal, statement, statements_version

GROUP = "issues"
"""The name under which a manifest keeps what is derived here."""

_SHAPES_VERSION = 2
_LONG_TEXT = "lower(coalesce(change.fieldid, change.field)) in ('description', 'environment', 'comment')"


def derive_project(
    lake: Lake,
    manifest: Manifest,
    *,
    extra_fields: Sequence[str] = (),
    embeds_lists: bool = False,
) -> bool:
    """Bring the derived tables of a project up to date and commit them; return whether any were not."""
    derived = derive_issues(lake, manifest, extra_fields=extra_fields, embeds_lists=embeds_lists)
    if derived is None:
        return False
    manifest.set_derived(GROUP, derived)
    lake.commit(manifest)
    return True


def derive_issues(
    lake: Lake,
    manifest: Manifest,
    *,
    extra_fields: Sequence[str] = (),
    embeds_lists: bool = False,
) -> Derived | None:
    """Write the derived tables of a project as new files; None when those it has are up to date.

    `extra_fields` are fields beside the custom ones that `jira_issue_fields` keeps. `embeds_lists` has the
    comments and worklogs counted that did not come whole, where issues come with them. The files exist once
    the caller puts the answer into the manifest and commits that.
    """
    wanted = derive_fingerprint(manifest, extra_fields)
    present = manifest.derived.get(GROUP)
    if present is not None and present.fingerprint == wanted:
        return None
    return _Derivation(lake, manifest, wanted).run(extra_fields, embeds_lists=embeds_lists)


def derive_fingerprint(manifest: Manifest, extra_fields: Sequence[str] = ()) -> str:
    """Condense everything that the derived tables of a project depend on."""
    return fingerprint(
        [
            [file.path for file in manifest.raw],
            manifest.mapping.story_points_field,
            manifest.mapping.sprint_field,
            manifest.mapping.team_fields,
            sorted(extra_fields),
            statements_version("lake/derive"),
            DATE_READERS,
            _SHAPES_VERSION,
        ]
    )


class _Derivation:
    """One project on its way from raw files to tables: the payloads are read once, into a stage."""

    def __init__(self, lake: Lake, manifest: Manifest, wanted: str) -> None:
        self._engine = lake.engine
        self._lake = lake
        self._manifest = manifest
        self._fingerprint = wanted
        self._project = literal(manifest.project_id)
        # The version comes first: publishing reads files of one version as one table, which is quicker.
        self._generation = f"{statements_version('lake/derive')}-{wanted}-{uuid.uuid4().hex[:8]}"
        self._stage = self._path("jira_issues").with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
        self._issues = self._tombstones = self._superseded = observations_in([])
        self._kept = field_pairs([])
        self._typed = typed_fields([])
        self._files: dict[str, DerivedFile] = {}

    def run(self, extra_fields: Sequence[str], *, embeds_lists: bool) -> Derived:
        """Write every table."""
        self._find_winners()
        cut = {}
        self._stage.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._read_payloads(extra_fields)
            self._write_tables()
            if embeds_lists:
                cut = self._count_cut()
        finally:
            self._stage.unlink(missing_ok=True)
            self._engine.execute("drop table if exists winners; drop table if exists superseded")
        return Derived(self._fingerprint, self._files, self._count_nulled(), cut)

    def _read_payloads(self, extra_fields: Sequence[str]) -> None:
        # A thread has up to 2,000 payloads in hand and what they are parsed into.
        with one_thread(self._engine):
            self._write_stage(extra_fields)
            self._write_changes()

    def _find_winners(self) -> None:
        """Choose one observation for each issue, and note which raw files hold a chosen one."""
        paths = [str(path) for path in self._lake.paths(file.path for file in self._manifest.raw)]
        self._engine.execute(
            statement("lake/derive/winners", observations=observations_in(paths), project_id=self._project)
        )
        superseded = self._engine.execute(
            statement("lake/derive/superseded", observations=observations_in(paths))
        )
        self._superseded = observations_in([path for (path,) in superseded.fetchall()])
        found = self._engine.execute(statement("lake/derive/winning_files")).fetchall()
        self._issues = observations_in([path for path, has_issues, _ in found if has_issues])
        self._tombstones = observations_in([path for path, _, has_tombstones in found if has_tombstones])

    def _write_stage(self, extra_fields: Sequence[str]) -> None:
        mapping = self._manifest.mapping
        found = self._engine.execute(
            statement("lake/derive/custom_fields", observations=self._issues)
        ).fetchall()
        kept = sorted({str(row[0]) for row in found} | set(extra_fields))
        fields = (mapping.story_points_field, mapping.sprint_field, *mapping.team_fields)
        chosen = [name for name in fields if name is not None]
        self._kept = field_pairs(kept)
        self._typed = typed_fields([*kept, *chosen])
        self._engine.execute(
            statement(
                "lake/derive/stage",
                observations=self._issues,
                specification=issue_shape([*kept, *chosen]),
                parquet=self._stage,
            )
        )

    def _write_changes(self) -> None:
        self._write(
            "jira_issue_changes",
            observations=self._issues,
            specification=shape(HISTORIES),
            is_long_text=_LONG_TEXT,
        )

    def _write_tables(self) -> None:
        stage, project_id = self._stage, self._project
        self._engine.execute(statement("lake/derive/plain_text"))
        sprints = field_path(self._manifest.mapping.sprint_field)
        story_points = field_path(self._manifest.mapping.story_points_field)
        self._write(
            "jira_issues",
            stage=stage,
            project_id=project_id,
            story_points=story_points,
            sprints=sprints,
            teams=first_set(self._manifest.mapping.team_fields),
            **self._typed,
        )
        self._write("jira_issue_links", stage=stage, issuelinks=self._typed["issuelinks"])
        self._write("jira_issue_texts", stage=stage)
        self._write("jira_issue_sprints", stage=stage, sprints=sprints, legacy_parts=legacy_sprint_parts())
        self._write("jira_issue_fields", stage=stage, pairs=self._kept)
        self._write("jira_deleted_issues", observations=self._tombstones, project_id=project_id)
        changes = self._lake.path(self._files["jira_issue_changes"].path)
        self._write("statuses_seen", stage=stage, observations=self._superseded, state=shape(STATUS))
        self._write("people_seen", stage=stage, changes=changes, person=shape(PERSON))

    def _write(self, table: str, **parts: object) -> None:
        with new_file(self._path(table)) as parquet:
            written = self._engine.execute(
                statement(f"lake/derive/{table}", parquet=parquet, **parts)
            ).fetchone()
        relative = str(self._path(table).relative_to(self._lake.root))
        rows = written[0] if written else 0
        self._files[table] = DerivedFile(relative, rows, *size_and_digest(self._path(table)))

    def _count_nulled(self) -> dict[str, int]:
        issues = self._lake.path(self._files["jira_issues"].path)
        return dict(self._engine.execute(statement("lake/derive/nulled", issues=issues)).fetchall())

    def _count_cut(self) -> dict[str, CutList]:
        query = statement("lake/derive/cut_lists", observations=self._issues)
        return {name: CutList(*counts) for name, *counts in self._engine.execute(query).fetchall()}

    def _path(self, table: str) -> Path:
        return self._lake.new_path(f"{table}/project={self._manifest.project_id}/{self._generation}.parquet")


def observations_in(paths: Sequence[str]) -> str:
    """Name the rows of raw files in SQL, each with the place where it lies."""
    if not paths:
        return f"({statement('lake/derive/no_observations')})"
    listed = ", ".join(literal(path) for path in paths)
    return f"read_parquet([{listed}], filename = true, file_row_number = true, hive_partitioning = false)"
