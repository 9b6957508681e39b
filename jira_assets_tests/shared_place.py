"""A store, a database, and hosts that share a lake in them; each host has a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from cryptography.fernet import Fernet

from jira_assets.lake.lake import Lake
from jira_assets.lake.storage.bucket import Bucket
from jira_assets.lake.storage.cache import Cache
from jira_assets.lake.storage.leases import Leases
from jira_assets.lake.storage.shared import SharedStorage
from jira_assets.state import State

ROOM = 10**9


@dataclass
class Host:
    """A host that has the lake open."""

    state: State
    cache: Cache
    storage: SharedStorage
    lake: Lake


@dataclass
class SharedPlace:
    """A folder in place of a store, and a PostgreSQL."""

    folder: Path
    state_url: str
    address: str
    """The address of the store."""
    _opened: ExitStack = field(default_factory=ExitStack)
    _key: str = field(default_factory=lambda: Fernet.generate_key().decode())

    @property
    def settings(self) -> dict[str, Any]:
        """What a home needs to work on it."""
        return {"state_url": self.state_url, "lake_url": self.address, "secret_key": self._key}

    def objects(self) -> set[str]:
        """Name every object of the store."""
        return set(Bucket(self.address).sizes(""))

    def host(self, name: str, engine: duckdb.DuckDBPyConnection | None = None, *, room: int = ROOM) -> Host:
        """Open the lake on a host of that name, as a process of it does."""
        state = self._opened.enter_context(State.open(self.state_url))
        cache = Cache(self.folder / name, room)
        bucket = Bucket(self.address)
        storage = SharedStorage.open(bucket, cache, state.lake_documents, Leases(state.lake_leases))
        return Host(state, cache, storage, Lake(storage, engine))

    def close(self) -> None:
        """Close what the hosts opened."""
        self._opened.close()


@contextmanager
def shared_place(folder: Path, state_url: str, address: str | None = None) -> Iterator[SharedPlace]:
    """Offer an empty place, by default with a folder as its store."""
    place = SharedPlace(folder, state_url, address or f"file://{folder}/store")
    try:
        yield place
    finally:
        place.close()
