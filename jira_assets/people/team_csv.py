"""The rows of a team's CSV file, each with its line, for errors that a person can act on."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from jira_assets.errors import InputError


def csv_rows(path: Path, required: Sequence[str], optional: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Read the values of these columns from each line; the optional ones may be missing.

    Column names in any case and order; other columns are left alone. Comma or semicolon; UTF-8 with or
    without a mark. Raises `InputError` naming the file and the line.
    """
    places: list[int | None] | None = None
    width = 0
    for line, row in _records(path, _read_text(path)):
        if places is None:
            places, width = _places(path, line, row, required, optional), len(row)
        elif len(row) != width:
            raise _unusable_line(
                path,
                line,
                f"has {len(row)} values where the first line names {width} columns",
                "Put a value that contains the separator into quotation marks.",
            )
        else:
            yield line, ["" if place is None else row[place].strip() for place in places]
    if places is None:
        raise InputError(f"{path} is empty.", _header(required, optional))


def unusable(source: str, unit: str, place: int, problem: str, instruction: str) -> InputError:
    """Say what is wrong with a line of a file, or with a row of a table."""
    reason = f"{source}, {unit} {place}, {problem}."
    return InputError(reason, f"{instruction} Nothing was imported.", source=source, place=place)


def _unusable_line(path: Path, line: int, problem: str, instruction: str) -> InputError:
    return unusable(str(path), "line", line, problem, instruction)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the name of the file.") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unusable_line(path, line, "is not UTF-8", "Save the file as “CSV UTF-8”.") from None


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    header_line = text.split("\n", 1)[0]
    delimiter = ";" if header_line.count(";") > header_line.count(",") else ","
    # No splitlines() here: it would also cut at characters that no editor counts as the end of a line.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        problem = f"is not CSV: {error}"
        raise _unusable_line(path, line, problem, "Look for a quotation mark without its twin.") from None


def _places(
    path: Path, line: int, row: list[str], required: Sequence[str], optional: Sequence[str]
) -> list[int | None]:
    """Find where each column stands."""
    columns = [_folded(cell) for cell in row]
    missing = [name for name in required if _folded(name) not in columns]
    if missing:
        raise _unusable_line(
            path, line, f"lacks the column {' and '.join(missing)}", _header(required, optional, row)
        )
    wanted = [_folded(name) for name in (*required, *optional)]
    repeated = [name for name in wanted if columns.count(name) > 1]
    if repeated:
        raise _unusable_line(path, line, f"names the column {repeated[0]} twice", "Remove one of the two.")
    return [columns.index(name) if name in columns else None for name in wanted]


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip()).casefold()


def _header(required: Sequence[str], optional: Sequence[str], found: Sequence[str] = ()) -> str:
    wanted = (
        f"Its first line has to name the columns {','.join(required)} and, if wanted, {','.join(optional)}."
    )
    if not any(name.strip() for name in found):
        return wanted
    names = ", ".join(name.strip() for name in found)
    return f"{wanted} It names {names}; say which of them is meant, as in --member-id {found[0].strip()}."
