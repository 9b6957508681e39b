"""Derive the tables of a project from its raw observations, without asking Jira.

What is derived depends on the raw files, the mapping and the statements under sql/derive/; while none of them
changes, nothing is done. Where only some raw files were added, the issues that they have observations of are
derived, and the rows of all others taken over.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jira_assets.lake.derived_state import (
    GROUP,
    OF_ISSUES,
    STATUSES,
    Base,
    derive_fingerprint,
    find_base,
    is_derived,
)
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
from jira_assets.lake.manifest import CutList, Derived, DerivedFile, Manifest
from jira_assets.lake.rows import empty_table
from jira_assets.lake.sql_files import literal, literals, statement, statements_version

_STATUSES_SEEN = {
    "project": "varchar",
    "status_id": "varchar",
    "status": "varchar",
    "status_category": "varchar",
    "seen_at": "timestamp",
}
_LONG_TEXT = "lower(coalesce(change.fieldid, change.field)) in ('description', 'environment', 'comment')"


@dataclass(frozen=True)
class DeriveOptions:
    """What is derived beside what always is: see `derive_project`."""

    extra_fields: tuple[str, ...] = ()
    embeds_lists: bool = False


Derive = Callable[[Lake, Manifest, DeriveOptions], Derived]
"""Writes the derived tables of a project as new files. They exist once the caller puts the answer into the
manifest and commits that."""


def derive_alone(lake: Lake, manifest: Manifest, options: DeriveOptions) -> Derived:
    """Write the derived tables of one project."""
    (derived,) = derive_projects(lake, [manifest], options)
    return derived


def derive_project(
    lake: Lake,
    manifest: Manifest,
    *,
    extra_fields: Sequence[str] = (),
    embeds_lists: bool = False,
    derive: Derive = derive_alone,
) -> bool:
    """Bring the derived tables of a project up to date and commit them; return whether any were not.

    `extra_fields` are fields beside the custom ones that `jira_issue_fields` keeps. `embeds_lists` has the
    comments and worklogs counted that did not come whole, where issues come with them. `derive` is what
    derives the tables.
    """
    if is_derived(manifest, extra_fields):
        return False
    work = DeriveOptions(tuple(extra_fields), embeds_lists)
    manifest.set_derived(GROUP, derive(lake, manifest, work))
    lake.commit(manifest)
    return True


def derive_projects(lake: Lake, manifests: Sequence[Manifest], options: DeriveOptions) -> list[Derived]:
    """Write the derived tables of projects with the same mapping, each statement once for all of them.

    To plan the statements takes longer than to derive some hundred issues. The rows of several projects are
    kept in memory until they are written; those of one are not.
    """
    base = None
    if len(manifests) == 1 and not options.embeds_lists:
        base = find_base(lake, manifests[0], options.extra_fields)
    return _Derivation(lake, manifests, options, base).run()


class _Project:
    """One of the projects that are derived together."""

    def __init__(self, manifest: Manifest, options: DeriveOptions) -> None:
        self.id = manifest.project_id
        self.fingerprint = derive_fingerprint(manifest, options.extra_fields)
        # The version comes first: publishing reads files of one version as one table, which is quicker.
        self._generation = (
            f"{statements_version('lake/derive')}-{self.fingerprint}-{uuid.uuid4().hex[:8]}.parquet"
        )
        self.files: dict[str, DerivedFile] = {}

    def name_of(self, table: str) -> str:
        """Return the name of the file of a table."""
        return f"{table}/project={self.id}/{self._generation}"


class _Derivation:
    """Projects on their way from raw files to tables: the payloads are read once, into a stage.

    With a `base`, those of the issues that its new raw files have observations of.
    """

    def __init__(
        self, lake: Lake, manifests: Sequence[Manifest], options: DeriveOptions, base: Base | None
    ) -> None:
        self._engine = lake.engine
        self._lake = lake
        self._options = options
        self._base = base
        self._projects = [_Project(manifest, options) for manifest in manifests]
        self._raw = [file for manifest in manifests for file in manifest.raw]
        self._mapping = manifests[0].mapping
        first = lake.new_path(self._projects[0].name_of("jira_issues"))
        self._stage = first.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
        self._issues = self._tombstones = self._superseded = observations_in([])
        self._kept = field_pairs([])
        self._typed = typed_fields([])

    def run(self) -> list[Derived]:
        """Write every table of every project."""
        self._lake.expect_rows(sum(file.rows for file in self._raw))
        self._find_winners()
        cut: dict[str, dict[str, CutList]] = {}
        self._stage.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._read_payloads()
            self._write_tables()
            if self._options.embeds_lists:
                cut = self._count_cut()
        finally:
            self._stage.unlink(missing_ok=True)
            for table in ("touched", "winners", "superseded", "changes", "issues", "rows_of_projects"):
                self._engine.execute(f"drop table if exists {table}")
        nulled = self._count_nulled()
        return [
            Derived(project.fingerprint, project.files, nulled.get(project.id, {}), cut.get(project.id, {}))
            for project in self._projects
        ]

    def _read_payloads(self) -> None:
        # A thread has up to 2,000 payloads in hand and what they are parsed into.
        with self._lake.one_thread():
            self._write_stage()
            self._write_changes()

    def _find_winners(self) -> None:
        """Choose one observation for each issue, and note which raw files hold a chosen one."""
        paths = [str(path) for path in self._lake.paths(file.path for file in self._raw)]
        new = paths[-len(self._base.added) :] if self._base else paths
        ids, is_touched = literals(project.id for project in self._projects), "true"
        if self._base:
            touched = statement("lake/derive/touched", observations=observations_in(new), project_ids=ids)
            self._engine.execute(touched)
            is_touched = "jira_id in (from touched)"
        self._engine.execute(
            statement(
                "lake/derive/winners",
                observations=observations_in(paths),
                project_ids=ids,
                is_touched=is_touched,
            )
        )
        superseded = self._engine.execute(
            statement("lake/derive/superseded", observations=observations_in(new))
        )
        self._superseded = observations_in([path for (path,) in superseded.fetchall()])
        found = self._engine.execute(statement("lake/derive/winning_files")).fetchall()
        self._issues = observations_in([path for path, has_issues, _ in found if has_issues])
        self._tombstones = observations_in([path for path, _, has_tombstones in found if has_tombstones])

    def _write_stage(self) -> None:
        mapping = self._mapping
        found = self._engine.execute(
            statement("lake/derive/custom_fields", observations=self._issues)
        ).fetchall()
        kept = sorted({row[0] for row in (*found, *self._known_fields())} | set(self._options.extra_fields))
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

    def _known_fields(self) -> list[tuple[str]]:
        """Return the fields that the issues had before: those of a malformed payload are found in others."""
        if self._base is None:
            return []
        fields = self._of_project(self._base.files["jira_issue_fields"])
        return self._engine.execute(f"select distinct field_id from {fields}").fetchall()

    def _write_changes(self) -> None:
        self._write(
            "jira_issue_changes",
            kept_as="changes",
            observations=self._issues,
            specification=shape(HISTORIES),
            is_long_text=_LONG_TEXT,
        )

    def _write_tables(self) -> None:
        stage = _rows_in(self._stage)
        self._engine.execute(statement("lake/derive/plain_text"))
        sprints = field_path(self._mapping.sprint_field)
        self._write(
            "jira_issues",
            kept_as="issues",
            stage=stage,
            person=shape(PERSON),
            story_points=field_path(self._mapping.story_points_field),
            sprints=sprints,
            teams=first_set(self._mapping.team_fields),
            **self._typed,
        )
        self._write("jira_issue_links", stage=stage, issuelinks=self._typed["issuelinks"])
        self._write("jira_issue_texts", stage=stage)
        self._write("jira_issue_sprints", stage=stage, sprints=sprints, legacy_parts=legacy_sprint_parts())
        self._write("jira_issue_fields", stage=stage, pairs=self._kept)
        self._write("jira_deleted_issues", observations=self._tombstones)
        self._write(
            STATUSES,
            stage=stage,
            observations=self._superseded,
            state=shape(STATUS),
            known=self._known_statuses(),
        )
        self._write(
            "people_seen",
            issues=self._written("jira_issues", "issues"),
            changes=self._written("jira_issue_changes", "changes"),
        )

    def _known_statuses(self) -> str:
        if self._base is None:
            return f"({empty_table(_STATUSES_SEEN)})"
        return self._of_project(self._base.files[STATUSES])

    def _written(self, table: str, kept_as: str) -> str:
        """Name the rows of a table that was written, in SQL."""
        return kept_as if len(self._projects) > 1 else self._of_project(self._projects[0].files[table])

    def _of_project(self, file: DerivedFile) -> str:
        (project,) = self._projects
        return f"(select {literal(project.id)} as project, * from {_rows_in(self._lake.path(file.path))})"

    def _write(self, table: str, *, kept_as: str = "rows_of_projects", **parts: object) -> None:
        """Write a table of each project; the rows of several are in a temporary table meanwhile."""
        query = statement(f"lake/derive/{table}", **parts)
        if self._base and table in OF_ISSUES:
            kept = statement("lake/derive/untouched", rows=self._of_project(self._base.files[table]))
            query = f"from ({query}) union all by name {kept}"
        if len(self._projects) == 1:
            self._copy(table, self._projects[0], f"({query})")
            return
        self._engine.execute(f"create or replace temp table {kept_as} as {query}")
        for project in self._projects:
            self._copy(table, project, f"{kept_as} where project = {literal(project.id)}")

    def _copy(self, table: str, project: _Project, rows: str) -> None:
        path = self._lake.new_path(project.name_of(table))
        with new_file(path) as parquet:
            written = self._engine.execute(
                f"copy (select * exclude (project) from {rows}) "
                f"to {literal(parquet)} (format parquet, compression zstd)"
            ).fetchone()
        rows_written = written[0] if written else 0
        project.files[table] = DerivedFile(project.name_of(table), rows_written, *size_and_digest(path))

    def _count_nulled(self) -> dict[str, dict[str, int]]:
        issues = [self._lake.path(project.files["jira_issues"].path) for project in self._projects]
        query = statement("lake/derive/nulled", issues=issues)
        found: dict[str, dict[str, int]] = {}
        for project_id, column, times in self._engine.execute(query).fetchall():
            found.setdefault(project_id, {})[column] = times
        return found

    def _count_cut(self) -> dict[str, dict[str, CutList]]:
        query = statement("lake/derive/cut_lists", observations=self._issues)
        found: dict[str, dict[str, CutList]] = {}
        for project_id, name, *counts in self._engine.execute(query).fetchall():
            found.setdefault(project_id, {})[name] = CutList(*counts)
        return found


def _rows_in(path: Path) -> str:
    """Name the rows of a file in SQL: the project in its path is none of its columns."""
    return f"read_parquet({literal(path)}, hive_partitioning = false)"


def observations_in(paths: Sequence[str]) -> str:
    """Name the rows of raw files in SQL, each with the place where it lies."""
    if not paths:
        return f"({statement('lake/derive/no_observations')})"
    listed = ", ".join(literal(path) for path in paths)
    return f"read_parquet([{listed}], filename = true, file_row_number = true, hive_partitioning = false)"
