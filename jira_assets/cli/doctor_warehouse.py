"""Check that the warehouse opens, how old it is, and with which DuckDB it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb

from jira_assets.cli.findings import Finding, bad, doubtful, good
from jira_assets.phrases import ago
from jira_assets.settings import Settings


def check_warehouse(settings: Settings) -> Iterator[Finding]:
    """Open the newest published file."""
    file = settings.warehouse_file
    if not file.exists():
        yield doubtful("warehouse", "nothing was published yet", "jira-assets sync")
        return
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            [(tables,)] = connection.execute("select count(*) as tables from duckdb_tables()").fetchall()
            [(storage,)] = connection.execute(
                "select coalesce(max(tags['storage_version']), '?') as storage "
                "from duckdb_databases() where not internal"
            ).fetchall()
    except (
        duckdb.IOException
    ) as error:  # of another process that has it open for writing, DuckDB names the id
        yield bad(
            "warehouse",
            f"{file} does not open: {str(error).splitlines()[0]}",
            "End the process that is named, or open the file with -readonly there; else: jira-assets publish",
        )
        return
    published = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    yield good("warehouse", f"{file} opens, {tables} tables, published {ago(published)}")
    yield good(
        "duckdb", f"library {duckdb.__version__}, file written for DuckDB {storage.rstrip('+')} and later"
    )
