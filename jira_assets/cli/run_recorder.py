"""Start the process that records a sync as a run in Dagster, and send it the outcome.

Neither process depends on the other: a sync is complete without its run, and a run whose sync was killed
fails.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Pipe
from multiprocessing.reduction import ForkingPickler
from tempfile import TemporaryFile
from types import MappingProxyType, TracebackType

from jira_assets.cli.dagster_home import REMEDY, damaged_databases
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
        self._stderr = TemporaryFile()  # noqa: SIM115  # open as long as the process may write to it
        with receiver:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jira_assets.cli.recorded_run", str(receiver.fileno())],
                pass_fds=[receiver.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                start_new_session=True,
            )
        self._send(sync)

    def finish(self, end: End) -> None:
        """Send how the sync ended, and do not wait until that is recorded."""
        self._send(end)
        self._sender.close()
        self._stderr.close()
        _unwaited.append(self._process)

    def record(self, end: End) -> tuple[int, str]:
        """Send how the sync ended; return the exit code of the process, and the last line of its error."""
        self._send(end)
        self._sender.close()
        try:
            code = self._process.wait()
            self._stderr.seek(0)
            lines = self._stderr.read().decode(errors="replace").splitlines()
        finally:
            self._stderr.close()
            _unwaited.append(self._process)
        return code, next((line for line in reversed(lines) if line.strip()), "")

    def _send(self, message: RecordedSync | End) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # its exit code says that it was killed
            self._sender.send(message)


_unwaited: list[subprocess.Popen[bytes]] = []
"""Processes that go on without us; Python warns about those that are forgotten."""


class RunRecorder:
    """Records at most one sync; its block ends when that is done. A sync that is not recorded is a notice."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._say = say
        self._sync: RecordedSync | None = None
        self._recording: RecordingProcess | None = None
        self._end: End | None = None

    def __enter__(self) -> RunRecorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def recording(self, keys: Sequence[str], mode: Mode, accept: Sequence[str]) -> Iterator[None]:
        """Start to record the sync of the block, which calls `finished` at its end."""
        self._sync = RecordedSync(self._settings, tuple(keys), mode, tuple(accept))
        self._recording = RecordingProcess(self._sync)
        try:
            with query_interrupts():
                yield
        except KeyboardInterrupt:
            self._end = Interrupted()
            raise
        except JiraAssetsError as error:
            self._end = Failed(error, tuple(getattr(error, "__notes__", ())))
            raise
        except Exception as error:
            self._end = Failed(JiraAssetsError(f"{type(error).__name__}: {error}", "This is a bug."))
            raise

    def finished(self, result: SyncResult, published: PublishResult | None) -> None:
        """Keep the outcome for the run."""
        self._end = Finished(result, published)

    def close(self) -> None:
        """Send the outcome, and wait until it is recorded; after Ctrl-C do not wait."""
        recording, self._recording = self._recording, None
        if recording is None or self._sync is None or self._end is None:
            return
        if isinstance(self._end, Interrupted):
            recording.finish(self._end)
            return
        with suppress(KeyboardInterrupt):  # the sync is done, and its run is recorded without us
            code, error = recording.record(self._end)
            if code < 0:  # killed: the next process marks the run that it left as failed
                code, error = RecordingProcess(self._sync).record(self._end)
            if code != 0:
                self._say(self._explain(error or "its process was killed"))

    def _explain(self, error: str) -> str:
        for path, why in damaged_databases(self._settings.dagster_dir).items():
            return f"Dagster has no record of this sync: its database {path} is damaged: {why}. {REMEDY}"
        return f"Dagster has no record of this sync: {error}"
