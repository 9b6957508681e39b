"""Judge whether the published tables are sound: facts that hold for every site, whatever its data are."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.errors import InputError
from jira_assets.lake.file_damage import unreadable
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.sql_files import statement
from jira_assets.warehouse.read import WAREHOUSE_NAME, open_warehouse
from jira_assets.warehouse.swap import MIRROR_NAME

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

VALUES_FIT_THEIR_TYPE = "values_fit_their_type"
ONE_ROW_AN_ISSUE = "one_row_an_issue"
OPEN_ISSUES_AS_THE_CHANGELOG_SAYS = "open_issues_as_the_changelog_says"


def repeated_issues(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name the issues that have more than one row."""
    rows = warehouse.execute(statement("warehouse/audits/repeated_issues")).fetchall()
    return {str(key): f"{count} rows" for key, count in rows}


def open_issues_that_differ(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Compare, project by project, the number of open issues with the one that the changelog replays to."""
    rows = warehouse.execute(statement("warehouse/audits/open_issues")).fetchall()
    return {str(key): f"{now} open, {replayed} by their changelog" for key, now, replayed in rows}


def values_that_did_not_fit(manifest: Manifest) -> str | None:
    """Name the columns in which a value had to become null because its type did not fit."""
    nulled = {column: n for group in manifest.derived.values() for column, n in group.nulled.items() if n}
    return ", ".join(f"{column}: {count}" for column, count in sorted(nulled.items())) or None


def warehouse_damage(warehouse_dir: Path) -> str | None:
    """Read every table of the published file, and its Parquet files; say what cannot be read.

    None when all can, and when nothing was published yet.
    """
    import duckdb

    link = warehouse_dir / WAREHOUSE_NAME
    if not link.is_symlink():
        return f"{link} is missing" if any(warehouse_dir.glob("2*Z")) else None
    try:
        with closing(open_warehouse(link)) as warehouse:
            _read_tables(warehouse)
    except InputError:
        return f"{link} is missing"
    except (duckdb.Error, UnicodeDecodeError) as error:
        return f"{link} cannot be read: {str(error).splitlines()[0]}"
    mirror = (warehouse_dir / MIRROR_NAME).resolve()
    broken = (f"{file} {why}" for file in sorted(mirror.rglob("*.parquet")) if (why := unreadable(file)))
    return next(broken, None)


def _read_tables(warehouse: duckdb.DuckDBPyConnection) -> None:
    tables = warehouse.execute("select table_name from duckdb_tables() where not internal").fetchall()
    for (table,) in tables:
        warehouse.execute(f'select bit_xor(hash(t)) from "{table}" as t').fetchall()
