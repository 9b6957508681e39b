"""Homes that are prepared once and copied for each test: a first sync takes as long as many copies."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jira_assets.warehouse.publish import PublishResult
from jira_assets_tests.harness import ON_POSTGRES, SyncHarness, serve_site

Prepare = Callable[[Path], AbstractContextManager[SyncHarness]]


class HomeTemplates:
    """Prepared homes, each made when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Prepare, _Template] = {}

    @contextmanager
    def open(self, prepare: Prepare, home: Path) -> Iterator[SyncHarness]:
        """Open a copy of what `prepare` leaves: its home at this place, its site at the same address."""
        if os.environ.get(ON_POSTGRES):  # a copy of the home would not have the state
            with prepare(home) as harness:
                yield harness
            return
        if prepare not in self._made:
            self._made[prepare] = _made_by(prepare, self._folder / str(len(self._made)))
        with self._made[prepare].open(home) as harness:
            yield harness

    def close(self) -> None:
        """Give the addresses back."""
        for template in self._made.values():
            template.kept.close()


@dataclass(frozen=True)
class _Template:
    home: Path
    site: bytes
    port: int
    kept: socket.socket
    """Keeps the port for the site, whose address is in the home."""
    options: dict[str, str]
    published: list[PublishResult | None]
    is_behind: bool

    @contextmanager
    def open(self, home: Path) -> Iterator[SyncHarness]:
        shutil.copytree(self.home, home, symlinks=True, dirs_exist_ok=True)
        site = pickle.loads(self.site)  # noqa: S301 - our own
        with serve_site(site, home, self.options, port=self.port) as harness:
            harness.published, harness.is_behind = list(self.published), self.is_behind
            yield harness


def _made_by(prepare: Prepare, home: Path) -> _Template:
    with prepare(home) as harness:
        pass
    port, kept = harness.server.port, socket.socket()
    if sys.platform == "linux":  # elsewhere no server can listen on a port that is bound
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", port))
    site = _pickled(harness.site)
    return _Template(home, site, port, kept, harness.options, harness.published, harness.is_behind)


class _Pickler(pickle.Pickler):
    """Copies locks as new ones."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, type(threading.Lock())):
            return threading.Lock, ()
        if isinstance(value, type(threading.RLock())):
            return threading.RLock, ()
        return NotImplemented


def _pickled(value: object) -> bytes:
    file = io.BytesIO()
    _Pickler(file).dump(value)
    return file.getvalue()
