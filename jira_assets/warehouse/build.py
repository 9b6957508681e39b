"""Build the tables of a warehouse in a catalog of that name, from the sources that were offered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

from jira_assets.lake.damage import readable_files
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.sql_files import literal, statement
from jira_assets.qualified import split
from jira_assets.warehouse.extra_columns import ExtraColumn, column_comments, column_list, column_source
from jira_assets.warehouse.forecasts import days_to_goal, fill_forecast, macro_parts
from jira_assets.warehouse.issue_states import STATES
from jira_assets.warehouse.models import (
    FIRST_COMMENT,
    MODELS,
    Model,
    Parts,
    as_view,
    in_touched,
    insertion,
    models,
    statements_before,
)
from jira_assets.warehouse.statement_order import run_in_order

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

CONNECTIONS = 2
"""The longest chain of statements takes half of the time of all: more connections would hardly help."""

TABLES_UP_TO = 20_000
"""With so many issues, what several statements read is kept in tables. With more, these would need too much
memory: views are computed for each of them."""

QUALIFIED_OBSERVATIONS = ("jira_id", "project_id", "project_key")
"""The columns of raw files that hold ids and keys."""

Stage = Literal["all", "touched", "copy"]
"""What is made: every table; aside, those of the projects that are replaced, of `touched_issues` alone where
each row depends on one issue; or those of all projects again, in a copy of the last warehouse."""


@dataclass(frozen=True)
class Builder:
    """Runs statements of sql/ for these projects."""

    lake: Lake
    manifests: Sequence[Manifest]
    extra: Sequence[ExtraColumn]
    stage: Stage = "all"
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
    """Whether tables get their comments: 800 statements, which a catalog without readers can spare."""
    all_touched: bool = True
    """Whether all issues of the projects that are replaced are touched."""
    connections: int = 1
    """So many statements may run at the same time; of many issues, one."""

    @property
    def _is_small(self) -> bool:
        """Whether planning the statements takes longer than running them."""
        return self.issues <= TABLES_UP_TO

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The engine of the lake, to which the new warehouse is attached."""
        return self.lake.engine

    def make(self, names: Iterable[str]) -> None:
        """Run the statements of these names, each in a transaction, after those that it reads."""
        self.side_by_side(Builder.make_one, statements_before(list(names)))

    def side_by_side(
        self, work: Callable[[Builder, str], None], before: Mapping[str, Collection[str]]
    ) -> None:
        """Do some work for each name of `before`, after that for the names that it maps to.

        Each connection has a builder of its own.
        """
        with ExitStack() as open_lakes:
            others = [
                replace(self, lake=open_lakes.enter_context(closing(self.lake.cursor())))
                for _ in range(self.connections - 1 if self._is_small else 0)
            ]
            run_in_order(before, [partial(work, builder) for builder in (self, *others)])

    def make_one(self, name: str) -> None:
        """Run one statement, whose tables are to be there."""
        text = self._text_of(name)
        model = models().get(name.removeprefix(MODELS))
        parts = model.parts.in_schema(self.whole) if model and model.parts else None
        if model and self.stage == "copy":
            self._make_again(model, parts, text)
        elif model and parts and model.is_of_issues and self.stage == "touched":
            self._make_of_touched(model, parts, text)
        elif parts:
            self._make_in_parts(parts, text)
        else:
            with self.transaction():
                self.engine.execute(text)
                self._fill(model)

    def _text_of(self, name: str) -> str:
        text = statement(
            f"warehouse/{name}",
            **self._inputs_of(name),
            whole=self.whole,
            # Where few issues are touched, most statements want little of it.
            materialized="table" if self._is_small and self.all_touched else "view",
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

    def _make_of_touched(self, model: Model, parts: Parts, text: str) -> None:
        """Make the rows of touched issues, and a view of these and of all others."""
        if self.all_touched:
            view = f"create view warehouse.{model.name} as from touched.{model.name}"
            split = partial(parts.split, in_touched(text))
        else:
            split = partial(parts.split_touched, text)
            if model.key == "project_id":
                view = statement("warehouse/incremental/taken_over", table=model.name, replaced=self.replaced)
            else:
                view = as_view(text)  # as quick, since these are copies of what is derived
        of_values = replace(parts, at_once=None)
        self._make_in_fewest(of_values.divisions({}), split)
        with self.transaction():
            self.engine.execute(view)

    def _make_in_parts(self, parts: Parts, text: str) -> None:
        """Make a table, in as many parts as memory requires."""
        issues = self._issues_of_projects() if parts.at_once else {}
        self._make_in_fewest(parts.divisions(issues), partial(parts.split, text))

    def _make_in_fewest(
        self, divisions: Iterable[Sequence[str]], split: Callable[[Sequence[str]], Iterable[str]]
    ) -> None:
        """Run what `split` returns for the first of these divisions for which memory is enough."""
        import duckdb

        *others, finest = divisions
        for conditions in others:
            with suppress(duckdb.OutOfMemoryException):
                self._make_parts(split(conditions))
                return
        self._make_parts(split(finest))

    def _make_parts(self, statements: Iterable[str]) -> None:
        with self.transaction():
            for part in statements:
                self.engine.execute(part)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep what the block does if all of it works; other statements may see it from then on."""
        import duckdb

        self.engine.execute("begin")
        try:
            yield
            self.engine.execute("commit")
        except BaseException:
            with suppress(duckdb.Error):  # a commit that fails has ended the transaction
                self.engine.execute("rollback")
            raise

    def _make_again(self, model: Model, parts: Parts | None, text: str) -> None:
        """Make the rows again that may depend on touched issues; a table keeps its comments."""
        name = f"warehouse.{model.name}"
        if model.touched_by:
            # Not in the transaction: one can write to one catalog only.
            touched = statement(f"warehouse/{model.touched_by}", replaced=self.replaced)
            self.engine.execute(f"create table {model.touched} as {touched}")
        with self.transaction():
            if model.kind == "view":
                self.engine.execute(f"drop view {name}")
                self.engine.execute(text)
            elif parts and model.touched_by:
                self.engine.execute(f"delete from {name} where {parts.column} in (from {model.touched})")
                self.engine.execute(parts.among(text, model.touched))
            else:
                self.engine.execute(f"delete from {name}")
                self.engine.execute(insertion(text))
            self._fill(model)

    def _fill(self, model: Model | None) -> None:
        if model and model.macro:
            fill_forecast(self.engine, model.name, model.macro, has_before=self.has_before)

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
        with self.transaction():
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
