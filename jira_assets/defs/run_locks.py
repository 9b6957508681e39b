"""Locks that show which runs of Dagster are alive: files of the home or, on a shared lake, leases."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from jira_assets.lake.locks import hold_for_life, holder
from jira_assets.lake.storage.leases import Leases
from jira_assets.settings.load import Settings
from jira_assets.state import State

RUNS = "run/"
"""What the names of the leases of runs begin with."""


class RunLocks(Protocol):
    """One lock for each run."""

    def hold(self, run_id: str) -> None:
        """Hold the lock of a run until this process ends, however it ends, or holds that of another run."""

    def is_held(self, run_id: str) -> bool | None:
        """Check whether a process holds the lock of a run; None where none ever did, as far as known."""

    def sweep(self, unfinished: Collection[str]) -> None:
        """Remove what dead processes left of all other runs."""


def run_locks(settings: Settings) -> RunLocks:
    """Return the locks of the runs that work on this lake."""
    if settings.lake_url is None:
        return LocalRunLocks(settings.run_locks_dir)
    return _shared(settings.state_url, settings.lake_url)


@lru_cache(1)
def _shared(state_url: str, address: str) -> SharedRunLocks:
    return SharedRunLocks(State.open(state_url), address)


class LocalRunLocks:
    """Files, whose locks end with their process. They are in the home, which every process of a lake in a
    folder shares: Dagster's own folder may be the read-only disk of one container.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def hold(self, run_id: str) -> None:
        """Hold a file."""
        hold_for_life(self.path(run_id), f"run {run_id}")

    def path(self, run_id: str) -> Path:
        """Name the file of a run."""
        return self._folder / f"{run_id}.lock"

    def is_held(self, run_id: str) -> bool | None:
        """Look at the file."""
        path = self.path(run_id)
        return holder(path) is not None if path.exists() else None

    def sweep(self, unfinished: Collection[str]) -> None:
        """Remove files."""
        for path in self._folder.glob("*.lock"):
            if path.stem not in unfinished and holder(path) is None:
                path.unlink(missing_ok=True)


class SharedRunLocks:
    """Leases in the database, which every host sees: a run is dead when its lease ran out."""

    def __init__(self, state: State, address: str) -> None:
        self._table = state.lake_leases
        self._leases = Leases(self._table)
        self._address = address
        self._run_id: str | None = None
        self._lease = ExitStack()

    def hold(self, run_id: str) -> None:
        """Take a lease, which a thread renews."""
        if run_id == self._run_id:
            return
        self._run_id = None
        self._lease.close()
        lease = self._leases.hold(self._address, RUNS + run_id, f"run {run_id}", wait=False, on_wait=None)
        self._lease.enter_context(lease)
        self._run_id = run_id

    def is_held(self, run_id: str) -> bool | None:
        """Look at the lease."""
        return self._table.standing(self._address, RUNS + run_id)

    def sweep(self, unfinished: Collection[str]) -> None:
        """Delete leases that ran out."""
        self._table.delete_expired(self._address, RUNS, [RUNS + run_id for run_id in unfinished])
