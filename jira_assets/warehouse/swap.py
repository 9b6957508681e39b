"""Swap a new warehouse in as one step, and remove those that came before it.

    warehouse/
        <stamp>/jira.duckdb             the tables, mode 0444
        <stamp>/parquet/<table>/…       the same tables as Parquet files, where a setting asks for them
        current -> <stamp>              the link that a publish swaps
        jira.duckdb -> current/jira.duckdb
        parquet -> current/parquet

DuckDB resolves links and names the catalog after the file: it is called `jira` in every folder. An earlier
version published `jira-<stamp>.duckdb` and `parquet-<stamp>`; the first publish of this one replaces them.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from jira_assets.errors import PublishError
from jira_assets.lake.files import TEMPORARY_PREFIX, point_link, sync_to_disk
from jira_assets.lake.stamps import STAMP, moment_of
from jira_assets.warehouse.read import WAREHOUSE_NAME, WRITE_AHEAD_LOG, present_file

BUILD_PREFIX = ".build-"
CURRENT_NAME = "current"
MIRROR_NAME = "parquet"

_LINKS = {
    WAREHOUSE_NAME: f"{CURRENT_NAME}/{WAREHOUSE_NAME}",
    MIRROR_NAME: f"{CURRENT_NAME}/{MIRROR_NAME}",
}
_SPILLED_SECONDS = 86_400
"""After so long no query uses what was spilled to disk beside the file."""


def check_links(warehouse_dir: Path) -> None:
    """Raise `PublishError` where a folder is in the place of a link: a copy that followed links left it."""
    for name in (CURRENT_NAME, *_LINKS):
        path = warehouse_dir / name
        if path.is_dir() and not path.is_symlink():
            raise PublishError(
                f"{path} is a folder, but publishing requires a link with that name.",
                "Move the folder away, then run `jira-assets publish`.",
            )


def swap_in(warehouse_dir: Path, build: Path, stamp: str, mirrors_kept: timedelta) -> Path:
    """Rename the folder that was built, point the links to it, and remove what is too old.

    Returns the new file. The one that readers may have just opened is kept, and the Parquet files of each
    publish for `mirrors_kept` after the next one.
    """
    present = present_file(warehouse_dir)
    before = {_stamp_of(name) for name in (present.parent.name, present.name)} if present else set()
    folder = warehouse_dir / stamp
    _seal(build, stamp)
    _remove_log_beside_link(warehouse_dir)
    build.rename(folder)
    sync_to_disk(warehouse_dir)
    point_link(warehouse_dir / CURRENT_NAME, stamp)
    _link(warehouse_dir, WAREHOUSE_NAME)
    if (folder / MIRROR_NAME).exists():
        _link(warehouse_dir, MIRROR_NAME)
    elif (warehouse_dir / MIRROR_NAME).is_symlink():
        (warehouse_dir / MIRROR_NAME).unlink()
    _sweep(warehouse_dir, {stamp, *before}, mirrors_kept)
    return folder / WAREHOUSE_NAME


def mirror_exists(warehouse_dir: Path) -> bool:
    """Check whether the present warehouse has its Parquet files, and the link that leads to them."""
    link = warehouse_dir / MIRROR_NAME
    return link.is_symlink() and str(link.readlink()) == _LINKS[MIRROR_NAME] and link.exists()


def remove_leftovers(warehouse_dir: Path) -> None:
    """Remove what dead builds left; the caller holds the lock, so no build is alive."""
    for prefix in (BUILD_PREFIX, TEMPORARY_PREFIX):
        for leftover in warehouse_dir.glob(f"{prefix}*"):
            _remove(leftover)


def remove_former(warehouse_dir: Path) -> int:
    """Remove all of every publish but the present one; return how many those were.

    Anyone who has one of their files open reads on. The caller holds the lock.
    """
    remove_leftovers(warehouse_dir)
    present = present_file(warehouse_dir)
    kept = {_stamp_of(name) for name in (present.parent.name, present.name)} if present else set()
    former = [path for path in warehouse_dir.iterdir() if _stamp_of(path.name) not in {None, *kept}]
    for path in former:
        _remove(path)
    return len({_stamp_of(path.name) for path in former})


def _seal(build: Path, stamp: str) -> None:
    """Make the file durable and closed to writers, with the time by which later changes are seen."""
    file = build / WAREHOUSE_NAME
    file.chmod(0o444)
    os.utime(file, (moment_of(stamp).timestamp(),) * 2)
    sync_to_disk(file)
    sync_to_disk(build)


def _link(warehouse_dir: Path, name: str) -> None:
    link = warehouse_dir / name
    if not link.is_symlink() or str(link.readlink()) != _LINKS[name]:
        point_link(link, _LINKS[name])


def _stamp_of(name: str) -> str | None:
    """Find the stamp in the name of what a publish makes; what has another name is not ours to remove."""
    found = STAMP.search(name)
    if found is None:
        return None
    stamp = found[0]
    ours = (stamp, f"jira-{stamp}.duckdb", f"jira-{stamp}.duckdb.wal", f"{MIRROR_NAME}-{stamp}")
    return stamp if name in ours else None


def _remove_log_beside_link(warehouse_dir: Path) -> None:
    """DuckDB 1.4 puts the log of a writer beside the link; with the next file, readers could not open it."""
    (warehouse_dir / WRITE_AHEAD_LOG).unlink(missing_ok=True)


def _sweep(warehouse_dir: Path, kept: set[str | None], mirrors_kept: timedelta) -> None:
    found: dict[str, list[Path]] = {}
    for path in warehouse_dir.iterdir():
        if stamp := _stamp_of(path.name):
            found.setdefault(stamp, []).append(path)
    for stamp, following in pairwise(sorted(found)):
        if stamp not in kept:
            is_old = moment_of(following) + mirrors_kept < datetime.now(UTC)
            for path in found[stamp]:
                _sweep_publish(path, is_old)


def _sweep_publish(path: Path, is_mirror_old: bool) -> None:
    """Remove what a publish made: the file at once, since readers hold it open, Parquet files by age."""
    if path.name.startswith(f"{MIRROR_NAME}-"):
        if is_mirror_old:
            _remove(path)
    elif path.is_dir():
        for file in _removable(path, is_mirror_old):
            _remove(file)
        with suppress(OSError):  # something of someone else is in it
            path.rmdir()
    else:
        _remove(path)


def _removable(folder: Path, is_mirror_old: bool) -> Iterator[Path]:
    yield folder / WAREHOUSE_NAME
    yield folder / WRITE_AHEAD_LOG
    if is_mirror_old:
        yield folder / MIRROR_NAME
    for spilled in folder.glob(f"{WAREHOUSE_NAME}.*tmp"):
        if spilled.is_dir() and spilled.stat().st_mtime + _SPILLED_SECONDS < time.time():
            yield spilled


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
