"""Everyone who was seen on the site, and whom an address gave to a member before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb

from jira_assets.people.matching import Person
from jira_assets.warehouse.lake import Lake
from jira_assets.warehouse.manifest import Manifest
from jira_assets.warehouse.site import read_site_table
from jira_assets.warehouse.statements import statement

Row = dict[str, Any]


def people_seen(
    engine: duckdb.DuckDBPyConnection, lake: Lake, manifests: Iterable[Manifest]
) -> dict[str, list[Row]]:
    """Read who was seen in the issues of each project."""
    by_project: dict[str, list[Row]] = {}
    for manifest in manifests:
        file = manifest.derived_file("people_seen")
        if file is None:
            continue
        rows = engine.execute(statement("people_seen_of", file=lake.path(file.path)))
        names = [column[0] for column in rows.description or ()]
        by_project[manifest.project_id] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return by_project


def everyone(
    engine: duckdb.DuckDBPyConnection, lake: Lake, seen: Mapping[str, Sequence[Row]]
) -> list[Person]:
    """Join the site's list of users, where it is readable, with those seen in issues.

    The list has the name of today; an e-mail that only an issue shows is not lost for it.
    """
    people = {row["account_id"]: row for rows in seen.values() for row in rows}
    for row in read_site_table(engine, lake, lake.site_manifest(), "users"):
        known = people.get(row["account_id"], {})
        people[row["account_id"]] = {**row, "email": row["email"] or known.get("email")}
    return [_person(row) for row in people.values()]


def matched_by_email(
    engine: duckdb.DuckDBPyConnection, lake: Lake, manifests: Iterable[Manifest]
) -> dict[str, str]:
    """Read which member each account was given to by its address, when people were last matched."""
    present = [manifest.derived_file("jira_user_matches") for manifest in manifests]
    files = [lake.path(file.path) for file in present if file]
    if not files:
        return {}
    return dict(engine.execute(statement("matched_by_email", files=files)).fetchall())


def _person(row: Row) -> Person:
    return Person(
        account_id=row["account_id"],
        display_name=row["display_name"] or "",
        email=row["email"],
        account_type=row["account_type"] or "atlassian",
        is_active=row["is_active"] is not False,
    )
