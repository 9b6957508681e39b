"""Build the tables of a warehouse in a catalog of that name, from the sources that were offered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jira_assets.lake.damage import readable_files
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.sql_files import literal, statement
from jira_assets.qualified import split
from jira_assets.warehouse.extra_columns import ExtraColumn, column_comments, column_list, column_source
from jira_assets.warehouse.forecasts import days_to_goal, fill_forecast, macro_parts
from jira_assets.warehouse.issue_states import STATES
from jira_assets.warehouse.models import FIRST_COMMENT, Model, Parts, models

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

TABLES_UP_TO = 20_000
"""With so many issues, what several statements read is kept in tables. With more, these would need too much
memory: views are computed for each of them."""

QUALIFIED_OBSERVATIONS = ("jira_id", "project_id", "project_key")
"""The columns of raw files that hold ids and keys."""


@dataclass(frozen=True)
class Builder:
    """Runs statements of sql/ for these projects."""

    lake: Lake
    manifests: Sequence[Manifest]
    extra: Sequence[ExtraColumn]
    whole: str = "lake"
    """The schema that has the derived tables of all projects."""
    replaced: str = ""
    """The ids of the projects that are replaced in a copy of the last warehouse, as SQL lists them."""
    issues: int = 0
    """How many issues are offered."""
    team_from: str = "jira"
    """Which team of an issue comes first: `jira` or `assignee`."""
    has_before: bool = False
    """Whether the forecasts of the last warehouse are remembered, to take rows over from."""
    is_described: bool = True
    """Whether tables get their comments: 500 statements, which a catalog without readers can spare."""
    commits: bool = False
    """Whether a transaction is open that may be committed at any table, so that a table can be made again."""

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The engine of the lake, to which the new warehouse is attached."""
        return self.lake.engine

    def make(self, names: Iterable[str]) -> None:
        """Run the statements of these names."""
        for name in names:
            text = self._text_of(name)
            model = models().get(name.removeprefix("models/"))
            parts = model.parts.in_schema(self.whole) if model and model.parts else None
            if model and parts and model.touched_by and self.replaced:
                self._make_touched(model, parts, text)
            elif parts and self.commits:
                self._make_in_parts(parts, text)
            else:
                self.engine.execute(text)
            if model is not None and model.macro:
                fill_forecast(self.engine, model.name, model.macro, has_before=self.has_before)

    def _text_of(self, name: str) -> str:
        text = statement(
            f"warehouse/{name}",
            **self._inputs_of(name),
            whole=self.whole,
            materialized="table" if self.issues <= TABLES_UP_TO else "view",
            team_from=literal(self.team_from),
            people=statement("lake/people/people", people_by_site=self._people_by_site),
            people_by_site=self._people_by_site,
            observations=self._observations,
            days_to_goal=days_to_goal(),
            extra_columns=column_list(self.extra),
            extra_source=column_source(self.extra),
            extra_comments=column_comments(self.extra),
        )
        return text if self.is_described else text.partition(FIRST_COMMENT)[0]

    def _make_in_parts(self, parts: Parts, text: str) -> None:
        """Make a table, in as many parts as memory requires."""
        import duckdb

        self.engine.execute("commit; begin")
        *divisions, finest = parts.divisions(self._issues_of_projects() if parts.at_once else {})
        for conditions in divisions:
            try:
                self._make_parts(parts.split(text, conditions))
            except duckdb.OutOfMemoryException:
                self.engine.execute("rollback; begin")
            else:
                return
        self._make_parts(parts.split(text, finest))

    def _make_parts(self, statements: Iterable[str]) -> None:
        for part in statements:
            self.engine.execute(part)

    def _make_touched(self, model: Model, parts: Parts, text: str) -> None:
        """Make the rows of a table anew that depend on the replaced projects."""
        self.engine.execute(statement(f"warehouse/{model.touched_by}", replaced=self.replaced))
        self.engine.execute(f"delete from warehouse.{model.name} where {parts.column} in (from touched)")
        self.engine.execute(parts.among(text, "touched"))

    def _issues_of_projects(self) -> dict[str, int]:
        """Count the issues of each project."""
        return dict(
            self.engine.execute(
                "select project_id, count(*) from warehouse.jira_issues group by all order by all"
            ).fetchall()
        )

    def _inputs_of(self, name: str) -> dict[str, str]:
        if name in STATES:
            return {"issues_at": STATES[name]()}
        return macro_parts(self.engine, name)

    def write_info(self, info: Mapping[str, str]) -> None:
        """Keep what the warehouse says of itself."""
        self.engine.executemany("insert into warehouse.warehouse_info values (?, ?)", list(info.items()))

    @property
    def _people_by_site(self) -> str:
        seen = f"(select *, prefix_of(project) as site from {self.whole}.people_seen)"
        return statement("lake/people/people_by_site", seen=seen, listed="site.users")

    @cached_property
    def _observations(self) -> str:
        """Name the raw files from which the present tables were derived, but for damaged ones.

        None of a lake that hosts share: all of them would have to be fetched to this one.
        """
        derived = [manifest for manifest in self.manifests if manifest.derived and self.lake.is_local]
        files: dict[str, list[str]] = defaultdict(list)
        for manifest in derived:
            files[split(manifest.project_id)[0]] += readable_files(self.lake, manifest)
        parts = [self._observations_of(prefix, paths) for prefix, paths in files.items() if paths]
        if not parts:
            return f"({statement('lake/derive/no_observations')})"
        return (
            parts[0]
            if len(parts) == 1
            else f"({' union all by name '.join(f'from {part}' for part in parts)})"
        )

    def _observations_of(self, prefix: str, files: Sequence[str]) -> str:
        listed = ", ".join(literal(self.lake.path(file).resolve()) for file in files)
        rows = f"read_parquet([{listed}], hive_partitioning = false)"
        if not prefix:
            return rows
        qualified = ", ".join(f"{literal(prefix)} || {name} as {name}" for name in QUALIFIED_OBSERVATIONS)
        return f"(select * replace ({qualified}) from {rows})"
