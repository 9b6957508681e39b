"""Remove a further site: first from the state, so that no process begins to work on it, then its files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from jira_assets.state import ConnectedSite
from jira_assets.sync.pipeline import Pipeline

PURPOSE = "removing the site"


@dataclass(frozen=True)
class Contents:
    """What goes with a site: tracked projects, issues in the lake, and files with their bytes."""

    projects: int
    issues: int
    files: int
    bytes: int


def find_contents(pipeline: Pipeline, site: ConnectedSite) -> Contents:
    """Count what the home has of a site."""
    lake = pipeline.lake.of(site.prefix)
    derived = [manifest.derived_file("jira_issues") for manifest in lake.manifests()]
    sizes = [path.stat().st_size for path in lake.root.rglob("*") if path.is_file()]
    return Contents(
        len(pipeline.state.of(site).projects.tracked()),
        sum(file.rows for file in derived if file),
        len(sizes),
        sum(sizes),
    )


def remove_site(pipeline: Pipeline, site: ConnectedSite) -> None:
    """Remove a site once no process works on its projects."""
    lake = pipeline.lake.of(site.prefix)
    with ExitStack() as held:
        held.enter_context(lake.lock("site", PURPOSE))
        for project_id in lake.project_ids():
            held.enter_context(lake.lock(project_id, PURPOSE))
        pipeline.state.sites.remove(site)
        remove_folders_of_no_site(pipeline.lake.root, pipeline.state.sites.all())


def remove_folders_of_no_site(root: Path, sites: Iterable[ConnectedSite]) -> None:
    """Remove what is left of removed sites, also by killed commands: their numbers are used again."""
    known = {root / site.folder for site in sites}
    for folder in root.glob("sites/*"):
        if folder not in known:
            shutil.rmtree(folder, ignore_errors=True)
