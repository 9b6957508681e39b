"""The team, read from a CSV file that a person made, or from a table that another program keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jira_assets.errors import InputError
from jira_assets.external.tables import OutsideTable, outside_table, shown
from jira_assets.external.team_csv import csv_rows, lacks, unusable
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.sql_files import identifier
from jira_assets.people.names import fold_email
from jira_assets.state.models import TeamMember


@dataclass(frozen=True)
class MemberColumns:
    """Which columns hold what: of GitHub's members, `login` is the id and `name` the name."""

    member_id: str = "member_id"
    display_name: str = "display_name"
    email: str = "email"
    jira_account_id: str = "jira_account_id"
    team: str = "team"

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every source has."""
        return self.member_id, self.display_name, self.email

    @property
    def optional(self) -> tuple[str, ...]:
        """The columns that a source may lack."""
        return self.jira_account_id, self.team


USUAL_COLUMNS = MemberColumns()

Row = tuple[int, list[str]]
"""Where it stands, and its id, name, e-mail, account and team; what is not there is an empty text."""


def read_members(
    source: str, columns: MemberColumns = USUAL_COLUMNS, notice: Callable[[str], None] = lambda _: None
) -> list[TeamMember]:
    """Read the members of the team; `source` is a CSV file or whatever `warehouse.outside` can read.

    `notice` receives what is worth a look though nothing is wrong: columns ignored, addresses shared.

    A person wrote the CSV file, so each line has to be complete and each id to stand there once. Other
    programs' tables may repeat a row, and may lack names: who has none is listed under the id. Raises
    `InputError` naming the line or row of anything that is not clearly a member.
    """
    members = _read(source, columns, notice)
    for address, ids in _shared_addresses(members).items():
        notice(f"{address} is the address of {len(ids)} members ({', '.join(ids)}): it matches none of them.")
    return members


def _read(source: str, columns: MemberColumns, notice: Callable[[str], None]) -> list[TeamMember]:
    ending = Path(source).suffix.lower()
    if ending in (".csv", ".txt", ".tsv", ".tab") and not re.search(r"[*#\[\n]", source):
        return _read_csv(Path(source).expanduser(), columns, notice)
    if ending in (".xlsx", ".xls", ".ods", ".numbers"):
        raise InputError(f"{source} is a spreadsheet.", "Save it as “CSV UTF-8” and import the CSV file.")
    return sparing_memory(lambda sparing: _read_table(source, columns, sparing=sparing))


def _read_table(source: str, columns: MemberColumns, *, sparing: bool) -> list[TeamMember]:
    with outside_table(source, sparing=sparing) as table:
        rows = _table_rows(table, columns)
        return _members(shown(source), "row", ((place, [v[0], v[1] or v[0], *v[2:]]) for place, v in rows))


def _shared_addresses(members: Sequence[TeamMember]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for member in members:
        if member.email:
            found.setdefault(fold_email(member.email), []).append(member.member_id)
    return {address: ids for address, ids in found.items() if len(ids) > 1}


def _read_csv(path: Path, columns: MemberColumns, notice: Callable[[str], None]) -> list[TeamMember]:
    rows = csv_rows(path, columns.required, columns.optional, notice)
    if columns != USUAL_COLUMNS:
        rows = ((line, [v[0], v[1] or v[0], *v[2:]]) for line, v in rows)
    return _members(str(path), "line", rows)


def _table_rows(table: OutsideTable, columns: MemberColumns) -> Iterator[Row]:
    present = {name.casefold(): name for name in table.columns}
    missing = [name for name in columns.required if name.casefold() not in present]
    if missing:
        raise InputError(
            f"{shown(table.source)} {lacks(missing)}.",
            f"It has {', '.join(table.columns)}. Select the columns with options such as "
            "--member-id login --display-name name --email email, or rename them in a query: "
            "\"select login as member_id, name as display_name, email from 'members.parquet'\".",
        )
    selected = ", ".join(
        f"{identifier(name)}::varchar" if name.casefold() in present else "null::varchar"
        for name in (*columns.required, *columns.optional)
    )
    seen = set()
    for place, row in enumerate(table.engine.execute(f"select {selected} from outside").fetchall(), start=1):
        if row not in seen:
            seen.add(row)
            yield place, [(value or "").strip() for value in row]


def _members(source: str, unit: str, rows: Iterable[Row]) -> list[TeamMember]:
    members: list[TeamMember] = []
    ids: dict[str, int] = {}
    accounts: dict[str, int] = {}
    for place, (member_id, display_name, email, account_id, team) in rows:
        problem = (
            _problem(member_id, display_name, email)
            or _repetition("member_id", member_id, unit, ids)
            or _repetition("jira_account_id", account_id, unit, accounts)
        )
        if problem:
            raise unusable(source, unit, place, *problem)
        ids[member_id] = accounts[account_id] = place
        members.append(TeamMember(member_id, display_name, email or None, account_id or None, team or None))
    if not members:
        raise InputError(
            f"{source} contains no member.", f"Add a {unit} for each member. Nothing was changed."
        )
    return members


def _problem(member_id: str, display_name: str, email: str) -> tuple[str, str] | None:
    if not member_id:
        return "has no member_id", "Give every member a member_id."
    if not display_name:
        return "has no display_name", "Give every member a display_name."
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        return f"has {email!r} as e-mail", "Correct the address, or leave it empty."
    return None


def _repetition(column: str, value: str, unit: str, seen: dict[str, int]) -> tuple[str, str] | None:
    if not value or value not in seen:
        return None
    return (
        f"repeats the {column} {value!r} of {unit} {seen[value]}",
        f"Each {column} may occur in one {unit} only.",
    )
