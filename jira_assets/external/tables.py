"""Read a table that another program made.

A source is one text:

    team.csv, prs.parquet, prs/*.parquet, prs.ndjson.gz      files by their names' ends; * stands for several
    exports/                                                 every Parquet file of a folder
    github.duckdb#members, github.sqlite#main.members        a table of a database file
    select login as member_id, … from 'github.parquet'       a query in DuckDB's words

All of it is read by an engine of its own, which sees nothing of ours and changes nothing of theirs.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.errors import InputError
from jira_assets.external.sqlite import as_ndjson, sqlite_tables
from jira_assets.external.team_csv import check_path
from jira_assets.lake.duckdb_engine import open_engine
from jira_assets.lake.sql_files import identifier, literal, statement

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

_QUERY = re.compile(r"\s*(select|from|with)\s", re.IGNORECASE)
_READERS = {
    "parquet": "read_parquet([{files}], union_by_name = true)",
    "csv": "read_csv([{files}], header = true, all_varchar = true, union_by_name = true)",
    "json": "read_json([{files}], union_by_name = true)",
}
_ENDINGS = {"parquet": "parquet", "pq": "parquet", "csv": "csv", "tsv": "csv", "txt": "csv"}
_ENDINGS |= {"json": "json", "jsonl": "json", "ndjson": "json"}
_FORMS = "Use a Parquet, CSV or JSON file, file.duckdb#table, file.sqlite#table, or a SELECT query."


@dataclass(frozen=True)
class OutsideTable:
    """A table as the engine sees it: ask for `select … from outside`."""

    engine: duckdb.DuckDBPyConnection
    source: str
    columns: tuple[str, ...]


@contextmanager
def outside_table(
    source: str, *, memory_limit: str | None = None, sparing: bool = False
) -> Iterator[OutsideTable]:
    """Open a source as the view `outside`, with an engine of these options.

    Raises `InputError` whenever it turns out not to be readable.
    """
    import duckdb

    with (
        tempfile.TemporaryDirectory() as scratch,
        closing(open_engine(memory_limit=memory_limit, scratch=Path(scratch), sparing=sparing)) as engine,
    ):
        try:
            engine.execute(f"create view outside as {_relation(engine, source, Path(scratch))}")
            described = engine.execute("describe outside").fetchall()
            yield OutsideTable(engine, source, tuple(str(row[0]) for row in described))
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise unreadable(source, str(error).split("\n", 1)[0]) from None
        except OSError as error:
            raise unreadable(source, error.strerror or str(error)) from None


def source_identity(source: str) -> list[list[object]] | None:
    """Name the files of a source with their sizes and times; None when only reading it can tell."""
    if _QUERY.match(source):
        return None
    try:
        files = [beside for path in _files(_parts(source)[0]) for beside in _with_logs(path)]
        stats = [(path, path.stat()) for path in files]
    except OSError:
        return None
    return [[str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino] for path, stat in stats]


def _with_logs(file: Path) -> list[Path]:
    """Name a file and what SQLite and DuckDB write beside it before they write into it."""
    logs = (Path(f"{file}-wal"), Path(f"{file}.wal"))
    return [file, *(log for log in logs if log.exists())]


def unreadable(source: str, reason: str, remedy: str = _FORMS) -> InputError:
    """Say that a source cannot be read."""
    return InputError(f"{shown(source)} cannot be read: {reason}", remedy, source=source)


def shown(source: str) -> str:
    """Name a source in a sentence; of a query, what it begins with."""
    words = " ".join(source.split())
    if not _QUERY.match(source):
        return words
    return f"The query “{words[:60]}{'…' if len(words) > 60 else ''}”"


def _relation(engine: duckdb.DuckDBPyConnection, source: str, scratch: Path) -> str:
    if _QUERY.match(source):
        from duckdb import StatementType

        query = source.strip().rstrip(";")
        if [found.type for found in engine.extract_statements(query)] != [StatementType.SELECT]:
            raise unreadable(source, "it is not one query that selects.")
        return f"select * from ({query})"
    place, table = _parts(source)
    files = _files(place)
    if not files:
        is_folder = Path(place).expanduser().is_dir()
        missing = "the folder contains no Parquet file." if is_folder else "the file does not exist."
        raise unreadable(source, missing, _FORMS if is_folder else check_path(place))
    if kind := _database_kind(files[0]):
        if kind == "sqlite":
            return _sqlite_table(source, files[0], table, scratch)
        return _duckdb_table(engine, source, files[0], table)
    reader = _READERS.get(_ending(files[0]))
    if reader is None:
        raise unreadable(source, "the file type cannot be recognized by the name.")
    listed = ", ".join(literal(file) for file in files)
    return f"select * from {reader.format(files=listed)}"


def _parts(source: str) -> tuple[str, str | None]:
    """Cut off the table; a file whose very name has a # needs none."""
    place, mark, table = source.strip().rpartition("#")
    if not mark or Path(source.strip()).expanduser().exists():
        return source.strip(), None
    return place, table or None


def _files(place: str) -> list[Path]:
    try:
        path = Path(place).expanduser()
        if path.is_dir():
            return sorted(path.rglob("*.parquet"))
        if path.exists():
            return [path]
        return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    except (RuntimeError, ValueError) as error:  # a home of an unknown user, a pattern that makes no sense
        raise OSError(str(error)) from None


def _ending(file: Path) -> str:
    suffixes = [suffix.lstrip(".").lower() for suffix in file.suffixes]
    while suffixes and suffixes[-1] in ("gz", "zst"):
        suffixes.pop()
    return _ENDINGS.get(suffixes[-1], "") if suffixes else ""


def _database_kind(file: Path) -> str | None:
    with file.open("rb") as opened:
        start = opened.read(16)
    if start.startswith(b"SQLite format 3"):
        return "sqlite"
    return "duckdb" if start[8:12] == b"DUCK" else None


def _duckdb_table(engine: duckdb.DuckDBPyConnection, source: str, file: Path, table: str | None) -> str:
    engine.execute(f"attach {literal(file)} as source (read_only)")
    engine.execute("set search_path = 'memory.main,source.main'")  # views there name tables without a place
    found = [str(row[0]) for row in engine.execute(statement("external/list_tables")).fetchall()]
    schema, _, name = _chosen(source, found, table).partition(".")
    return f"select * from source.{identifier(schema)}.{identifier(name)}"


def _sqlite_table(source: str, file: Path, table: str | None, scratch: Path) -> str:
    name = _chosen(source, [f"main.{each}" for each in sqlite_tables(file)], table).partition(".")[2]
    columns = as_ndjson(file, name, scratch / "table.ndjson")
    kinds = ", ".join(f"{literal(column)}: 'varchar'" for column in columns)
    return f"select * from read_ndjson({literal(scratch / 'table.ndjson')}, columns = {{{kinds}}})"


def _chosen(source: str, found: Sequence[str], table: str | None) -> str:
    """Find the table that was named, or the only one there is."""
    wanted = {table, f"main.{table}"} if table else set(found)
    fitting = [name for name in found if name in wanted]
    if len(fitting) != 1:
        names = ", ".join(sorted(name.removeprefix("main.") for name in found)) or "none"
        problem = f"it has no table {table}" if table else "it has several tables" if found else "it is empty"
        raise unreadable(source, f"{problem}; write file#table with one of: {names}.")
    return fitting[0]
