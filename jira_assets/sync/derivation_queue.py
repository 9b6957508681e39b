"""Derive the tables of small projects that wait at the same time together.

Planning the statements takes longer than deriving some hundred issues, and many projects have no more.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field

from jira_assets.lake.derive import DeriveOptions, derive_alone, derive_projects
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Derived, Manifest

SMALL = 2000
"""A project with more rows in its raw files is derived alone, beside others."""


@dataclass(frozen=True, eq=False)
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
    """Projects of threads that each hold one: the thread whose turn it is derives for all that wait."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.waiting: list[_Waiting] = []
        self._guard = threading.Lock()

    def derive(self, lake: Lake, manifest: Manifest, options: DeriveOptions) -> Derived:
        """Write the derived tables of a project, perhaps together with others: see `derive_projects`.

        What fails together is done again one by one, so each thread gets the error of its own project.
        """
        if sum(file.rows for file in manifest.raw) > SMALL:
            return derive_alone(lake, manifest, options)
        own = _Waiting(manifest, options)
        with self._guard:
            self.waiting.append(own)
        with self.turn:
            self._derive_with_others(lake, own)
        return own.derived.result()

    def _derive_with_others(self, lake: Lake, own: _Waiting) -> None:
        """Derive a project, unless another thread has done so, and those that wait and have its fields."""
        with self._guard:
            if own not in self.waiting:
                return
            group = [each for each in self.waiting if each.shared == own.shared]
            self.waiting = [each for each in self.waiting if each not in group]
        _derive_group(lake, group)


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
