"""A process of a host that shares a lake: it syncs, and dies or freezes just before a step of a commit.

`python -m jira_assets_tests.host_process LEASE_SECONDS STEP SIGNAL MODE KEYS…` sends itself the signal before
its step number STEP (0: never): an upload, a commit, or what follows a commit. MODE is `full` or something
else. At its end it writes the number of steps and the reasons of failures as JSON.

Its clock is ahead of that of this machine by JIRA_ASSETS_TEST_AHEAD seconds.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from jira_assets import clock
from jira_assets.errors import JiraAssetsError


class Steps:
    """Counts steps, and sends a signal before one of them."""

    def __init__(self, last: int, signal: int) -> None:
        self._last = last
        self._signal = signal
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self.taken = 0

    def watch(self, owner: type[Any], name: str, *, after: bool = False) -> None:
        """Count the calls of a method, and with `after` also what follows them."""
        method: Callable[..., Any] = getattr(owner, name)

        def counted(*given: Any, **options: Any) -> Any:
            self._step()
            done = method(*given, **options)
            if after:
                self._step()
            return done

        setattr(owner, name, counted)

    def _step(self) -> None:
        with self._lock:
            self.taken = next(self._numbers)
            if self.taken == self._last:
                os.kill(os.getpid(), self._signal)


def main() -> None:
    """Do as the module says."""
    seconds, step, signal, mode, *keys = sys.argv[1:]
    _set_clock(timedelta(seconds=float(os.environ.get("JIRA_ASSETS_TEST_AHEAD", "0"))))
    # Not before the clock is set, which these modules take over.
    from jira_assets.lake.storage import leases
    from jira_assets.lake.storage.bucket import Bucket
    from jira_assets.state.lake_documents import LakeDocuments
    from jira_assets.sync import in_flight_shared

    leases.LEASE_SECONDS = float(seconds)
    in_flight_shared.SHARE_SECONDS = 3 * float(seconds)
    steps = Steps(int(step), int(signal))
    steps.watch(Bucket, "put")
    steps.watch(LakeDocuments, "commit", after=True)
    failures = _work(mode, keys)
    print(json.dumps({"steps": steps.taken, "failures": failures}))  # noqa: T201 - who started it reads this


def _set_clock(ahead: timedelta) -> None:
    nanoseconds = time.time_ns
    clock.utc_now = lambda: datetime.now(UTC) + ahead
    time.time_ns = lambda: nanoseconds() + int(ahead.total_seconds()) * 10**9


def _work(mode: str, keys: list[str]) -> list[str]:
    from jira_assets.settings.load import load_settings
    from jira_assets.sync.pipeline import open_pipeline

    try:
        with open_pipeline(load_settings(dotenv=None)) as pipeline:
            result = pipeline.sync(pipeline.state.projects.find(keys), full=mode == "full")
    except JiraAssetsError as error:
        return [str(error)]
    return [str(outcome.error) for outcome in result.failures]


if __name__ == "__main__":
    main()
