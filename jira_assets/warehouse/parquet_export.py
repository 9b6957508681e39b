"""The tables of the warehouse as Parquet files beside it, for tools that read no DuckDB file.

Each table is a folder with one file, whose name has the stamp of its publish. So a name belongs to one
content for ever: a dataset that was made before a publish finds the files it was made from, or none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jira_assets.lake.files import sync_to_disk
from jira_assets.lake.sql_files import literal
from jira_assets.warehouse.targets.relations import published_relations

if TYPE_CHECKING:  # loaded late: an idle sync waits for Jira meanwhile
    import duckdb


def write_mirror(engine: duckdb.DuckDBPyConnection, folder: Path, stamp: str) -> None:
    """Copy every table and view of the catalog `built`, except those that stay in the file."""
    for name in (relation.name for relation in published_relations(engine, "built")):
        file = folder / name / f"{name}-{stamp}.parquet"
        file.parent.mkdir(parents=True)
        engine.execute(f"copy built.{name} to {literal(file)} (format parquet, compression zstd)")
        file.chmod(0o444)
        sync_to_disk(file)
        sync_to_disk(file.parent)
    sync_to_disk(folder)
