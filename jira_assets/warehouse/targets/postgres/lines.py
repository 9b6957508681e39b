"""The rows of a published table as lines for COPY, read from DuckDB in small batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jira_assets.warehouse.targets.postgres.types import changed_values, line_of
from jira_assets.warehouse.targets.relations import Relation

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

ROWS_AT_ONCE = 500
"""A description has up to 32,767 characters, so this many are at most some 50 MB."""

BYTES_AT_ONCE = 1 << 18
_NUL, _IN_ITS_PLACE = b"\0", "\ufffd".encode()


class Lines:
    """A file that COPY reads.

    `has_nul` says whether a NUL character was replaced in it, `failure` what ended reading it: the driver
    raises an error of its own for that.
    """

    def __init__(
        self, warehouse: duckdb.DuckDBPyConnection, relation: Relation, slices: Sequence[str] | None
    ) -> None:
        """Begin with the rows of these slices; None: with all rows."""
        line = line_of(relation.columns)
        self._rows = warehouse.execute(f"select {line} from {relation.rows}{_among(relation, slices)}")
        self._left = memoryview(b"")
        self.has_nul = False
        self.failure: Exception | None = None

    def read(self, size: int = BYTES_AT_ONCE) -> bytes:
        """Return up to so many bytes; none at the end."""
        if not self._left:
            self._left = memoryview(self._next())
        part, self._left = self._left[:size], self._left[size:]
        return bytes(part)

    def _next(self) -> bytes:
        try:
            rows = self._rows.fetchmany(ROWS_AT_ONCE)
        except Exception as error:
            self.failure = error
            raise
        if not rows:
            return b""
        text = "\n".join([line for (line,) in rows]).encode() + b"\n"
        if _NUL not in text:
            return text
        self.has_nul = True
        return text.replace(_NUL, _IN_ITS_PLACE)


def count_changed(
    warehouse: duckdb.DuckDBPyConnection, relation: Relation, slices: Sequence[str] | None, *, texts: bool
) -> dict[str, int]:
    """Count by slice the values that PostgreSQL cannot hold as they are: dates and, if they are to, texts."""
    found = warehouse.execute(
        f"select {relation.slice_of_row}, sum({changed_values(relation.columns, texts=texts)})::bigint "
        f"from {relation.rows}{_among(relation, slices)} group by all"
    ).fetchall()
    return {name: changed for name, changed in found if changed}


def _among(relation: Relation, slices: Sequence[str] | None) -> str:
    return "" if slices is None else relation.among(slices)
