"""Limit the requests in flight of all hosts of a shared lake: each process has a share, in the database.

A thread renews the share while requests are made, so that no request waits for the database. A process that
asks nothing for a moment gives its share back.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from jira_assets.state.request_shares import RequestShares
from jira_assets.sync.in_flight_shares import Share, renew, without

RENEWAL_SECONDS = 0.5
"""How often a share is renewed. So long, and as long as a request takes, others wait for their part of it."""
SHARE_SECONDS = 10.0
"""How long the share of a process that died stays its own."""

Result = TypeVar("Result")

_shares = msgspec.json.Decoder(list[Share])


class SharedLimit:
    """The share of one process; safe to use from many threads."""

    def __init__(self, table: RequestShares, slots: int) -> None:
        self._table = table
        self._slots = slots
        self._process = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
        self._changed = threading.Condition()
        self._renewer: threading.Thread | None = None
        self._in_use = self._waiting = 0
        self._wanted = 0
        """The most that were in use or waited for since the last renewal."""
        self._allowed = self._held = 0
        """What may be in use, and what others take it for; the second follows at the next renewal."""
        self._good_until = 0.0
        self._failure: Exception | None = None
        self._is_closing = False

    def acquire(self, seconds: float) -> bool:
        """Take a slot; return False when none was free for so many seconds.

        Raises the error of the database when the share ran out and cannot be renewed.
        """
        with self._changed:
            self._waiting += 1
            self._wanted = max(self._wanted, self._in_use + self._waiting)
            self._start_renewing()
            try:
                self._changed.wait_for(lambda: self._has_slot() or self._failure, seconds)
                if self._has_slot():
                    self._in_use += 1
                    return True
                if self._failure:
                    raise self._failure
                return False
            finally:
                self._waiting -= 1

    def release(self) -> None:
        """Return the slot to this process or, if its share became smaller, to others."""
        with self._changed:
            self._in_use -= 1
            self._changed.notify_all()

    def close(self) -> None:
        """Return the share now, unless requests are in flight."""
        with self._changed:
            renewer = self._renewer
            if renewer is None or self._in_use or self._waiting:
                return
            self._wanted, self._is_closing = 0, True
            self._changed.notify_all()
        renewer.join()

    def _has_slot(self) -> bool:
        # A process that was frozen begins nothing before it has renewed its share.
        return self._in_use < self._allowed and time.monotonic() < self._good_until

    def _start_renewing(self) -> None:
        self._is_closing = False
        if self._renewer is None:
            self._failure = None
            self._renewer = threading.Thread(target=self._keep_renewing, name="request share", daemon=True)
            self._renewer.start()

    def _keep_renewing(self) -> None:
        try:
            while self._is_needed():
                self._renew()
                with self._changed:
                    self._changed.notify_all()
                    self._changed.wait_for(self._is_urgent, RENEWAL_SECONDS)
        except Exception as error:
            # While the share is good, requests go on, and the next one has it renewed again.
            with self._changed:
                self._renewer, self._failure = None, error
                self._changed.notify_all()

    def _is_urgent(self) -> bool:
        """Return whether others may have at once what this process no longer uses."""
        return self._is_closing or self._held > self._allowed >= self._in_use

    def _is_needed(self) -> bool:
        """Return whether the share is in use; else give it back and end."""
        with self._changed:
            if self._wanted:
                return True
            self._allowed = 0  # nothing begins before a share is taken again
        self._change(lambda shares, _: (without(shares, self._process), None))
        with self._changed:
            if not self._waiting:
                self._renewer = None
            return self._renewer is not None

    def _renew(self) -> None:
        with self._changed:
            if time.monotonic() >= self._good_until:
                self._allowed = 0
            holds, wants = max(self._allowed, self._in_use), min(self._wanted, self._slots)
            self._wanted = self._in_use + self._waiting

        def change(shares: list[Share], now: datetime) -> tuple[list[Share], int]:
            mine = Share(self._process, holds, wants, self._slots, now)
            return renew(shares, mine, now, timedelta(seconds=SHARE_SECONDS))

        started = time.monotonic()
        allowed = self._change(change)
        with self._changed:
            self._allowed, self._held = allowed, max(allowed, holds)
            self._good_until = started + SHARE_SECONDS

    def _change(self, change: Callable[[list[Share], datetime], tuple[list[Share], Result]]) -> Result:
        """Replace the shares of the site; again if another process was faster."""
        while True:
            found = self._table.read()
            shares, result = change(_shares.decode(found.body), found.now)
            if self._table.replace(found.version, msgspec.json.encode(shares).decode()):
                return result
