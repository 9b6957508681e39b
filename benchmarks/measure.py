"""Run a command as a whole process and say what it used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any


class ProcessFailed(Exception):
    """A measured command ended with an error; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children used: seconds, and MiB of the largest of them; when it ended."""

    ended_at: float
    wall: float
    cpu: float
    peak_mib: float
    output: str


def run_measured(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Usage:
    """Run a command in a folder, with nothing of our environment but what it needs to start."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    with (folder / "stdout").open("w+") as stdout, (folder / "stderr").open("w+") as stderr:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=stdout, stderr=stderr)
        # The kernel's own account of this process and of every child that it waited for.
        _, status, used = os.wait4(process.pid, 0)
        wall, ended_at = time.perf_counter() - started, time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
        stdout.seek(0)
        stderr.seek(0)
        if process.returncode:
            raise ProcessFailed(f"{' '.join(command)}: exit {process.returncode}\n{stderr.read()[-2000:]}")
        peak = used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
        return Usage(ended_at, wall, used.ru_utime + used.ru_stime, peak, stdout.read())


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """Where the site is and what is on it."""

    url: str
    email: str
    token: str
    projects: list[str]
    issues: int
    issue_bytes: int
    changelog_bytes: int


class SiteProcess:
    """The site in a process of its own, as a context manager."""

    def __init__(self, issues: int, latency_ms: float) -> None:
        command = [sys.executable, "-m", "benchmarks.site", "--issues", str(issues)]
        self._process = subprocess.Popen(
            [*command, "--latency-ms", str(latency_ms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.info = SiteInfo(**self._read())

    def take_counts(self) -> dict[str, Any]:
        """Return requests, most in flight and when the first came (epoch seconds), since the last call."""
        assert self._process.stdin is not None  # noqa: S101  # it was asked for above
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._read()

    def __enter__(self) -> SiteProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None  # noqa: S101  # the same
        self._process.stdin.close()
        self._process.wait(timeout=30)

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  # the same
        line = self._process.stdout.readline()
        if not line:
            raise ProcessFailed("The site ended before it was asked to.")
        document: dict[str, Any] = json.loads(line)
        return document
