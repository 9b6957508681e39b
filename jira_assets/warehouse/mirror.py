"""The tables of the warehouse as Parquet files beside it, for tools that never reconnect.

Each publish writes a folder of its own and points the link `parquet` to it, so no file is ever replaced under
a reader, and a query that names its files by the link sees the new ones when it is run again.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from jira_assets.warehouse.files import STAMPS, point_link, sync_to_disk
from jira_assets.warehouse.statements import literal

MIRROR_NAME = "parquet"
"""The link that points to the present folder."""


def write_mirror(engine: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Copy every table and view of the catalog `built`, except those that only read files of the lake."""
    folder.mkdir()
    names = engine.execute(
        "select table_name from duckdb_tables() where database_name = 'built' union all "
        "select view_name from duckdb_views() where database_name = 'built' and not internal "
        "and view_name <> 'raw_jira_issues' order by all"
    ).fetchall()
    for (name,) in names:
        file = folder / f"{name}.parquet"
        engine.execute(f"copy built.{name} to {literal(file)} (format parquet, compression zstd)")
        file.chmod(0o444)
        sync_to_disk(file)
    sync_to_disk(folder)


def swap_in_mirror(warehouse_dir: Path, built: Path, stamp: str) -> None:
    """Give the folder its name and point the link to it; the one before is kept for those who read it now."""
    before = _target(warehouse_dir)
    final = warehouse_dir / f"{MIRROR_NAME}-{stamp}"
    built.rename(final)
    point_link(warehouse_dir / MIRROR_NAME, final.name)
    _remove_but(warehouse_dir, {final.name, before})


def remove_mirror(warehouse_dir: Path) -> None:
    """Take the mirror away, so that nobody reads what is not kept up any more."""
    (warehouse_dir / MIRROR_NAME).unlink(missing_ok=True)
    _remove_but(warehouse_dir, set())


def mirror_shows(warehouse_dir: Path, published: Path | None) -> bool:
    """Tell whether the mirror was made together with this file."""
    stamp = published.stem.partition("-")[2] if published else ""
    link = warehouse_dir / MIRROR_NAME
    return _target(warehouse_dir) == f"{MIRROR_NAME}-{stamp}" and link.exists()


def _target(warehouse_dir: Path) -> str | None:
    link = warehouse_dir / MIRROR_NAME
    return link.readlink().name if link.is_symlink() else None


def _remove_but(warehouse_dir: Path, kept: set[str | None]) -> None:
    for folder in warehouse_dir.glob(f"{MIRROR_NAME}-{STAMPS}"):
        if folder.name not in kept:
            shutil.rmtree(folder)
