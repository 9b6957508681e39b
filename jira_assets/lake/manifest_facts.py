"""Remember what is asked of every manifest again and again, for as long as the manifests are the same.

A process that looks at all projects twice a minute would otherwise read ten thousand files each time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Generic, TypeVar

from jira_assets.lake.lake import MANIFESTS, SITE_MANIFEST, Lake
from jira_assets.lake.manifest import Manifest

Fact = TypeVar("Fact")

SETTLED_NS = 2_000_000_000
"""A file system may give two writes that are this close the same time: what is so new is not remembered."""


_SITE = Path(SITE_MANIFEST).name


_Stamp = tuple[int, int, int, int]
"""Inode, size, and the times of the last write and change: a commit changes those of file and folder."""


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _settled(stamp: _Stamp, seen_ns: int) -> _Stamp | None:
    """Return the stamp if no write after it was seen can leave the same one behind."""
    return stamp if seen_ns - max(stamp[2:]) > SETTLED_NS else None


class ManifestFacts(Generic[Fact]):
    """What a function makes of each manifest; safe to use from many threads.

    A commit replaces a file of the folder of manifests, which changes the folder: while the folder is the
    same, so is every fact, and no file is looked at.
    """

    def __init__(self, make: Callable[[Manifest], Fact]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._root: Path | None = None
        self._folder: _Stamp | None = None
        self._stamps: dict[str, _Stamp | None] = {}
        self._facts: dict[str, Fact] = {}

    def of(self, lake: Lake) -> Mapping[str, Fact]:
        """Return the facts by project, without those whose manifest is missing or damaged.

        The fact of a manifest that was not replaced is the same object as before.
        """
        with self._lock:
            if lake.root != self._root:
                self._root, self._folder, self._stamps, self._facts = lake.root, None, {}, {}
            self._follow(lake, lake.path(MANIFESTS))
            return self._facts

    def _follow(self, lake: Lake, folder: Path) -> None:
        now = time.time_ns()
        try:
            stamp = _stamp(folder.stat())
        except FileNotFoundError:
            self._folder, self._stamps, self._facts = None, {}, {}
            return
        if stamp == self._folder:
            return
        self._folder = _settled(stamp, now)
        found = _stamps(folder)
        facts = {}
        for project_id, present in found.items():
            if project_id in self._facts and self._stamps[project_id] == present:
                facts[project_id] = self._facts[project_id]
            elif (manifest := lake.readable_manifest(project_id)) is not None:
                facts[project_id] = self._make(manifest)
        self._stamps = {project_id: _settled(present, now) for project_id, present in found.items()}
        self._facts = facts


def _stamps(folder: Path) -> dict[str, _Stamp]:
    stamps = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json") and entry.name[0] != "." and entry.name != _SITE:
                with suppress(FileNotFoundError):  # the project was forgotten at this moment
                    stamps[entry.name.removesuffix(".json")] = _stamp(entry.stat())
    return stamps
