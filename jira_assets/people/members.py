"""The team, read from a CSV file that a person made."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from jira_assets.errors import InputError
from jira_assets.state.records import TeamMember

REQUIRED = ("member_id", "display_name", "email")
OPTIONAL = ("jira_account_id",)
_HEADER = (
    "Its first line has to name the columns member_id,display_name,email and, if wanted, jira_account_id."
)


def read_members(path: Path) -> list[TeamMember]:
    """Read the members of the team from a CSV file.

    Its columns are member_id, display_name, email and, if wanted, jira_account_id, in any case and order;
    other columns are left alone. Comma or semicolon; UTF-8 with or without a mark. Raises `InputError` naming
    the file and the line for anything that is not clearly a member.
    """
    members: dict[str, TeamMember] = {}
    accounts: dict[str, int] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(path, _read_text(path)):
        member = _member(path, line, row)
        _refuse_repetition(path, line, "member_id", member.member_id, lines)
        if member.jira_account_id:
            _refuse_repetition(path, line, "jira_account_id", member.jira_account_id, accounts)
        members[member.member_id] = member
    if not members:
        raise InputError(f"{path} names no member.", "Add a line for each member; nothing was changed.")
    return list(members.values())


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the name of the file.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unusable(path, line, "is not UTF-8", "Save the file as “CSV UTF-8”.") from None


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    header_line = text.split("\n", 1)[0]
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    # No splitlines() here: it would also cut at characters that no editor counts as the end of a line.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] | None = None
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                if columns is None:
                    columns = _columns(path, line, row)
                else:
                    yield line, _cells(path, line, columns, row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise _unusable(
            path, line, f"is not CSV: {error}", "Look for a quotation mark without its twin."
        ) from None
    if columns is None:
        raise InputError(f"{path} is empty.", _HEADER)


def _columns(path: Path, line: int, row: list[str]) -> list[str]:
    columns = [re.sub(r"[\s_-]+", "_", cell.strip()).casefold() for cell in row]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise _unusable(path, line, f"lacks the column {' and '.join(missing)}", _HEADER)
    repeated = [name for name in REQUIRED + OPTIONAL if columns.count(name) > 1]
    if repeated:
        raise _unusable(path, line, f"names the column {repeated[0]} twice", "Remove one of the two.")
    return columns


def _cells(path: Path, line: int, columns: list[str], row: list[str]) -> dict[str, str]:
    if len(row) != len(columns):
        raise _unusable(
            path,
            line,
            f"has {len(row)} values where the first line names {len(columns)} columns",
            "Put a value that contains the separator into quotation marks.",
        )
    return {column: cell.strip() for column, cell in zip(columns, row, strict=True)}


def _member(path: Path, line: int, row: dict[str, str]) -> TeamMember:
    for column in ("member_id", "display_name"):
        if not row[column]:
            raise _unusable(path, line, f"has no {column}", f"Give every member a {column}.")
    email = row["email"]
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise _unusable(path, line, f"has {email!r} as e-mail", "Correct the address, or leave it empty.")
    return TeamMember(
        row["member_id"], row["display_name"], email or None, row.get("jira_account_id") or None
    )


def _refuse_repetition(path: Path, line: int, column: str, value: str, seen: dict[str, int]) -> None:
    first = seen.setdefault(value, line)
    if first != line:
        problem = f"repeats the {column} {value!r} of line {first}"
        raise _unusable(path, line, problem, f"Every {column} may stand in one line only.")


def _unusable(path: Path, line: int, problem: str, instruction: str) -> InputError:
    return InputError(
        f"{path}, line {line}, {problem}.", f"{instruction} Nothing was imported.", path=str(path), line=line
    )
