"""Check the store of a lake that hosts share: that its client is there, and what it allows this host."""

from __future__ import annotations

from collections.abc import Iterator

from jira_assets.cli.check_results import Finding, bad, doubtful, good
from jira_assets.errors import StoreUnavailable
from jira_assets.lake.home_lake import lake_of_first_site, open_bucket
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings


def check_store(settings: Settings) -> Iterator[Finding]:
    """Write, read, list and remove an object; without a shared lake there is nothing to check.

    That the state is in PostgreSQL, and the key in the environment, is checked wherever settings are read.
    """
    if settings.lake_url is None:
        return
    try:
        open_bucket(settings.lake_url).probe()
    except StoreUnavailable as error:
        yield bad("store", error.reason, error.instruction)
        return
    yield good("store", f"{settings.lake_url} can be written, read, listed and deleted from")
    with lake_of_first_site(settings) as lake:
        is_new = not lake.manifests()
    if is_new and Lake(settings.lake_dir).manifests():
        yield doubtful(
            "store",
            f"{settings.lake_url} has no project, and {settings.lake_dir} has some: syncs read them again.",
            f"Unset JIRA_ASSETS_LAKE, then: jira-assets lake move {settings.lake_url}",
        )
