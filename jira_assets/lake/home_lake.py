"""Open the lake of a home, with the folders of its further sites."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jira_assets.lake.lake import Lake
from jira_assets.state import ConnectedSite


def open_lake(root: Path, sites: Iterable[ConnectedSite], *, memory_limit: str | None = None) -> Lake:
    """Return the lake at `root`, from which the projects of all these sites can be read."""
    folders = {site.prefix: site.folder for site in sites if not site.is_first}
    return Lake(root, memory_limit=memory_limit, folders=folders)
