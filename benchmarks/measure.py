"""Run commands as whole processes and say what they used, and run the site in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

LAUNCHER = Path(__file__).with_name("launch.py")


class ProcessFailed(Exception):
    """A measured command ended with an error; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children used: seconds, and MiB of the largest of them; when it ended.

    `cpu_after` are the CPU seconds of processes that it left behind; they are known on Linux only.
    """

    ended_at: float
    wall: float
    cpu: float
    cpu_after: float
    peak_mib: float
    output: str

    @property
    def started_at(self) -> float:
        """When it began, in epoch seconds."""
        return self.ended_at - self.wall


class MeasuredProcess:
    """A command in a folder, with nothing of our environment but what it needs to start."""

    def __init__(self, command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> None:
        self._command = command
        self._folder = folder
        self._account, report = os.pipe()
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
        with (folder / "stdout").open("w") as stdout, (folder / "stderr").open("w") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCHER), str(report), *command],
                cwd=folder,
                env=environment,
                stdout=stdout,
                stderr=stderr,
                pass_fds=[report],
            )
        os.close(report)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def finish(self) -> Usage:
        """Wait for its end, and for that of every process that it left behind."""
        with os.fdopen(self._account, encoding="ascii") as file:
            account = json.load(file)
        self._process.wait()
        if exit_code := account.pop("exit_code"):
            said = (self._folder / "stderr").read_text()[-2000:]
            raise ProcessFailed(f"{' '.join(self._command)}: exit {exit_code}\n{said}")
        return Usage(output=(self._folder / "stdout").read_text(), **account)


def run_measured(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Usage:
    """Run a command to its end."""
    return MeasuredProcess(command, folder, variables).finish()


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """Where the site is and what is on it."""

    url: str
    email: str
    token: str
    projects: list[str]
    issues: int
    issue_bytes: int = 0
    changelog_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the site: when, the new summaries by id, and the ids of deleted issues."""

    at: float = 0.0
    summaries: Mapping[str, str] = field(default_factory=dict)
    deleted: Sequence[str] = ()


class SiteProcess:
    """The site in a process of its own, as a context manager; `options` are those of its command line."""

    def __init__(
        self, issues: int, projects: int, latency_ms: float, body_bytes: int = 4000, *options: str
    ) -> None:
        command = [sys.executable, "-m", "benchmarks.site", "--issues", str(issues)]
        command += ["--projects", str(projects), "--body-bytes", str(body_bytes)]
        self._process = subprocess.Popen(
            [*command, "--latency-ms", str(latency_ms), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.info = SiteInfo(**self._read())

    def take_counts(self) -> dict[str, Any]:
        """Return requests, points, most in flight and when the first came, since the last call."""
        return self._ask(do="count")

    def change(self, issues: int) -> Change:
        """Give issues another summary."""
        return Change(**self._ask(do="change", issues=issues))

    def delete(self, issues: int) -> Change:
        """Delete issues."""
        gone = self._ask(do="delete", issues=issues)["ids"]
        self.info = replace(self.info, issues=self.info.issues - len(gone))
        return Change(deleted=gone)

    def __enter__(self) -> SiteProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None  # noqa: S101  # it was asked for above
        self._process.stdin.close()
        self._process.wait(timeout=300)

    def _ask(self, **command: object) -> dict[str, Any]:
        assert self._process.stdin is not None  # noqa: S101  # the same
        self._process.stdin.write(f"{json.dumps(command)}\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  # the same
        line = self._process.stdout.readline()
        if not line:
            raise ProcessFailed("The site ended before it was asked to.")
        document: dict[str, Any] = json.loads(line)
        return document
