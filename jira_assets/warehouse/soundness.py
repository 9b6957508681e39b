"""Judge whether the published tables are sound: facts that hold for every site, whatever its data are."""

from __future__ import annotations

import duckdb

from jira_assets.warehouse.manifest import Manifest
from jira_assets.warehouse.statements import statement

VALUES_FIT_THEIR_TYPE = "values_fit_their_type"
ONE_ROW_AN_ISSUE = "one_row_an_issue"
OPEN_ISSUES_AS_THE_CHANGELOG_SAYS = "open_issues_as_the_changelog_says"


def repeated_issues(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name the issues that have more than one row."""
    rows = warehouse.execute(statement("check/repeated_issues")).fetchall()
    return {str(key): f"{count} rows" for key, count in rows}


def open_issues_that_differ(warehouse: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Compare, project by project, the number of open issues with the one that the changelog replays to."""
    rows = warehouse.execute(statement("check/open_issues")).fetchall()
    return {str(key): f"{now} open, {replayed} by their changelog" for key, now, replayed in rows}


def values_that_did_not_fit(manifest: Manifest) -> str | None:
    """Name the columns in which a value had to become null because its type did not fit."""
    nulled = {column: n for group in manifest.derived.values() for column, n in group.nulled.items() if n}
    return ", ".join(f"{column}: {count}" for column, count in sorted(nulled.items())) or None
