"""See from outside when a value can be read in the published file."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType

import duckdb

from jira_assets.errors import JiraAssetsError
from jira_assets.warehouse.read import open_warehouse

EVERY_SECONDS = 0.01
QUERY = "select jira_id, summary from jira_issues where list_contains(?, jira_id)"


class PublishedValues:
    """Watches the file in a thread, as a context manager, and notes when each summary was there."""

    def __init__(self, database: Path) -> None:
        self.seen: dict[str, float] = {}
        """When the summaries that were expected could be read, by issue: epoch seconds."""
        self._database = database
        self._expected: dict[str, str] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="published values")

    def expect(self, summaries: Mapping[str, str]) -> None:
        """Look for the new summaries of these issues from now on."""
        with self._lock:
            self._expected.update(summaries)

    def missing(self) -> set[str]:
        """Name the issues whose summaries have not been seen."""
        with self._lock:
            return self._expected.keys() - self.seen.keys()

    def __enter__(self) -> PublishedValues:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        known: object = None
        while not self._ended.wait(EVERY_SECONDS):
            missing = frozenset(self.missing())
            present = self._file(), missing
            if missing and present != known:
                with suppress(JiraAssetsError, duckdb.Error):  # it is being replaced: look again
                    self._look(missing)
                    known = present

    def _file(self) -> tuple[int, ...]:
        try:
            file = self._database.stat()
        except FileNotFoundError:
            return ()
        return file.st_dev, file.st_ino, file.st_mtime_ns

    def _look(self, missing: frozenset[str]) -> None:
        with closing(open_warehouse(self._database, threads=1)) as warehouse:
            found = warehouse.execute(QUERY, [list(missing)]).fetchall()
        now = time.time()
        self.seen.update({issue: now for issue, summary in found if summary == self._expected[issue]})
