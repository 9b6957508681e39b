"""The search index of a demo site: what search and approximate-count see, some time after the data.

Jira's search is eventually consistent: a change shows there seconds to minutes later, while reading an
issue by its id shows it at once. Here every change waits `lag` milliseconds of the site's clock.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from jira_assets.demo.data import DemoIssue

TimeField = str
Bounds = tuple[int | None, int | None]
"""An inclusive window of epoch milliseconds; None is open."""


@dataclass(slots=True, eq=False)
class Document:
    """One version of an issue, with its JSON once that has been requested."""

    issue: DemoIssue
    bodies: dict[str, bytes] = field(default_factory=dict)
    epoch: int = -1


class SearchIndex:
    """Hold the version of each issue that search knows."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = {document.issue.id: document for document in documents}
        self._pending: list[tuple[int, int, int, Document | None]] = []
        self._changes = itertools.count(1)
        self._indexed: dict[int, int] = {}
        self._by_time: dict[tuple[int, TimeField], tuple[list[int], list[int]]] = {}
        self._by_project: dict[int, set[int]] = {}
        for document in self._documents.values():
            self._by_project.setdefault(document.issue.project_id, set()).add(document.issue.id)

    def put(self, issue_id: int, document: Document | None, *, due_ms: int, now_ms: int) -> None:
        """Take a change (None: a deletion), to be seen from `due_ms` on."""
        heapq.heappush(self._pending, (due_ms, next(self._changes), issue_id, document))
        self.catch_up(now_ms)

    def catch_up(self, now_ms: int) -> None:
        """Apply every change whose time has come."""
        while self._pending and self._pending[0][0] <= now_ms:
            _, change, issue_id, document = heapq.heappop(self._pending)
            self._apply(change, issue_id, document)

    def reconcile(self, issue_ids: set[int]) -> None:
        """Apply the pending changes of some issues at once, as `reconcileIssues` asks."""
        for _, change, issue_id, document in sorted(self._pending, key=lambda entry: entry[1]):
            if issue_id in issue_ids:
                self._apply(change, issue_id, document)

    def pending(self) -> int:
        """Count the changes that search does not show yet."""
        return len(self._pending)

    def waiting(self) -> set[int]:
        """Return the ids of the issues of which search does not show everything yet."""
        return {issue_id for _, _, issue_id, _ in self._pending}

    def get(self, issue_id: int) -> Document | None:
        """Return the version of an issue that search knows."""
        return self._documents.get(issue_id)

    def candidates(self, project_ids: Iterable[int], field_name: TimeField, bounds: Bounds) -> Iterator[int]:
        """Yield the ids of some projects whose time lies within the bounds."""
        for project_id in project_ids:
            times, ids = self._sorted(project_id, field_name)
            low, high = bounds
            start = 0 if low is None else bisect_left(times, low)
            stop = len(times) if high is None else bisect_right(times, high)
            yield from ids[start:stop]

    def _sorted(self, project_id: int, field_name: TimeField) -> tuple[list[int], list[int]]:
        known = self._by_time.get((project_id, field_name))
        if known is None:
            issues = (self._documents[each].issue for each in self._by_project.get(project_id, ()))
            pairs = sorted((getattr(issue, field_name), issue.id) for issue in issues)
            known = [time for time, _ in pairs], [issue_id for _, issue_id in pairs]
            self._by_time[project_id, field_name] = known
        return known

    def _apply(self, change: int, issue_id: int, document: Document | None) -> None:
        # A change with a long lag may come due after a later one with a short lag: the later one stays.
        if change <= self._indexed.get(issue_id, 0):
            return
        self._indexed[issue_id] = change
        before = self._documents.pop(issue_id, None)
        if before is not None:
            self._by_project[before.issue.project_id].discard(issue_id)
            self._forget_order(before.issue.project_id)
        if document is not None:
            self._documents[issue_id] = document
            self._by_project.setdefault(document.issue.project_id, set()).add(issue_id)
            self._forget_order(document.issue.project_id)

    def _forget_order(self, project_id: int) -> None:
        for field_name in ("created", "updated"):
            self._by_time.pop((project_id, field_name), None)
