"""Find files of the lake that are not as they were written.

DuckDB reports an unreadable file in as many ways as there are versions of it and kinds of damage, and some
damage it does not notice. So its words decide nothing: the files are compared with what their manifest says.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from jira_assets.lake.files import size_and_digest
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Damage
from jira_assets.lake.sql_files import literal
from jira_assets.lake.storage.storage import StoredFile

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

Depth = Literal["size", "footer", "content"]
"""How closely to look: at the size; also at the footer, which says what the file holds; or at every byte."""


def damage_in(lake: Lake, files: Iterable[StoredFile], depth: Depth) -> list[Damage]:
    """Compare files with what their manifest says; return those that differ, each with the reason.

    Of files that would have to be fetched, only the content is worth that; a store has them whole or not at
    all, and what arrives is compared anyway.
    """
    files = list(files)
    far = [] if depth == "content" else [file for file in files if not lake.is_at_hand(file.path)]
    sizes = lake.stored_sizes([file.path for file in far]) if far and depth == "footer" else None
    found = [(file, _difference_of_size(file, sizes.get(file.path))) for file in far if sizes is not None]
    near = {file.path for file in files} - {file.path for file in far}
    with _Reader() as reader:
        found += [(file, _found(reader, lake, file, depth)) for file in files if file.path in near]
    return [Damage(file.path, reason) for file, reason in found if reason is not None]


def _found(reader: _Reader, lake: Lake, file: StoredFile, depth: Depth) -> str | None:
    difference = _difference(reader, lake.suspect(file.path), file, depth)
    if difference is not None and lake.read_anew(file.path):  # it was only the copy on this host
        difference = _difference(reader, lake.suspect(file.path), file, depth)
    return difference


def unreadable(path: Path) -> str | None:
    """Read the whole of a Parquet file of which nothing is known; say why that fails, None if it does not."""
    with _Reader() as reader:
        found = reader.rows(path, "content")
    return found if isinstance(found, str) else None


class _Reader:
    """Reads Parquet files with an engine of its own, which is opened when it is first needed."""

    def __init__(self) -> None:
        self._engine: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def rows(self, path: Path, depth: Depth) -> int | str:
        """Count the rows of a file, by its footer or by reading all of them; or say why that fails."""
        import duckdb

        if depth == "content":
            query = f"select count(*), bit_xor(hash(rows)) from read_parquet({literal(path)}) as rows"
        else:
            query = f"select num_rows from parquet_file_metadata({literal(path)})"
        if self._engine is None:
            self._engine = duckdb.connect(":memory:", config={"threads": 1})
        try:
            found = self._engine.execute(query).fetchone()
        except (duckdb.Error, UnicodeDecodeError) as error:
            self._close()  # some damage leaves the engine that met it unusable
            return f"cannot be read: {str(error).splitlines()[0]}"
        return int(found[0]) if found else 0

    def _close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None


def _difference(reader: _Reader, path: Path, file: StoredFile, depth: Depth) -> str | None:
    try:
        difference = _difference_of_size(file, path.stat().st_size)
        if difference is not None or depth == "size":
            return difference
        if depth == "content" and file.digest:
            is_same = size_and_digest(path) == (file.size, file.digest)
            return None if is_same else "has another content than was written"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    found = reader.rows(path, depth)
    if isinstance(found, str):
        return found
    return None if found == file.rows else f"has {found:,} rows in place of {file.rows:,}"


def _difference_of_size(file: StoredFile, size: int | None) -> str | None:
    if size is None:
        return "is missing"
    if size == 0:
        return "is empty"
    return f"has {size:,} bytes in place of {file.size:,}" if file.size and size != file.size else None
