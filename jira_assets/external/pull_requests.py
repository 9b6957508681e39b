"""Land the table of pull requests that another program keeps, with the issue keys that stand in each."""

from __future__ import annotations

import uuid
from datetime import datetime

from jira_assets.errors import InputError
from jira_assets.external.tables import OutsideTable, outside_table, shown, source_identity
from jira_assets.external.team_csv import lacks
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.files import new_file, size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import fingerprint
from jira_assets.lake.row_digest import row_digest
from jira_assets.lake.site_manifest import SiteTable
from jira_assets.lake.site_tables import SITE_TABLES
from jira_assets.lake.sql_files import literal, statement, statements_version

REQUIRED = ("repository", "number", "title", "created_at")
OPTIONAL = ("branch", "body", "url", "author", "state", "merged_at", "closed_at")
TABLE = "pull_requests"


def land_pull_requests(
    lake: Lake, source: str | None, now: datetime, *, memory_limit: str | None = None
) -> None:
    """Read the source, unless its files are those that were read last; without one, forget what was read.

    Raises `InputError` when it cannot be read; what was read before then stays.
    """
    site = lake.site_manifest()
    if source is None:
        if TABLE in site.tables:
            _commit(lake, None, "")
        return
    identity = _identity(source)
    if identity and identity == site.pull_requests_read_from:
        return

    def land(sparing: bool) -> SiteTable:
        with outside_table(source, memory_limit=memory_limit, sparing=sparing) as table:
            return _land(lake, table, site.tables.get(TABLE), now)

    landed = sparing_memory(land)
    if landed != site.tables.get(TABLE) or identity != site.pull_requests_read_from:
        _commit(lake, landed, identity)


def _identity(source: str) -> str:
    """Condense what the table is made from; nothing when only reading it can tell."""
    files = source_identity(source)
    return fingerprint([_version(), source, files]) if files else ""


def _land(lake: Lake, table: OutsideTable, present: SiteTable | None, now: datetime) -> SiteTable:
    """Write what the table says, unless the present file says the same."""
    check_columns(table)
    table.engine.execute(statement("external/pull_requests/keys_in"))
    table.engine.execute(_statement(table))
    _check_rows(table)
    of_row = row_digest("pull", SITE_TABLES[TABLE])
    counted = table.engine.execute(
        f"select count(*), bit_xor({of_row}) from (select * exclude (fault) from pull_requests) as pull"
    ).fetchone()
    rows, digest = counted or (0, None)
    name = f"site/{TABLE}-{fingerprint([_version(), rows, digest])}"
    if present is not None and present.path.startswith(name):
        return present
    relative = (
        f"{name}-{uuid.uuid4().hex[:8]}.parquet"  # an older one of this content may be about to be swept
    )
    columns = ", ".join(SITE_TABLES[TABLE])
    with new_file(lake.new_path(relative)) as parquet:
        table.engine.execute(
            f"copy (select {columns} from pull_requests) to {literal(parquet)} "
            "(format parquet, compression zstd)"
        )
    return SiteTable(relative, rows, now, *size_and_digest(lake.path(relative)))


def _statement(table: OutsideTable) -> str:
    present = {name.casefold() for name in table.columns}
    columns = [f"{name if name in present else 'null'}::varchar as {name}" for name in (*REQUIRED, *OPTIONAL)]
    return statement("external/pull_requests/read", columns=",\n".join(columns))


def check_columns(table: OutsideTable) -> None:
    """Raise `InputError` naming the required columns that the table lacks."""
    present = {name.casefold() for name in table.columns}
    missing = [name for name in REQUIRED if name not in present]
    if missing:
        raise InputError(
            f"{shown(table.source)} {lacks(missing)}.",
            f"It has {', '.join(table.columns)}. Required: {', '.join(REQUIRED)}; optional: "
            f"{', '.join(OPTIONAL)}. Rename columns in a query: “select repo as repository, … from "
            "'pull_requests.parquet'”.",
        )


def _check_rows(table: OutsideTable) -> None:
    found = table.engine.execute(statement("external/pull_requests/faults")).fetchone()
    if found is None:
        return
    pull_request, fault, faults = found
    others = f", and {faults - 1:,} more rows are not valid" if faults > 1 else ""
    raise InputError(
        f"{shown(table.source)} cannot be used: {pull_request} {fault}{others}.",
        "Correct the table, or exclude such rows with a query: “select … from … where … qualify …”.",
    )


def _commit(lake: Lake, landed: SiteTable | None, identity: str) -> None:
    with lake.lock("site", "reading pull requests"):
        site = lake.site_manifest()
        site.set_pull_requests(landed, identity)
        lake.commit_site(site)


def _version() -> str:
    return statements_version("external")
