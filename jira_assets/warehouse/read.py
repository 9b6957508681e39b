"""Open the warehouse for reading."""

from __future__ import annotations

import re
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.errors import DamagedFile, InputError, JiraAssetsError, LockHeld
from jira_assets.lake.sql_files import literal
from jira_assets.lake.stamps import STAMP, moment_of
from jira_assets.warehouse.sandbox import open_confined

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb

WAREHOUSE_NAME = "jira.duckdb"
"""The link that points to the present warehouse, and the name of the file in every publish."""

WRITE_AHEAD_LOG = f"{WAREHOUSE_NAME}.wal"
"""Where DuckDB keeps what a writer did: readers of the file see it as if it had been published."""

_ATTEMPTS = 3


def open_warehouse(
    path: Path,
    *,
    memory_limit: str | None = None,
    threads: int | None = None,
    spill: bool = True,
    exports: Path | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open the warehouse that this link points to now, as `open_confined` does.

    What is opened stays what it was, however often a newer one is published. Raises `InputError` when there
    is none or this user may not read it, `DamagedFile` when it is not what was published, `LockHeld` while
    another process has it open for writing.
    """
    import duckdb

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            file = path.resolve(strict=True)
            return open_confined(
                file, memory_limit=memory_limit, threads=threads, spill=spill, exports=exports
            )
        except FileNotFoundError as error:
            raise InputError(
                f"There is no warehouse at {path}.",
                "Run `jira-assets projects track KEY` and `jira-assets sync`. If you already did, "
                "run `jira-assets publish`.",
            ) from error
        except duckdb.IOException as error:
            if locked := locked_by_writer(path, error):
                raise locked from error
            # Two newer ones may have been published between finding out the name and opening the file.
            if attempt == _ATTEMPTS:
                raise _unreadable(path, error) from error
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise _unreadable(path, error) from error
    raise AssertionError


def _unreadable(path: Path, error: duckdb.Error) -> JiraAssetsError:
    reason = f"{path} cannot be opened: {str(error).splitlines()[0]}"
    if "Permission denied" in str(error):
        return InputError(reason, "Check that this user may read the file and enter the folders above it.")
    return DamagedFile(reason, "Run `jira-assets publish`. It makes no request to Jira.")


def locked_by_writer(path: Path, error: duckdb.IOException) -> LockHeld | None:
    """Name the process that has the warehouse open for writing, where that is why it does not open."""
    if "Could not set lock on file" not in str(error):
        return None
    held = re.search(r"\bPID (\d+)", str(error))
    return LockHeld(
        f"{_process(held[1]) if held else 'Another process'} has {path} open for writing, so no "
        "other process can read it.",
        "Close it in that process and open it read-only. Alternatively run `jira-assets publish`: "
        "it publishes a new file that readers can open at once.",
    )


def changed_since_published(path: Path) -> bool:
    """Check whether the file that this link points to is not as published: written to, or a copy."""
    file = path.resolve()
    # DuckDB 1.4 puts the log beside the link, newer ones beside the file.
    if any(each.with_name(f"{each.name}.wal").exists() for each in (file, path)):
        return True
    stamp = file.parent.name
    is_published_here = STAMP.fullmatch(stamp) is not None and file.exists()
    # Publishing sets the time of the file to the second of its stamp.
    return is_published_here and file.stat().st_mtime != moment_of(stamp).timestamp()


def present_file(warehouse_dir: Path) -> Path | None:
    """Name the file that is the warehouse now, whether it exists or not."""
    link = warehouse_dir / WAREHOUSE_NAME
    return link.resolve() if link.is_symlink() else None


def published_info(warehouse_dir: Path) -> dict[str, str]:
    """Read what the present warehouse says of itself; nothing when it is missing, unreadable or changed."""
    import duckdb

    present = present_file(warehouse_dir)
    if present is None or changed_since_published(warehouse_dir / WAREHOUSE_NAME):
        return {}
    try:
        # Attached to an engine of its own, so the settings of other readers in this process don't matter.
        with closing(duckdb.connect(":memory:")) as engine:
            engine.execute(f"attach {literal(present)} as present (read_only)")
            return dict(engine.execute("select key, value from present.warehouse_info").fetchall())
    except duckdb.Error:
        return {}


def _process(pid: str) -> str:
    """Name a process with its program, and the script or file it was given: options may hold secrets."""
    command = b""
    with suppress(OSError):  # no /proc here, or the process is gone
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    program, *arguments = command.decode(errors="replace").rstrip("\0").split("\0")
    shown = [Path(program).name, *(word for word in arguments[:1] if not word.startswith("-"))]
    return f"Process {pid} ({' '.join(shown)})" if program else f"Process {pid}"
