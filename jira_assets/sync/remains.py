"""Replace names and addresses in the logs and run records that a home keeps beside its tables."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from jira_assets.lake.files import put_in_place
from jira_assets.people.redaction import FORGOTTEN

SHORTEST = 5
"""A shorter name without a blank may be a part of any word: it is not replaced."""

_SQLITE = b"SQLite format 3\0"
_SPILLED_SECONDS = 86_400


def clean_logs(folder: Path, names: Collection[str]) -> int:
    """Replace the names in all files below a folder; returns how many files had any.

    Raises `sqlite3.OperationalError` when a database stays locked.
    """
    texts = sorted(_spelt(names), key=lambda text: (-len(text), text))
    if not texts:
        return 0
    pattern = re.compile(b"|".join(re.escape(text.encode()) for text in texts))
    return sum(_clean(path, texts, pattern) for path in sorted(folder.rglob("*")) if path.is_file())


def remove_spilled(folder: Path) -> None:
    """Remove what queries of dead processes left on disk."""
    for path in folder.glob("*"):
        with suppress(OSError):
            if path.is_file() and path.stat().st_mtime + _SPILLED_SECONDS < time.time():
                path.unlink()


def _spelt(names: Collection[str]) -> Iterator[str]:
    """Spell each name as it is and as JSON may write it."""
    for name in names:
        if len(name) >= SHORTEST or " " in name:
            yield from {name, json.dumps(name)[1:-1]}


def _clean(path: Path, texts: Collection[str], pattern: re.Pattern[bytes]) -> bool:
    if path.name.endswith(("-wal", "-shm", "-journal")):
        return False  # a part of the database beside it
    content = path.read_bytes()
    log = path.with_name(f"{path.name}-wal")
    is_database = content.startswith(_SQLITE)
    if not pattern.search(content + (log.read_bytes() if is_database and log.exists() else b"")):
        return False
    if is_database:
        _clean_database(path, texts)
    else:
        temporary = path.with_name(f".{path.name}.part")
        temporary.write_bytes(pattern.sub(FORGOTTEN.encode(), content))
        temporary.chmod(path.stat().st_mode & 0o777)
        put_in_place(temporary, path)
    return True


def _clean_database(path: Path, texts: Collection[str]) -> None:
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as database:
        database.execute("begin immediate")
        tables = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (table,) in tables:
            for _, column, *_ in database.execute(f'pragma table_info("{table}")').fetchall():
                for text in texts:
                    database.execute(
                        f'update "{table}" set "{column}" = replace("{column}", ?1, ?2) '
                        f'where typeof("{column}") = \'text\' and instr("{column}", ?1)',
                        (text, FORGOTTEN),
                    )
        database.execute("commit")
        database.execute("vacuum")
        database.execute("pragma wal_checkpoint(truncate)")
    os.utime(path)
