"""Compare what several sites publish together with what each of them publishes alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from jira_assets.warehouse.models import tables

OF_ALL_PROJECTS = {"forecast_inputs", "forecast_completion", "forecast_throughput", "flow_times_weekly"}
"""Tables with rows for all projects together, whose first column is the project."""
OF_PEOPLE = {"jira_users", "team_members"}
"""People are the same on all sites."""
APART = {"warehouse_info", "jira_history_days", "jira_sites", "jira_user_sites", "jira_teams", "teams"}
"""Tables about the sites and the days, and about teams, which may work on several sites."""
OF_JIRA = {"jira_fields"}
"""Rows without an id of a site are the same on all sites."""

_PORT = re.compile(r"(?<=127\.0\.0\.1):\d+")

Row = tuple[Any, ...]
Published = Mapping[str, Sequence[Row]]


def rows_of(file: Path) -> dict[str, list[Row]]:
    """Read every published table."""
    with closing(duckdb.connect(str(file), read_only=True)) as connection:
        return {name: connection.execute(f"from {name}").fetchall() for name in tables()}


def differences(together: Published, alone: Published, prefix: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return, by table, the rows that a site has only together with another one, and only alone.

    Ids of the further site begin with "acme:"; `prefix` says which site is meant. The ports of the sites do
    not count.
    """
    found = {}
    for table in sorted(set(tables()) - APART):
        rows = together[table] if table in OF_PEOPLE else _of_site(together[table], prefix)
        wanted = list(alone[table])
        if table in OF_JIRA and prefix:
            wanted = [row for row in wanted if row[0].startswith("customfield_")]
        if table in OF_ALL_PROJECTS:
            rows, wanted = ([row for row in some if row[0] is not None] for some in (rows, wanted))
        has = Counter(_plain(row, prefix) for row in rows)
        had = Counter(_plain(row, "") for row in wanted)
        if has != had:
            found[table] = (sorted((has - had).elements())[:3], sorted((had - has).elements())[:3])
    return found


def _of_site(rows: Sequence[Row], prefix: str) -> list[Row]:
    return [row for row in rows if any(str(value).startswith("acme:") for value in row) == bool(prefix)]


def _plain(row: Row, prefix: str) -> str:
    """Write a row with the ids that the site itself has, and without the name of the site."""
    name = prefix.removesuffix(":")
    text = repr(tuple(None if name and value == name else _own(value, prefix) for value in row))
    return _PORT.sub("", text)


def _own(value: Any, prefix: str) -> Any:
    if prefix and isinstance(value, str):
        return value.replace(prefix, "")
    return [_own(entry, prefix) for entry in value] if isinstance(value, list) else value
