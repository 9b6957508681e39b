"""Open the lake of a home, with the folders of its further sites."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jira_assets.lake.lake import Lake, SiteIdentity
from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite


def open_lake(root: Path, sites: Iterable[ConnectedSite], *, memory_limit: str | None = None) -> Lake:
    """Return the lake at `root`, from which the projects of all these sites can be read."""
    return Lake(root, memory_limit=memory_limit, folders=folders_of(sites))


def folders_of(sites: Iterable[ConnectedSite]) -> dict[str, str]:
    """Return the folders of the further sites, by prefix."""
    return {site.prefix: site.folder for site in sites if not site.is_first}


def first_site(settings: Settings) -> SiteIdentity | None:
    """Return the site whose issues the home holds or, by the environment, will hold."""
    held = Lake(settings.lake_dir).site()
    if held is None and settings.jira_api_token and settings.jira_site_url:
        return SiteIdentity(settings.jira_site_url, settings.jira_site_url)
    return held
