"""Rows that were staged in a file, on their way into DuckDB within the engine's memory.

Documents of Jira's JSON are staged verbatim, as values of CSV between characters that no JSON contains:
nothing in them has to be escaped, which takes longer than all the rest.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jira_assets.lake.sql_files import literal

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

SEPARATOR = b"\x02"
_QUOTE = b"\x01"
_REPLACEMENT = "�".encode()

_LEAST_BUFFER = 2**20
"""DuckDB's own default of 32 MiB would be taken for every small file."""

_READING = threading.Lock()
"""Held while a file is read. DuckDB takes memory for it and for each thread that helps, however short the
file: some projects that end at the same moment would together need more than an engine has."""


def quoted(value: bytes) -> bytes:
    """Return a value as it is staged; an empty one that is not quoted is null.

    The character of the quotes, which only a text outside JSON can contain, is replaced by U+FFFD.
    """
    return b"%b%b%b" % (_QUOTE, value.replace(_QUOTE, _REPLACEMENT), _QUOTE)


def staged_format(longest: int) -> str:
    """Return the options of `read_csv` for staged rows, of which the longest has so many bytes."""
    options = {
        "auto_detect": "false",
        "header": "false",
        "delim": literal(SEPARATOR.decode()),
        "quote": literal(_QUOTE.decode()),
        "escape": literal(_QUOTE.decode()),
        "new_line": literal(r"\n"),
        "comment": "''",
        "nullstr": "''",
        "allow_quoted_nulls": "false",
        "parallel": "false",
        # The reader allocates buffers of this size, so it needs the real length.
        "max_line_size": str(longest + 1),
        "buffer_size": str(max(longest + 1, _LEAST_BUFFER)),
    }
    return ", ".join(f"{name} = {value}" for name, value in options.items())


def copy_staged(engine: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Run a statement that copies staged rows elsewhere, when no other thread does so."""
    with _READING:
        engine.execute(sql)
