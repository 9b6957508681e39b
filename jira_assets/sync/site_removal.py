"""Remove a further site: first from the state, so that no process begins to work on it, then its files."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from jira_assets.lake.lake import Lake
from jira_assets.state import ConnectedSite, State
from jira_assets.sync.notices import renew_notice
from jira_assets.sync.pipeline import Pipeline
from jira_assets.sync.site_access import PART

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
    sizes = lake.sizes()
    return Contents(
        len(pipeline.state.of(site).projects.tracked()),
        sum(file.rows for file in derived if file),
        len(sizes),
        sum(sizes),
    )


def remove_site(pipeline: Pipeline, site: ConnectedSite) -> None:
    """Remove a site once no process works on its projects."""
    lake = pipeline.lake.of(site.prefix)
    tracked = pipeline.state.of(site).projects.tracked(include_inactive=True)
    with ExitStack() as held:
        # The site comes last: a sync that holds a project waits for the tables of the site.
        for name in [*sorted({*lake.project_ids(), *(each.project_id for each in tracked)}), "site"]:
            held.enter_context(lake.lock(name, PURPOSE))
        pipeline.state.sites.remove(site)
        remove_folders_of_no_site(pipeline.lake, pipeline.state)
    for each in pipeline.sites:
        if each.site != site:  # where it is the only one left, nothing would renew it
            renew_notice(each.lake, PART, None)


def remove_folders_of_no_site(lake: Lake, state: State) -> None:
    """Remove what killed commands, and syncs that ended late, left of removed sites.

    Their numbers are used again, so this comes before a site is added, too.
    """
    present = lake.site_folders()  # first: a site is in the state before its folder is there
    known = {site.folder for site in state.sites.all()}
    for folder in present:
        if folder not in known:
            lake.remove_folder(folder)
