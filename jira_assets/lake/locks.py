"""Locks that die with their holder: what a killed process held is free at once.

"Syncing" means that the lock is held. A file's existence means nothing, so lock files are never removed,
but with all files of a site.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jira_assets.decoding import decode_json
from jira_assets.errors import LakeError, LockHeld


class Holder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who holds a lock, what for, and since when; `host` is empty where it can only be this one."""

    pid: int
    purpose: str
    since: datetime
    host: str = ""

    def __str__(self) -> str:
        where = f" on {self.host}" if self.host else ""
        return f"process {self.pid}{where} ({self.purpose}, since {self.since:%H:%M:%S} UTC)"


OnWait = Callable[[Holder | None], None]
"""Is called once, with who holds a lock, when it has to be waited for."""


@contextmanager
def lock_held(
    path: Path,
    purpose: str,
    *,
    wait: bool = True,
    on_wait: OnWait | None = None,
) -> Iterator[None]:
    """Hold the lock for the block; when another has it, wait for it or raise `LockHeld`.

    Raises `LakeError` when the file was removed while this waited: others would hold a new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, path, wait, on_wait)
        _insist_on_place(descriptor, path)
        _write_holder(descriptor, purpose)
        yield
    finally:
        os.close(descriptor)


_held_for_life: dict[Path, int] = {}


def hold_for_life(path: Path, purpose: str) -> None:
    """Hold the lock until this process ends, however it ends, or holds another one in this way.

    Raises `LockHeld` when another process has it.
    """
    if path in _held_for_life:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    _acquire(descriptor, path, wait=False, on_wait=None)
    _write_holder(descriptor, purpose)
    for before in _held_for_life.values():
        os.close(before)
    _held_for_life.clear()
    _held_for_life[path] = descriptor


def holder(path: Path | str, folder: int | None = None) -> Holder | None:
    """Return who holds the lock now; None when it is free. `folder` is the open one that a path begins at."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        # A shared attempt does not get in the way of another onlooker.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, wait: bool, on_wait: OnWait | None) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        present = _read_holder(descriptor)
        if not wait:
            raise LockHeld(
                f"{present or 'another process'} holds the lock {path.name}.",
                "Wait until it has finished, then try again.",
            ) from None
        if on_wait is not None:
            on_wait(present)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _insist_on_place(descriptor: int, path: Path) -> None:
    with suppress(FileNotFoundError):
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return
    raise LakeError(
        f"{path} was removed while this process waited for it.",
        "If its site was removed from this home, there is nothing to do; else try again.",
    )


def _write_holder(descriptor: int, purpose: str) -> None:
    note = msgspec.json.encode(Holder(os.getpid(), purpose, datetime.now(UTC)))
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, note, 0)


def _read_holder(descriptor: int) -> Holder | None:
    try:
        return decode_json(os.pread(descriptor, 4096, 0), Holder)
    except msgspec.DecodeError:  # the holder is between taking the lock and writing its name
        return Holder(0, "name not yet written", datetime.now(UTC))
