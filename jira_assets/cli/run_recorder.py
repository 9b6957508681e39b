"""Start the process that records a sync as a run in Dagster, and send it the outcome.

Neither process waits for the other. A sync is complete without its run; a run whose sync was killed fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Pipe
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType

from jira_assets.cli.interrupts import query_interrupts
from jira_assets.errors import JiraAssetsError
from jira_assets.settings.load import Settings
from jira_assets.sync.results import Mode
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult


def _read_only(mapping: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(mapping)


# Settings have such mappings, which pickle cannot send by itself.
ForkingPickler.register(MappingProxyType, lambda mapping: (_read_only, (dict(mapping),)))


@dataclass(frozen=True)
class RecordedSync:
    """What a run records: the home, and the config of the step."""

    settings: Settings
    keys: Sequence[str]
    mode: Mode
    accept: Sequence[str]


@dataclass(frozen=True)
class Finished:
    """The sync came to its end; `published` is None when nothing had changed."""

    result: SyncResult
    published: PublishResult | None


@dataclass(frozen=True)
class Failed:
    """An error ended the sync as a whole."""

    error: JiraAssetsError
    notices: Sequence[str] = ()


@dataclass(frozen=True)
class Interrupted:
    """Ctrl-C ended the sync."""


End = Finished | Failed | Interrupted


class RecordingProcess:
    """`python -m jira_assets.cli.recorded_run` with a pipe; Ctrl-C at the terminal does not reach it."""

    def __init__(self, sync: RecordedSync) -> None:
        receiver, self._sender = Pipe(duplex=False)
        with receiver:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jira_assets.cli.recorded_run", str(receiver.fileno())],
                pass_fds=[receiver.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # No session of its own: Linux schedules sessions alike, however nice their processes are.
                process_group=0,
            )
        self._send(sync)

    def was_killed(self) -> bool:
        """Check whether a signal has ended the process."""
        return (self.process.poll() or 0) < 0

    def finish(self, end: End) -> None:
        """Send how the sync ended, and return before that is recorded."""
        _unwaited.append(self.process)
        # A thread: many outcomes are longer than the pipe, and the process reads when Dagster is loaded.
        threading.Thread(target=self._finish, args=(end,), name="outcome").start()

    def _finish(self, end: End) -> None:
        self._send(end)
        self._sender.close()
        if _ends_with_us():
            self.process.wait()

    def _send(self, message: RecordedSync | End) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # it was killed
            self._sender.send(message)


_unwaited: list[subprocess.Popen[bytes]] = []
"""Processes that go on without us; Python warns about those that are forgotten."""


def _ends_with_us() -> bool:
    """Check whether the end of this process ends the others, as in a container or a service of systemd."""
    return 1 in (os.getpid(), os.getppid())


@contextmanager
def recorded(sync: RecordedSync) -> Iterator[Callable[[SyncResult, PublishResult | None], None]]:
    """Record the sync of the block, which calls the function that it gets with the outcome."""
    recording = RecordingProcess(sync)
    ends: list[End] = []
    try:
        with query_interrupts():
            yield lambda result, published: ends.append(Finished(result, published))
    except JiraAssetsError as error:
        ends.append(Failed(error, tuple(getattr(error, "__notes__", ()))))
        raise
    except Exception as error:
        ends.append(Failed(JiraAssetsError(f"{type(error).__name__}: {error}", "This is a bug.")))
        raise
    finally:
        if recording.was_killed():  # the next one marks the run that it left as failed
            recording = RecordingProcess(sync)
        recording.finish(ends[-1] if ends else Interrupted())
