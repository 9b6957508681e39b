"""Ask a published file without a way to change anything or to reach anything else.

The file is attached read-only to an engine of its own, so that its settings concern no other reader in the
process. The engine reads the raw files that the published views name and spills beside the published file;
it opens no other file, no address and no extension, and its settings are locked.

DuckDB allows to write wherever it allows to read, so statements that write files are refused before they run.
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.lake.sql_files import literal

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

CATALOG = "jira"

_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_READS = {"SELECT", "EXPLAIN", "PRAGMA", "SET", "VARIABLE_SET", "CALL", "MULTI", "PREPARE", "EXECUTE"}
_CHANGES = {"CREATE", "CREATE_FUNC", "INSERT", "UPDATE", "DELETE", "MERGE_INTO", "DROP", "ALTER", "ANALYZE"}
_STATEMENTS = _READS | _CHANGES | {"TRANSACTION"}
"""Kinds of statements that write no file. Those that change something work on temporary tables only."""

_CARRIERS = ("EXPLAIN", "PREPARE", "MULTI")
"""Kinds that carry other statements, which DuckDB does not show: their text is searched."""

_WRITES_FILES = re.compile(r"\b(copy|export)\b", re.IGNORECASE)
_LOGS = re.compile(r"\benable_(logging|profiling)\b", re.IGNORECASE)
"""DuckDB 1.5 lets these functions change a locked configuration and name a file to write to."""

_NO_FILES = "No file is written here (COPY, EXPORT)."
_NO_EXTENSIONS = "No extension is installed or loaded here."
_NO_SETTINGS = "The settings of DuckDB are locked here."
_NO_CHANGES = "Nothing can be changed here but temporary tables."
_REFUSED_KINDS = {"COPY": _NO_FILES, "EXPORT": _NO_FILES, "LOAD": _NO_EXTENSIONS}
_REFUSED_KINDS |= dict.fromkeys(("ATTACH", "DETACH"), "No other database is opened here (ATTACH, DETACH).")

_OUTSIDE = re.compile(
    r'Cannot access (?:file|directory) "(?P<path>.*?)" - file system operations are disabled'
)
_WORDS = {
    "the configuration has been locked": _NO_SETTINGS,
    "attached in read-only mode": _NO_CHANGES,
    "Loading external extensions is disabled": _NO_EXTENSIONS,
    "but it exists in the": _NO_EXTENSIONS,
}


def open_confined(
    file: Path,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    spill: bool = True,
    exports: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a published file for questions; its tables are in the catalog `jira`, times are UTC.

    Without `spill`, nothing is written anywhere. Files can be written to the folder `exports`. A `cursor()`
    of it does not start in that catalog. Raises DuckDB's own errors when it does not open.
    """
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_persistent_secrets": False,
        # A name that is no table is an error, not a variable of this program.
        "python_enable_replacements": False,
        # Each has its own: DuckDB 1.5 would overwrite what another engine spills to the same folder.
        "temp_directory": f"{file}.{uuid.uuid4().hex[:8]}.tmp" if spill else "",
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        _attach(connection, file)
        if memory_limit:
            connection.execute(f"set memory_limit = {literal(memory_limit)}")
        if threads:
            connection.execute(f"set threads = {threads}")
        _confine(connection, exports)
    except BaseException:
        connection.close()
        raise
    return connection


def _attach(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    connection.execute(f"attach {literal(file)} as {CATALOG} (read_only)")
    connection.execute(f"use {CATALOG}")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set timezone = 'UTC'")


def _confine(connection: duckdb.DuckDBPyConnection, exports: Path | None) -> None:
    named = ", ".join(literal(path) for path in files_of_views(connection))
    connection.execute(f"set allowed_paths = [{named}]")
    if exports:
        connection.execute(f"set allowed_directories = [{literal(exports)}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def files_of_views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Name the Parquet files that the published views read."""
    views = connection.execute(
        "select sql from duckdb_views() where database_name = ? and not internal", [CATALOG]
    ).fetchall()
    texts = (found.replace("''", "'") for (sql,) in views for found in _LITERAL.findall(sql))
    return [text for text in texts if text.endswith(".parquet") and Path(text).is_absolute()]


def file_of(connection: duckdb.DuckDBPyConnection) -> Path:
    """Name the file that such a connection reads."""
    found = connection.execute(
        "select path from duckdb_databases() where database_name = ?", [CATALOG]
    ).fetchone()
    if found is None:
        raise ValueError("This connection was not opened by open_confined.")
    return Path(found[0])


def why_refused(connection: duckdb.DuckDBPyConnection, query: str) -> str | None:
    """Say why a query must not run; None for one that may. Raises `duckdb.Error` when it makes no sense."""
    if _LOGS.search(query):
        return _NO_SETTINGS
    for statement in connection.extract_statements(query):
        kind = _kind(statement)
        if kind not in _STATEMENTS:
            return _REFUSED_KINDS.get(kind, _NO_CHANGES)
        if kind in _CARRIERS and _WRITES_FILES.search(query):
            return _NO_FILES
    return None


def _kind(statement: duckdb.Statement) -> str:
    try:
        return str(statement.type.name)
    except (ValueError, AttributeError):  # DuckDB's client does not know every kind of DuckDB's
        return "unknown"


def refusal_behind(error: duckdb.Error) -> str | None:
    """Say in our words what DuckDB refused because the engine is confined; None for another error."""
    words = str(error)
    if outside := _OUTSIDE.search(words):
        path = outside["path"]
        if "/extensions/" in path:
            return _NO_EXTENSIONS
        return f"{path} cannot be read here: only the published tables can."
    return next((said for part, said in _WORDS.items() if part in words), None)
