"""The rows of a team's CSV file, each with its line, for errors that a person can act on."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jira_assets.errors import InputError
from jira_assets.external.team_columns import find_column

_OPTIONS = (
    ("--member-id", "member_id"),
    ("--display-name", "display_name"),
    ("--email", "email"),
)
"""The options that select the required columns, in their order, and what these are usually called."""


def csv_rows(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str],
    notice: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[int, list[str]]]:
    """Read the values of these columns from each line; the optional ones may be missing.

    Column names in any case and order, or by their usual synonyms; `notice` receives the ignored others.
    Comma, semicolon or tab; UTF-8 with or without a mark, or UTF-16 with one. Raises `InputError` naming the
    file and the line.
    """
    places: list[int | None] | None = None
    width = 0
    for line, row in _records(path, _read_text(path)):
        if places is None:
            places, width = _places(path, line, row, required, optional), len(row)
            _mention_ignored(row, places, notice)
        elif len(row) != width:
            raise _unusable_line(
                path,
                line,
                f"has {len(row)} values, but the first line has {width} columns",
                "Enclose values that contain the separator in quotation marks.",
            )
        else:
            yield line, ["" if place is None else row[place].strip() for place in places]
    if places is None:
        raise InputError(f"{path} is empty.", _header(required, optional))


def _mention_ignored(
    header: Sequence[str], places: Sequence[int | None], notice: Callable[[str], None]
) -> None:
    ignored = [name.strip() for place, name in enumerate(header) if place not in places and name.strip()]
    if ignored:
        notice(f"Ignored the column{'s' if len(ignored) > 1 else ''} {', '.join(ignored)}.")


def check_path(path: Path | str) -> str:
    """Say what to do about a path that leads to no file; of a relative one, where it begins."""
    is_relative = not Path(path).expanduser().is_absolute()
    return f"Check the path, which is relative to {Path.cwd()}." if is_relative else "Check the path."


def unusable(source: str, unit: str, place: int, problem: str, instruction: str) -> InputError:
    """Say what is wrong with a line of a file, or with a row of a table."""
    reason = f"{source}, {unit} {place}, {problem}."
    return InputError(reason, f"{instruction} Nothing was imported.", source=source, place=place)


def _unusable_line(path: Path, line: int, problem: str, instruction: str) -> InputError:
    return unusable(str(path), "line", line, problem, instruction)


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", check_path(path)) from None
    # What Excel calls “Unicode Text” is UTF-16 with a byte order mark.
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _unusable_line(path, line, "is not UTF-8", "Save the file as “CSV UTF-8”.") from None


def _records(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    header_line = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header_line.count)
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
        raise _unusable_line(path, line, problem, "Look for an unmatched quotation mark.") from None


def _places(
    path: Path, line: int, row: list[str], required: Sequence[str], optional: Sequence[str]
) -> list[int | None]:
    """Find where each column stands."""
    found = {name: find_column(name, row) for name in (*required, *optional)}
    missing = [name for name in required if not found[name]]
    if missing:
        raise _unusable_line(
            path, line, lacks(missing), _header(required, optional, row, required.index(missing[0]))
        )
    for name, places in found.items():
        if len(places) > 1:
            names = {row[place].strip() for place in places}
            twice = f"contains the column {name} twice"
            problem = twice if len(names) == 1 else f"{twice}: {' and '.join(sorted(names))}"
            raise _unusable_line(path, line, problem, "Remove one of the two.")
    return [places[0] if places else None for places in found.values()]


def lacks(columns: Sequence[str]) -> str:
    """Name the columns that a table lacks."""
    return f"lacks the column{'s' if len(columns) > 1 else ''} {', '.join(columns)}"


def _header(
    required: Sequence[str], optional: Sequence[str], found: Sequence[str] = (), missing: int = 0
) -> str:
    """Say what the first line has to contain; `missing` is the place of a required column it lacks."""
    wanted = (
        f"The first line must contain the columns {','.join(required)} and may contain {','.join(optional)}."
    )
    if not any(name.strip() for name in found):
        return wanted
    names = ", ".join(name.strip() for name in found)
    option, usual = _OPTIONS[missing]
    # An address is an id that people have anyway.
    fitting = find_column(usual, found) or find_column("email", found) or [0]
    meant = found[fitting[0]].strip()
    return f"{wanted} It contains {names}. Select the columns with options such as {option} {meant}."
