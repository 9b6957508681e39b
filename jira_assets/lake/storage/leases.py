"""Hold projects of a shared lake by leases in the database, which a thread renews."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError

from jira_assets.errors import LakeError, LeaseLost, LockHeld, StateUnavailable
from jira_assets.lake.locks import Holder, OnWait
from jira_assets.state.lake_leases import LakeLeases, LeaseHolder

LEASE_SECONDS = 60.0
"""So long a project stays held after its host died, or after the last time that the database was reached."""
RENEWALS = 3
"""How often a lease is renewed in the time that it lasts."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0

_log = logging.getLogger(__name__)


@dataclass
class Lease:
    """A lease of this process; `version` is that of the document, once it was read under the lease."""

    token: int
    version: int | None = None


class Leases:
    """The leases that one process holds, by lake and name."""

    def __init__(self, table: LakeLeases) -> None:
        self._table = table
        self._held: dict[tuple[str, str], Lease] = {}
        # A thread may not take what another one of this process holds, though that lease has run out.
        self._turns: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()
        self._renewer: threading.Thread | None = None

    def find(self, lake: str, name: str) -> Lease | None:
        """Return the lease, if this process holds it or held it until it was taken over."""
        return self._held.get((lake, name))

    def held(self, lake: str, name: str) -> Lease:
        """Return the lease; raises `LakeError` when this process does not hold it."""
        lease = self.find(lake, name)
        if lease is None:
            raise LakeError(f"{name} is to be committed and is not held.", "Report this as a bug.")
        return lease

    def insist(self, lake: str, name: str) -> None:
        """Renew a lease that this process holds; raises `LeaseLost` when it was taken over."""
        lease = self.find(lake, name)
        if lease is not None and not self._table.renew([lease.token], LEASE_SECONDS):
            raise lease_lost(lake, name)

    @contextmanager
    def hold(
        self, lake: str, name: str, purpose: str, *, wait: bool, on_wait: OnWait | None
    ) -> Iterator[None]:
        """Hold a lease for the block; when another has it, wait for it or raise `LockHeld`."""
        key = (lake, name)
        with self._guard:
            turn = self._turns[key]
        has_turn = turn.acquire(blocking=False)
        if not has_turn:
            self._refuse_or_say(lake, name, wait, on_wait)
            turn.acquire()
        try:
            lease = Lease(self._take(lake, name, purpose, wait, on_wait if has_turn else None))
            self._keep(key, lease)
            try:
                yield
            finally:
                with self._guard:
                    del self._held[key]
                self._give_back(lake, name, lease)
        finally:
            turn.release()

    def _give_back(self, lake: str, name: str, lease: Lease) -> None:
        try:
            self._table.give_back(lake, name, lease.token)
        except (DBAPIError, StateUnavailable) as error:  # it runs out by itself
            _log.warning("The lease on %s could not be given back: %s", name, error)

    def holders(self, lake: str, names: Iterable[str]) -> dict[str, Holder]:
        """Return who holds which of these now."""
        found = self._table.holders(lake, list(names))
        return {name: Holder(who.pid, who.purpose, who.since, who.host) for name, who in found.items()}

    def _take(self, lake: str, name: str, purpose: str, wait: bool, on_wait: OnWait | None) -> int:
        holder = LeaseHolder(socket.gethostname(), os.getpid(), purpose, datetime.now(UTC))
        pause = _FIRST_PAUSE
        while True:
            token = self._table.take(lake, name, holder, LEASE_SECONDS)
            if token is not None:
                return token
            self._refuse_or_say(lake, name, wait, on_wait)
            on_wait = None
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _refuse_or_say(self, lake: str, name: str, wait: bool, on_wait: OnWait | None) -> None:
        if wait and on_wait is None:
            return
        present = self.holders(lake, [name]).get(name)
        if not wait:
            raise LockHeld(
                f"{present or 'another process'} holds {name} in {lake}.",
                "Wait until it has finished, then try again.",
            )
        if on_wait is not None:
            on_wait(present)

    def _keep(self, key: tuple[str, str], lease: Lease) -> None:
        with self._guard:
            self._held[key] = lease
            if self._renewer is None or not self._renewer.is_alive():
                self._renewer = threading.Thread(target=self._renew, name="lease renewal", daemon=True)
                self._renewer.start()

    def _renew(self) -> None:
        while True:
            time.sleep(LEASE_SECONDS / RENEWALS)
            with self._guard:
                tokens = [lease.token for lease in self._held.values()]
                if not tokens:
                    self._renewer = None
                    return
            try:
                self._table.renew(tokens, LEASE_SECONDS)
            except (DBAPIError, StateUnavailable) as error:
                _log.warning("The leases of the lake could not be renewed: %s", error)


def lease_lost(lake: str, name: str) -> LeaseLost:
    """Say that another host took a project over."""
    return LeaseLost(
        f"Another process took {name} of {lake} over while this one did not renew its lease: what it did is "
        "not kept.",
        "Nothing is lost: the next sync continues.",
    )
