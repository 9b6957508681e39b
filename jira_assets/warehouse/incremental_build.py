"""Replace what changed in a copy of the last warehouse: quicker than building everything.

The result has the rows that building everything would have. Of the projects that changed, rows that depend on
one issue are made for those with new observations. All rows of a project are made where its issues have
something else in common than before, such as the meaning of a status. Where one project's rows may depend on
another's, and in doubt, everything is built: so it is on a new day and for new statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.lake.row_digest import row_digest
from jira_assets.lake.sql_files import literal, literals, statement
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.changes import Changes, contexts
from jira_assets.warehouse.forecasts import remember_forecasts
from jira_assets.warehouse.models import Model, models, of_scope, statements_of

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

TOGETHER = 8
"""The contents of so many tables are compared in one statement: of all of them, it would need much memory."""

WITHOUT_LOG = "recovery_mode 'no_wal_writes'"
"""A file that is not whole yet may be lost."""


def replace_projects(
    builder: Builder, build: Path, changes: Changes, copied: Callable[[], object]
) -> Collection[str] | None:
    """Replace what changed in `build`, which is a copy of the last warehouse once `copied` returns.

    The sources are those of the changed projects, and the last warehouse is attached as `base`. Returns no
    projects when all is done; those of which other rows may differ as well: then it has to be begun anew with
    them; None when rows of projects that did not change may differ.
    """
    engine, ids = builder.engine, literals(changes.projects)
    # Schemas, not a catalog: a view names relations of its own catalog only.
    engine.execute("create schema warehouse; create schema touched")
    engine.execute(
        statement(
            "warehouse/incremental/touched_issues",
            observed=changes.observed(builder.lake),
            whole=literals(changes.whole),
            replaced=ids,
        )
    )
    # The tables of the copy have their comments.
    aside = replace(
        builder,
        stage="touched",
        replaced=ids,
        is_described=False,
        all_touched=changes.whole.issuperset(changes.projects),
    )
    aside.make(statements_of(of_scope("site", "project")))
    if engine.execute(statement("warehouse/audits/hazards", replaced=ids)).fetchone():
        return None
    if others := _with_other_contexts(engine, changes):
        return others
    copied()
    engine.execute(f"attach {literal(build)} as merged ({WITHOUT_LOG})")
    digests = _digests(engine)
    merged = [model.name for model in (*of_scope("site"), *_differing(engine, ids, digests))]
    builder.side_by_side(partial(_merge, ids=ids, digests=digests), dict.fromkeys(merged, ()))
    engine.execute("drop schema warehouse cascade; drop schema touched cascade; detach merged")
    # Not before: where it fails, a transaction that is open is lost.
    has_forecasts = remember_forecasts(engine)
    engine.execute(f"attach {literal(build)} as warehouse ({WITHOUT_LOG})")
    _make_those_of_all(replace(builder, stage="copy", replaced=ids, has_before=has_forecasts))
    return ()


def _with_other_contexts(engine: duckdb.DuckDBPyConnection, changes: Changes) -> set[str]:
    """Return the projects of which rows of untouched issues may be others, too."""
    now = contexts(engine, changes.projects, of_untouched=True)
    return {
        project
        for project in changes.projects
        if project not in changes.whole and now.get(project) != changes.contexts.get(project)
    }


def _merge(builder: Builder, name: str, *, ids: str, digests: Mapping[str, str]) -> None:
    """Replace the rows of a table in the copy: all of them, or those of the replaced projects that differ."""
    model = models()[name]
    if model.scope == "site":
        text = f"delete from merged.{name}; insert into merged.{name} from warehouse.{name}"
    else:
        before, was_there = _rows_before(model, ids)
        now, is_there = _rows_now(model, ids)
        text = statement(
            "warehouse/incremental/rows",
            table=name,
            digest=digests[name],
            before=before,
            was_there=was_there,
            now=now,
            is_there=is_there,
        )
    with builder.transaction():
        builder.engine.execute(text)


def _make_those_of_all(builder: Builder) -> None:
    engine = builder.engine
    builder.make(statements_of(of_scope("all projects")))
    if engine.execute("from site.pull_requests limit 1").fetchone():
        builder.make(statements_of(of_scope("pull requests")))
    engine.execute(statement("warehouse/incremental/last_synced"))


def _digests(engine: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return for each table of the last warehouse the digest of a row `t` of it, in SQL."""
    columns: dict[str, dict[str, str]] = defaultdict(dict)
    found = engine.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = 'base'"
    )
    for table, column, kind in found.fetchall():
        columns[table][column] = kind
    return {table: row_digest("t", types) for table, types in columns.items()}


def _differing(engine: duckdb.DuckDBPyConnection, ids: str, digests: Mapping[str, str]) -> list[Model]:
    """Choose the models whose rows of these projects are not those of the last warehouse.

    After a small change most are the same, and to compare them row by row takes four statements each.
    """
    found: list[str] = []
    of_projects = of_scope("project")
    for first in range(0, len(of_projects), TOGETHER):
        some = of_projects[first : first + TOGETHER]
        before, now = (
            " union all ".join(_content(model, *rows_of(model, ids), digests) for model in some)
            for rows_of in (_rows_before, _rows_now)
        )
        differing = engine.execute(f"select table_name from (({before}) except ({now}))")
        found += (name for (name,) in differing.fetchall())
    return [models()[name] for name in found]


def _content(model: Model, rows: str, condition: str, digests: Mapping[str, str]) -> str:
    return statement(
        "warehouse/incremental/content",
        label=literal(model.name),
        rows=rows,
        condition=condition,
        digest=digests[model.name],
    )


def _rows_before(model: Model, ids: str) -> tuple[str, str]:
    """Return in SQL the relation and the condition of the rows that may be others now."""
    if not model.is_of_issues:
        return f"base.{model.name}", model.of_projects("base", ids)
    of_projects = f" and project_id in ({ids})" if model.key == "project_id" else ""
    return f"base.{model.name}", f"jira_id in (from touched_before){of_projects}"


def _rows_now(model: Model, ids: str) -> tuple[str, str]:
    """Return the same of the rows that these are now."""
    if model.is_of_issues:
        return f"touched.{model.name}", "true"
    return f"warehouse.{model.name}", model.of_projects("warehouse", ids)
