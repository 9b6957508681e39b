"""Homes that are prepared once and copied for each test: a first sync takes as long as many copies."""

from __future__ import annotations

import io
import pickle
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jira_assets.demo.http.server import DemoServer
from jira_assets.warehouse.publish import PublishResult
from jira_assets_tests.harness import SyncHarness, has_state_elsewhere, serve_site
from jira_assets_tests.two_sites import TwoSites

Prepare = Callable[[Path], AbstractContextManager[SyncHarness]]
PrepareTwo = Callable[[Path], AbstractContextManager[TwoSites]]


class HomeTemplates:
    """Prepared homes, each made when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Prepare | PrepareTwo, _Template] = {}

    @contextmanager
    def open(self, prepare: Prepare, home: Path) -> Iterator[SyncHarness]:
        """Open a copy of what `prepare` leaves: its home at this place, its site at the same address."""
        if has_state_elsewhere():  # a copy of the home would not have the state
            with prepare(home) as harness:
                yield harness
            return
        with self._template(prepare).open(home) as (harness, _):
            yield harness

    @contextmanager
    def open_two(self, prepare: PrepareTwo, home: Path) -> Iterator[TwoSites]:
        """Open a copy of a home that is connected to two sites."""
        if has_state_elsewhere():
            with prepare(home) as sites:
                yield sites
            return
        with self._template(prepare).open(home) as (ours, [acme]):
            yield TwoSites(ours, acme.site, acme)

    def _template(self, prepare: Prepare | PrepareTwo) -> _Template:
        if prepare not in self._made:
            self._made[prepare] = _made_by(prepare, self._folder / str(len(self._made)))
        return self._made[prepare]

    def close(self) -> None:
        """Give the addresses back."""
        for template in self._made.values():
            for kept in template.kept:
                kept.close()


@dataclass(frozen=True)
class _Template:
    home: Path
    sites: bytes
    ports: list[int]
    kept: list[socket.socket]
    """Keep the ports for the sites, whose addresses are in the home."""
    options: dict[str, str]
    published: list[PublishResult | None]
    is_behind: bool

    @contextmanager
    def open(self, home: Path) -> Iterator[tuple[SyncHarness, list[DemoServer]]]:
        """Open a copy of the home, and serve its sites; the first one comes with the harness."""
        shutil.copytree(self.home, home, symlinks=True, dirs_exist_ok=True)
        first, *others = pickle.loads(self.sites)  # noqa: S301 - our own
        with ExitStack() as stack:
            servers = [
                stack.enter_context(DemoServer(site, port=port))
                for site, port in zip(others, self.ports[1:], strict=True)
            ]
            harness = stack.enter_context(serve_site(first, home, self.options, port=self.ports[0]))
            harness.published, harness.is_behind = list(self.published), self.is_behind
            yield harness, servers


def _made_by(prepare: Prepare | PrepareTwo, home: Path) -> _Template:
    with prepare(home) as prepared:
        pass
    if isinstance(prepared, TwoSites):
        harness, servers = prepared.ours, [prepared.ours.server, prepared.acme_server]
    else:
        harness, servers = prepared, [prepared.server]
    sites = _pickled([server.site for server in servers])
    ports = [server.port for server in servers]
    kept = [_keep(port) for port in ports]
    return _Template(home, sites, ports, kept, harness.options, harness.published, harness.is_behind)


def _keep(port: int) -> socket.socket:
    kept = socket.socket()
    if sys.platform == "linux":  # elsewhere no server can listen on a port that is bound
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", port))
    return kept


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
