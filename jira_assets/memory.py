"""How much memory DuckDB may use unless a setting says so: a part of what this machine or container has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

SHARE = 4
"""DuckDB gets one in so many bytes: a sync may have two engines open, beside Python, Dagster and the page."""

LEAST = 180_000_000
"""What the derivation of a project with long texts needs, also where that is more than its share."""

MOST = 260_000_000
"""With more, publishing 200,000 issues takes as long and only keeps more memory (docs/deployment.md)."""

RESERVED = 400_000_000
"""What a process needs beside what DuckDB counts, when DuckDB may use more than is usual."""


_LIMITS_V2 = ("memory.max", "memory.high")
_LIMITS_V1 = ("memory.limit_in_bytes",)


def default_memory_limit(root: Path = Path("/"), *, sparing: bool = False) -> str:
    """Return the default memory limit in DuckDB's words, such as 250MB.

    It follows the memory that this process may use, see `available_memory`. Where that is not known, it is
    the least. A `sparing` engine, which does again what ran out of memory, may use half of what there is.
    """
    available = available_memory(root) or 0
    limit = min(max(available // SHARE, LEAST), MOST)
    if sparing:
        limit = max(limit, (available - RESERVED) // 2)
    return f"{limit // 1_000_000}MB"


def available_memory(root: Path = Path("/")) -> int | None:
    """Return how many bytes this process may use: the machine's memory, or less where a cgroup says so.

    Every cgroup from that of the process up to the root may limit it. `root` is where /proc and /sys are
    looked for. None where neither the machine nor a cgroup says anything.
    """
    return min([*_physical(), *_limits(root)], default=None)


def _physical() -> Iterator[int]:
    try:
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):  # a system that does not know these names
        return


def _limits(root: Path) -> Iterator[int]:
    mount = root / "sys/fs/cgroup"
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, controllers_and_path = line.partition(":")
        controllers, _, path = controllers_and_path.partition(":")
        if not controllers:
            yield from _limits_above(mount, path, _LIMITS_V2)
        elif "memory" in controllers.split(","):
            yield from _limits_above(mount / "memory", path, _LIMITS_V1)


def _limits_above(mount: Path, path: str, names: tuple[str, ...]) -> Iterator[int]:
    """Read the limits of a cgroup and of those that it is in.

    In a container the path may be that of the host, of which only the root is there.
    """
    group = PurePosixPath(path.strip("/"))
    for each in (group, *group.parents):
        for name in names:
            try:
                yield int((mount / each / name).read_text(encoding="ascii"))
            except (OSError, ValueError):  # there is no such cgroup, or it says "max"
                continue
