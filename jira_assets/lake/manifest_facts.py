"""Remember what is asked of every manifest again and again, for as long as the manifests are the same.

A process that looks at all projects twice a minute would otherwise read ten thousand files each time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.storage.storage import Versions

Fact = TypeVar("Fact")


class ManifestFacts(Generic[Fact]):
    """What a function makes of each manifest; safe to use from many threads."""

    def __init__(self, make: Callable[[Manifest], Fact]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._place: str | None = None
        self._versions = Versions()
        self._facts: dict[str, Fact] = {}

    def of(self, lake: Lake) -> Mapping[str, Fact]:
        """Return the facts by project, without those whose manifest is missing or damaged.

        The fact of a manifest that was not replaced is the same object as before.
        """
        with self._lock:
            if lake.place != self._place:
                self._place, self._versions, self._facts = lake.place, Versions(), {}
            self._follow(lake)
            return self._facts

    def _follow(self, lake: Lake) -> None:
        before = self._versions
        found = lake.versions(before)
        if found is before:
            return
        same = {
            project_id: self._facts[project_id]
            for project_id in found.of
            if project_id in self._facts and found.shows_same(project_id, before)
        }
        fresh = lake.readable_manifests(found.of.keys() - same.keys(), for_files=False)
        self._facts = same | {project_id: self._make(manifest) for project_id, manifest in fresh.items()}
        self._versions = found
