"""Open the lake of a home, with the folders of its further sites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from jira_assets.errors import SettingsError
from jira_assets.lake.lake import Lake, SiteIdentity
from jira_assets.lake.storage.local import LocalStorage
from jira_assets.lake.storage.storage import Storage
from jira_assets.settings.load import Settings
from jira_assets.settings.values import bytes_of
from jira_assets.state import ConnectedSite

if TYPE_CHECKING:  # loaded late: commands that only read manifests of a folder do without SQLAlchemy
    from jira_assets.lake.storage.bucket import Bucket
    from jira_assets.state import State

BUCKETS = 4
"""Of so many addresses, connections are kept open."""


def open_lake(settings: Settings, state: State, sites: Iterable[ConnectedSite]) -> Lake:
    """Return the lake of a home, from which the projects of all these sites can be read.

    The state has to be open for as long as the lake is used.
    """
    storage = open_storage(settings, state, settings.lake_url)
    return Lake(storage, memory_limit=settings.memory_limit, folders=folders_of(sites))


def open_storage(settings: Settings, state: State, address: str | None) -> Storage:
    """Return the place of a lake: the store at an address or, without one, the folder of the home."""
    return LocalStorage(settings.lake_dir) if address is None else shared_storage(settings, state, address)


def shared_storage(settings: Settings, state: State, address: str) -> Storage:
    """Return the place of a lake in a store; raises `SettingsError` when its client is not installed."""
    bucket = open_bucket(address)
    from jira_assets.lake.storage.cache import Cache
    from jira_assets.lake.storage.leases import Leases
    from jira_assets.lake.storage.shared import SharedStorage

    cache = Cache(settings.lake_cache_dir, bytes_of(settings.lake_cache))
    return SharedStorage.open(bucket, cache, state.lake_documents, Leases(state.lake_leases))


@lru_cache(BUCKETS)
def open_bucket(address: str) -> Bucket:
    """Return the objects of a store; raises `SettingsError` when its client is not installed."""
    try:
        from jira_assets.lake.storage.bucket import Bucket
    except ImportError:
        raise SettingsError(
            f"JIRA_ASSETS_LAKE is {address}, and the package obstore is not installed.",
            "Install it with: pip install 'jira_assets[shared]'",
        ) from None
    return Bucket(address)


@contextmanager
def lake_of_first_site(settings: Settings) -> Iterator[Lake]:
    """Open the lake of the first site alone."""
    if settings.lake_url is None:
        with closing(Lake(LocalStorage(settings.lake_dir))) as lake:
            yield lake
        return
    from jira_assets.state import State

    with State.open(settings.state_url) as state, closing(open_lake(settings, state, [])) as lake:
        yield lake


def folders_of(sites: Iterable[ConnectedSite]) -> dict[str, str]:
    """Return the folders of the further sites, by prefix."""
    return {site.prefix: site.folder for site in sites if not site.is_first}


def first_site(settings: Settings) -> SiteIdentity | None:
    """Return the site whose issues the home holds or, by the environment, will hold."""
    with lake_of_first_site(settings) as lake:
        held = lake.site()
    if held is None and settings.jira_api_token and settings.jira_site_url:
        return SiteIdentity(settings.jira_site_url, settings.jira_site_url)
    return held
