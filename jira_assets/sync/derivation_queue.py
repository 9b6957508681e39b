"""Derive the tables of small projects that wait at the same time together.

Planning the statements takes longer than deriving some hundred issues, and many projects have no more.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

from jira_assets.lake.derive import DeriveOptions, derive_alone, derive_projects
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, Manifest

SMALL = 2000
"""A project with more rows in its raw files is derived alone, beside others."""

MOST_TOGETHER = 8
PATIENCE = 0.3
"""Seconds that a project waits for others that are still being read."""


@dataclass(frozen=True)
class _Waiting:
    manifest: Manifest
    options: DeriveOptions
    derived: Future[Derived] = field(default_factory=Future)

    @property
    def shared(self) -> Hashable:
        """What projects that are derived together have in common."""
        mapping = self.manifest.mapping
        return mapping.story_points_field, mapping.sprint_field, mapping.team_fields, self.options


class DerivationQueue:
    """Projects of threads that each hold one: the first thread derives for all that wait meanwhile."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._expected: set[int] = set()

    @contextmanager
    def expected(self) -> Iterator[Callable[[], None]]:
        """Have others wait a moment for the project that this thread reads and derives in the block.

        They do so after the function that the block gets was called, when reading begins.
        """
        try:
            yield self._expect
        finally:
            self._arrive()

    def _expect(self) -> None:
        with self._changed:
            self._expected.add(threading.get_ident())

    def _arrive(self, *waiting: _Waiting) -> None:
        with self._changed:
            self._expected.discard(threading.get_ident())
            self._waiting += waiting
            self._changed.notify_all()

    def derive(self, lake: Lake, manifest: Manifest, options: DeriveOptions) -> Derived:
        """Write the derived tables of a project, perhaps together with others: see `derive_projects`.

        What fails together is done again one by one, so each thread gets the error of its own project.
        """
        if sum(file.rows for file in manifest.raw) > SMALL:
            return derive_alone(lake, manifest, options)
        own = _Waiting(manifest, options)
        self._arrive(own)
        with self._turn:
            if not own.derived.done():
                self._derive_waiting(lake)
        return own.derived.result()

    def _derive_waiting(self, lake: Lake) -> None:
        with self._changed:
            self._changed.wait_for(self._are_enough, PATIENCE)
            waiting, self._waiting = self._waiting, []
        groups: dict[Hashable, list[_Waiting]] = defaultdict(list)
        for each in waiting:
            groups[each.shared].append(each)
        for group in groups.values():
            _derive_group(lake, group)

    def _are_enough(self) -> bool:
        return not self._expected or len(self._waiting) >= MOST_TOGETHER


def _derive_group(lake: Lake, group: list[_Waiting]) -> None:
    try:
        found = derive_projects(lake, [each.manifest for each in group], group[0].options)
    except BaseException as error:
        if len(group) == 1 or not isinstance(error, Exception):
            for each in group:
                each.derived.set_exception(error)
            return
        for each in group:
            _derive_group(lake, [each])
    else:
        for each, derived in zip(group, found, strict=True):
            each.derived.set_result(derived)
