"""Put files in place so that a reader, or a crash, sees the old one or the new one and nothing between."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY_PREFIX = ".part-"

_FICLONE = 0x40049409
"""The request of Linux to share the blocks of a file; other systems refuse it."""


@contextmanager
def new_file(final: Path) -> Iterator[Path]:
    """Yield a path beside `final` to write to; leaving the block puts the file in place, durably."""
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
    try:
        yield temporary
        put_in_place(temporary, final)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, final: Path) -> None:
    """Make the file durable, then give it its name."""
    sync_to_disk(temporary)
    temporary.replace(final)
    sync_to_disk(final.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file's content as one step."""
    with new_file(path) as temporary:
        temporary.write_bytes(content)


def size_and_digest(path: Path) -> tuple[int, str]:
    """Return how many bytes a file has, and the SHA-256 of them."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest


def copy_file(source: Path, target: Path) -> None:
    """Copy a file; where the file system can (XFS, Btrfs), both share their blocks until one is changed."""
    with source.open("rb") as read, target.open("xb") as written, suppress(OSError):
        fcntl.ioctl(written, _FICLONE, read.fileno())
        return
    shutil.copyfile(source, target)


def move_durably(path: Path, target: Path) -> None:
    """Move a file within the file system, so that after a crash it is in one of the two places."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)
    sync_to_disk(target.parent)
    sync_to_disk(path.parent)


def point_link(link: Path, target_name: str) -> None:
    """Make a symlink point to its new target as one step."""
    temporary = link.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
    temporary.symlink_to(target_name)
    temporary.replace(link)
    sync_to_disk(link.parent)


def sync_to_disk(path: Path) -> None:
    """Ask the operating system to write a file or a folder's entries to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
