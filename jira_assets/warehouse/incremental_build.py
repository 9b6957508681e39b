"""Replace the projects that changed in a copy of the last warehouse: quicker than building everything.

The result has the rows that building everything would have. Where one project's rows may depend on another's,
and in doubt, everything is built: so it is on a new day and for new statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.lake.files import copy_file
from jira_assets.lake.row_digest import row_digest
from jira_assets.lake.sql_files import literal, literals, statement
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.forecasts import remember_forecasts
from jira_assets.warehouse.models import Model, models, of_scope, statements_of

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

WITHOUT_LOG = "recovery_mode 'no_wal_writes'"
"""A file that is not whole yet may be lost."""

MOST = 0.5
"""Above this share of the issues, building everything is as quick."""


def changed_projects(
    before: Mapping[str, str], now: Mapping[str, str], issues: Mapping[str, int]
) -> list[str] | None:
    """Name the projects to replace, by their fingerprints; None when everything is to be built.

    `issues` has the number of issues of each project.
    """
    if not before or before.keys() != now.keys():
        return None
    changed = [project for project, digest in now.items() if before[project] != digest]
    share = sum(issues[project] for project in changed) / max(sum(issues.values()), 1)
    return changed if share <= MOST else None


def replace_projects(builder: Builder, base: Path, build: Path, replaced: Sequence[str]) -> bool:
    """Make a copy of the warehouse `base` with these projects replaced; False when that would not be right.

    The sources are those of these projects, and `base` is attached under that name.
    """
    engine, ids = builder.engine, literals(replaced)
    with ThreadPoolExecutor(1, "copy") as other_core:
        copied = other_core.submit(copy_file, base, build)
        engine.execute("attach ':memory:' as warehouse")
        # The tables of the copy have their comments.
        replace(builder, is_described=False).make(statements_of(of_scope("site", "project")))
        if engine.execute(statement("warehouse/audits/hazards", replaced=ids)).fetchone():
            return False
        copied.result()
    engine.execute(f"attach {literal(build)} as merged ({WITHOUT_LOG})")
    digests = _digests(engine)
    merged = [model.name for model in (*of_scope("site"), *_differing(engine, ids, digests))]
    builder.side_by_side(partial(_merge, ids=ids, digests=digests), dict.fromkeys(merged, ()))
    engine.execute("detach warehouse; detach merged")
    # Not before: where it fails, a transaction that is open is lost.
    has_forecasts = remember_forecasts(engine)
    engine.execute(f"attach {literal(build)} as warehouse ({WITHOUT_LOG})")
    _make_those_of_all(replace(builder, replaced=ids, has_before=has_forecasts))
    return True


def _merge(builder: Builder, name: str, *, ids: str, digests: Mapping[str, str]) -> None:
    """Replace the rows of a table in the copy: all of them, or those of the replaced projects that differ."""
    model = models()[name]
    if model.scope == "site":
        text = f"delete from merged.{name}; insert into merged.{name} from warehouse.{name}"
    else:
        old, new = _rows_of(model, "base", ids), _rows_of(model, "warehouse", ids)
        digest = digests[name]
        text = statement("warehouse/incremental/rows", table=name, digest=digest, of_old=old, of_new=new)
    with builder.transaction():
        builder.engine.execute(text)


def _make_those_of_all(builder: Builder) -> None:
    engine = builder.engine
    engine.execute(statement("warehouse/incremental/near_issues", replaced=builder.replaced))
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
    before, now = (
        " union all ".join(_content(model, catalog, ids, digests) for model in of_scope("project"))
        for catalog in ("base", "warehouse")
    )
    found = engine.execute(f"select table_name from (({before}) except ({now}))").fetchall()
    return [models()[name] for (name,) in found]


def _content(model: Model, catalog: str, ids: str, digests: Mapping[str, str]) -> str:
    return statement(
        "warehouse/incremental/content",
        label=literal(model.name),
        catalog=catalog,
        table=model.name,
        digest=digests[model.name],
        of_projects=_rows_of(model, catalog, ids),
    )


def _rows_of(model: Model, catalog: str, ids: str) -> str:
    """Say in SQL which rows belong to the projects."""
    key = model.key or "project_id"
    if key == "project_id":
        return f"project_id in ({ids})"
    table = "jira_issues" if key == "jira_id" else "jira_projects"
    return f"{key} in (select {key} from {catalog}.{table} where project_id in ({ids}))"
