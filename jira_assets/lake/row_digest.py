"""Digest rows in SQL: rows with other values have other digests."""

from __future__ import annotations

from collections.abc import Mapping


def row_digest(row: str, columns: Mapping[str, str]) -> str:
    """Return in SQL the digest of `row`, whose columns have these names and DuckDB types.

    DuckDB hashes the elements of lists one after the other: an empty list, nulls in a list and null are the
    same to it, and so are lists whose last element becomes the first one of the list in the next column. What
    is nested is therefore hashed as text as well.
    """
    nested = (f'to_json({row}."{name}")' for name, kind in columns.items() if _is_nested(kind))
    return f"hash({', '.join((row, *nested))})"


def _is_nested(kind: str) -> bool:
    return kind.endswith("]") or kind.lower().startswith(("struct", "map", "union"))
