"""Write data to stdout: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Literal

import click

Cell = object

_READABLE = 8
"""Characters a column needs, on average, to be read."""

GAP, LAST = 2, 16
"""Columns of the terminal between two of the table, and what the last one needs to be left open."""


def write_json(data: object) -> None:
    """Write one JSON document."""
    click.echo(_encode(data, indent=2))


def write_json_rows(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write an array of objects, one a line, without holding them all."""
    names = _distinct(columns)
    mark = "["
    for row in rows:
        click.echo(mark + _encode(dict(zip(names, row, strict=True))), nl=False)
        mark = ",\n"
    click.echo("[]" if mark == "[" else "]")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write CSV with a header; null is an empty value."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if cell is None else _csv_cell(cell) for cell in row])


def write_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a table for people: fitted to the terminal, or plain where there is none.

    No word is ever cut, so that ids can be copied: text wraps between words. Where even that does not fit,
    the last column runs on beyond the edge, or the values of a row are written below each other.
    """
    texts = [[_table_cell(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _write_plain(columns, texts)
        return
    room = shutil.get_terminal_size().columns
    layout = choose_layout(columns, texts, room)
    if layout == "records":
        _write_records(columns, texts)
    elif layout == "open":
        _write_plain(columns, texts)
    else:
        _write_rich(columns, texts, layout)


def choose_layout(
    columns: Sequence[str], texts: Sequence[Sequence[str]], room: int
) -> list[int] | Literal["open", "records"]:
    """Choose the widths of the columns in a terminal so wide, or another layout where none would do."""
    from rich.cells import cell_len  # late, as rich is; some characters take two columns of the terminal

    room -= GAP * len(columns)
    wanted = _widths(columns, texts, cell_len)
    if sum(wanted) <= room:
        return wanted
    if len(columns) * _READABLE > room + GAP * len(columns):
        return "records"
    least = _widths(*_longest_words(columns, texts, cell_len), cell_len)
    if sum(least) <= room:
        return _share(wanted, least, room)
    *others, _ = wanted
    return "open" if sum(others) + LAST <= room else "records"


def _share(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Make every column as wide as its longest word, then share the rest among those that want more."""
    widths = list(least)
    for _ in range(room - sum(least)):
        narrow = min((width, place) for place, width in enumerate(widths) if width < wanted[place])
        widths[narrow[1]] += 1
    return widths


def _longest_words(
    columns: Sequence[str], texts: Sequence[Sequence[str]], measure: Callable[[str], int]
) -> tuple[list[str], list[list[str]]]:
    head, *rows = [[max(cell.split() or [""], key=measure) for cell in row] for row in (columns, *texts)]
    return head, rows


def _encode(data: object, indent: int = 0) -> str:
    import msgspec

    text = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode(data)
    return (msgspec.json.format(text, indent=indent) if indent else text).decode()


def _distinct(columns: Sequence[str]) -> list[str]:
    """Number the columns of one name: in an object, the last would hide the others."""
    names: list[str] = []
    for column in columns:
        again = (f"{column}_{number}" for number in count(2))
        names.append(
            column if column not in names else next(name for name in again if name not in {*columns, *names})
        )
    return names


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, dict | list | tuple):
        return _encode(cell)
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else _scalar(cell)


def _table_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list | tuple):
        return ", ".join(map(_scalar, cell))
    # One line a row: a line break inside a value would tear the table apart.
    return " ".join(_scalar(cell).split("\n"))


def _scalar(cell: Cell) -> str:
    import msgspec

    if isinstance(cell, msgspec.Raw):  # JSON of the warehouse, as it is
        return bytes(cell).decode()
    if isinstance(cell, bool):
        return str(cell).lower()
    return cell.isoformat(sep=" ", timespec="seconds") if isinstance(cell, datetime) else str(cell)


def _write_rich(columns: Sequence[str], texts: list[list[str]], widths: Sequence[int]) -> None:
    from rich import box  # late: it costs as much time as all the rest of a small command
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, width=width, overflow="fold")
    for row in texts:
        table.add_row(*(Text(cell) for cell in row))  # Text: brackets in a summary are no markup
    Console().print(table)


def _write_plain(columns: Sequence[str], texts: list[list[str]]) -> None:
    widths = _widths(columns, texts)
    for row in (columns, *texts):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def _write_records(columns: Sequence[str], texts: list[list[str]]) -> None:
    width = max(map(len, columns))
    for number, row in enumerate(texts, start=1):
        click.echo(f"── {number} " + "─" * width)
        for column, cell in zip(columns, row, strict=True):
            click.echo(f"{column.ljust(width)}  {cell}".rstrip())


def _widths(
    columns: Sequence[str], texts: Sequence[Sequence[str]], measure: Callable[[str], int] = len
) -> list[int]:
    return [max(map(measure, cells)) for cells in zip(columns, *texts, strict=True)]


def as_json_cells(types: Sequence[object], rows: Iterable[Sequence[Any]]) -> Iterable[list[Any]]:
    """Turn the JSON columns of a query's rows, which come as text, into JSON again."""
    import msgspec

    is_json = [str(kind) == "JSON" for kind in types]
    for row in rows:
        yield [
            msgspec.Raw(cell.encode()) if json and cell is not None else cell
            for cell, json in zip(row, is_json, strict=True)
        ]
