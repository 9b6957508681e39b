"""Check that the warehouse opens, how old it is, and with which DuckDB it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.formatting import ago
from jira_assets.settings.load import Settings
from jira_assets.warehouse.read import changed_since_published, locked_by_writer


def check_warehouse(settings: Settings) -> Iterator[Finding]:
    """Open the newest published file."""
    file = settings.warehouse_file
    if file.is_symlink() and not file.exists():
        yield bad("warehouse", f"{file} points to a file that is missing", "jira-assets repair")
        return
    if not file.exists() and not settings.publish:
        yield good("warehouse", "other hosts publish: JIRA_ASSETS_PUBLISH is none")
        return
    if not file.exists():
        yield doubtful("warehouse", "nothing has been published yet", "jira-assets sync")
        return
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            [(tables,)] = connection.execute("select count(*) as tables from duckdb_tables()").fetchall()
            [(storage,)] = connection.execute(
                "select coalesce(max(tags['storage_version']), '?') as storage "
                "from duckdb_databases() where not internal"
            ).fetchall()
    except duckdb.Error as error:
        yield _unreadable(file, error)
        return
    if changed_since_published(file):
        yield doubtful(
            "warehouse",
            f"{file} differs from the published file: a program wrote to it, or it was copied.",
            "jira-assets publish",
        )
    published = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    yield good("warehouse", f"{file} can be opened, {tables} tables, published {ago(published)}")
    yield good(
        "duckdb", f"library {duckdb.__version__}, file written for DuckDB {storage.rstrip('+')} and later"
    )


def _unreadable(file: Path, error: duckdb.Error) -> Finding:
    if isinstance(error, duckdb.IOException) and (locked := locked_by_writer(file, error)):
        return bad("warehouse", locked.reason, locked.instruction)
    return bad("warehouse", f"{file} cannot be opened: {str(error).splitlines()[0]}", "jira-assets repair")
