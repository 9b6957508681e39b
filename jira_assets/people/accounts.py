"""Everyone who was seen on the site, and whom an address gave to a member before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.rows import Columns, empty_table
from jira_assets.lake.site_tables import SITE_TABLES
from jira_assets.lake.sql_files import literal, statement
from jira_assets.people.matching import Person
from jira_assets.qualified import split
from jira_assets.warehouse.inputs import DERIVED_TABLES

Row = dict[str, Any]

_WITH_AUTHORS = ("jira_comments", "jira_attachments")


def people_seen(lake: Lake, manifests: Iterable[Manifest]) -> dict[str, list[Row]]:
    """Read who was seen in the issues of each project."""
    by_project: dict[str, list[Row]] = {}
    for manifest in manifests:
        file = manifest.derived_file("people_seen")
        if file is None:
            continue
        rows = lake.engine.execute(statement("people/people_seen_of", file=lake.path(file.path)))
        names = [column[0] for column in rows.description or ()]
        by_project[manifest.project_id] = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    return by_project


def accounts_seen(lake: Lake, manifests: Sequence[Manifest]) -> set[str]:
    """Read the ids of everyone who was seen in issues, or wrote a comment, logged work or attached a file."""
    seen = {row["account_id"] for rows in people_seen(lake, manifests).values() for row in rows}
    files = [manifest.derived_file(table) for manifest in manifests for table in _WITH_AUTHORS]
    worklogs = lake.site_manifest().tables.get("worklogs")
    for file in (*files, worklogs):
        if file is not None and file.rows:
            query = f"select distinct author_account_id from read_parquet({literal(lake.path(file.path))})"
            seen |= {row[0] for row in lake.engine.execute(query).fetchall() if row[0]}
    return seen


@dataclass(frozen=True)
class People:
    """Everyone by account id: once, with what any site shows, and as each site (by its prefix) shows them."""

    once: Mapping[str, Person]
    by_site: Mapping[str, Mapping[str, Person]]


def read_people(lake: Lake, manifests: Iterable[Manifest]) -> People:
    """Read everyone whom a site lists or who was seen in issues, as Jira shows them now."""
    seen: dict[str, list[str]] = {prefix: [] for prefix in ("", *lake.folders)}
    for manifest in manifests:
        if (file := manifest.derived_file("people_seen")) is not None:
            seen[split(manifest.project_id)[0]].append(file.path)
    by_site = statement(
        "lake/people/people_by_site",
        seen=_source(lake, seen, DERIVED_TABLES["people_seen"]),
        listed=_source(lake, user_lists(lake), SITE_TABLES["users"]),
    )
    once = statement("lake/people/people", people_by_site=by_site)
    people = map(_person, lake.engine.execute(once).fetchall())
    shown: dict[str, dict[str, Person]] = {prefix: {} for prefix in seen}
    for prefix, *person in lake.engine.execute(by_site).fetchall():
        shown[prefix][person[0]] = _person(person)
    return People({person.account_id: person for person in people}, shown)


def _person(row: Sequence[Any]) -> Person:
    account_id, display_name, email, account_type, is_active, _ = row
    return Person(
        account_id=account_id,
        display_name=display_name or "",
        email=email,
        account_type=account_type or "atlassian",
        is_active=is_active is not False,
    )


def user_lists(lake: Lake) -> dict[str, list[str]]:
    """Name the files with the accounts that each site lists, by the prefix of the site."""
    found = {prefix: lake.of(prefix).site_manifest().tables.get("users") for prefix in ("", *lake.folders)}
    return {
        prefix: [str(Path(lake.folders.get(prefix, "")) / users.path)]
        for prefix, users in found.items()
        if users is not None
    }


def _source(lake: Lake, files: Mapping[str, Sequence[str]], columns: Columns) -> str:
    """Name the rows of the files of each site in SQL."""
    parts = [
        f"select *, {literal(prefix)} as site from {_of_site(lake, paths, columns)}"
        for prefix, paths in {"": [], **files}.items()
    ]
    return f"({' union all by name '.join(parts)})"


def _of_site(lake: Lake, files: Sequence[str], columns: Columns) -> str:
    """Name the rows of files; the empty table gives columns to those of an older version."""
    source = empty_table(columns)
    if files:
        listed = ", ".join(map(literal, lake.paths(files)))
        source += (
            f" union all by name select * from read_parquet([{listed}], union_by_name = true, "
            "hive_partitioning = false)"
        )
    return f"({source})"


def matched_by_email(lake: Lake, manifests: Iterable[Manifest]) -> dict[str, str]:
    """Read which member each account was given to by its address, when people were last matched."""
    present = [manifest.derived_file("jira_user_matches") for manifest in manifests]
    files = lake.paths(file.path for file in present if file)
    if not files:
        return {}
    return dict(lake.engine.execute(statement("people/matched_by_email", files=files)).fetchall())
