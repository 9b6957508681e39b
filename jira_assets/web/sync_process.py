"""Runs the syncs that people ask for on the page: one at a time, each in a process of its own.

A request stands in the state until it is done, so that the sensor takes over what this page could not do.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, Thread

from jira_assets.errors import JiraAssetsError
from jira_assets.settings.load import Settings
from jira_assets.state import State
from jira_assets.sync.scheduling import unsatisfied

_PROGRAM = "from jira_assets.cli import main; main()"
_ERROR = "Error: "
_SOME_FAILED = 3
_LAST_WORDS = 20_000


class SyncProcess:
    """Starts `jira-assets sync` for the requests in the state, and keeps what it said."""

    def __init__(self, load: Callable[[], Settings], state: Callable[[], State]) -> None:
        self._load = load
        self._state = state
        self._lock = Lock()
        self._worker: Thread | None = None
        self._tried_at = datetime.min.replace(tzinfo=UTC)
        self._said: Path | None = None
        self.failure: str | None = None
        """What the newest sync that was started here ended with, where it failed as a whole."""

    def follow_requests(self) -> None:
        """See to it that the requests are done, soon and one after the other; returns at once."""
        with self._lock:
            if self._worker is None:
                self._worker = Thread(target=self._work, name="syncs", daemon=True)
                self._worker.start()

    def wait(self) -> None:
        """Wait until nothing that was requested is left to try."""
        if (worker := self._worker) is not None:
            worker.join()

    def progress_of(self, key: str) -> str:
        """Return how far the reading of a project is, as far as the running sync has said."""
        start = f"{key}: "
        said = [line.removeprefix(start) for line in self._words().splitlines() if line.startswith(start)]
        return said[-1].strip() if said else ""

    def _work(self) -> None:
        while (keys := self._take_over()) is not None:
            self._run(keys)

    def _take_over(self) -> Sequence[str] | None:
        with self._lock:  # a request that comes meanwhile finds either this worker at work, or none
            try:
                keys = self._next_keys()
            except JiraAssetsError as error:
                keys, self.failure = None, str(error)
            if keys is None:
                self._worker = None
            return keys

    def _next_keys(self) -> Sequence[str] | None:
        """Choose what was requested since the last time: None for nothing, no key for everything."""
        state = self._state()
        # By time: SQLite gives the id of a request that was done to another.
        requests = [r for r in state.sync_requests.all() if r.requested_at > self._tried_at]
        projects = state.projects.tracked()
        records = {record.project_id: record for record in state.records.all()}
        wanted = unsatisfied(requests, projects, records)
        self._tried_at = max((request.requested_at for request in requests), default=self._tried_at)
        if not wanted:
            return None
        ids = {request.project_id for request in wanted}
        return [] if None in ids else [p.project_key for p in projects if p.project_id in ids]

    def _run(self, keys: Sequence[str]) -> None:
        command = [sys.executable, "-c", _PROGRAM, "--home", str(self._load().home), "sync", *keys]
        with tempfile.NamedTemporaryFile() as said:
            self._said = Path(said.name)
            # In our process group: Ctrl-C, and `jira-assets up` when it ends, end it together with the page.
            ended = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, check=False
            )
            self.failure = self._error() if ended.returncode not in (0, _SOME_FAILED) else None
            self._said = None

    def _error(self) -> str | None:
        """Find what ended the sync as a whole; where each project failed, each of them says why."""
        _, found, words = self._words().rpartition(_ERROR)
        return words.strip() if found else None

    def _words(self) -> str:
        said = self._said
        if said is None:
            return ""
        try:
            return said.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:]
        except OSError:  # it ended at this moment
            return ""
