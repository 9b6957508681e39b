"""A command at a pseudo-terminal: what it writes, frame by frame, and the keys that are pressed."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

LONGEST_SILENCE = 120.0
"""Seconds without a byte after which a test gives up instead of waiting for ever."""
LONGEST_SESSION = 180.0
"""Seconds after which it gives up although something is written: bars are drawn for ever."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_ERASED = "\x1b[2K"


@dataclass
class Terminal:
    """The other end of the terminal of a running command."""

    pid: int
    fd: int
    written: str = ""
    exit_code: int | None = None
    started_at: float = field(default_factory=time.monotonic)

    def read_until(self, done: Callable[[], bool]) -> None:
        """Read on until this holds; fails when the command ends, or falls silent, before."""
        while not done():
            if not self._read():
                raise AssertionError(f"the command ended before:\n{self.written}")

    def read_to_end(self) -> int:
        """Read all that is still written, and return the exit code."""
        while self._read():
            pass
        self.exit_code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.exit_code

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        os.write(self.fd, f"{line}\r".encode())

    def press_ctrl_c(self) -> None:
        """Send what the key sends: the terminal interrupts everything that runs at it."""
        os.write(self.fd, b"\x03")

    @property
    def frames(self) -> list[str]:
        """What stood on the screen between two erasures, without colours."""
        return [plain(part) for part in self.written.split("\r" + _ERASED)]

    @property
    def left_behind(self) -> str:
        """What stands on the screen after the last erasure."""
        return plain(self.written.rpartition(_ERASED)[2])

    def _read(self) -> bool:
        if not select.select([self.fd], [], [], LONGEST_SILENCE)[0]:
            raise AssertionError(f"nothing more was written:\n{self.written}")
        if time.monotonic() - self.started_at > LONGEST_SESSION:
            raise AssertionError(f"it did not come to this:\n{self.written[-5000:]}")
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux: the other end is closed
            return False
        self.written += data.decode(errors="replace")
        return bool(data)


def plain(text: str) -> str:
    """Take out colours and cursor movements."""
    return _CONTROL.sub("", text)


@contextmanager
def at_terminal(*words: str, columns: int = 80, **environment: str) -> Iterator[Terminal]:
    """Run `jira-assets` with these words at a terminal of its own; it is killed when the block is left."""
    import pty
    import signal

    # A command that ran in this process before has left its DAGSTER_HOME in the environment.
    usual = {name: value for name, value in os.environ.items() if not name.startswith("DAGSTER_")}
    kept: Mapping[str, str] = {**usual, "TERM": "xterm-256color", "COLUMNS": "", **environment}
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execve(  # noqa: S606  # no shell is wanted
            sys.executable,
            [sys.executable, "-c", "from jira_assets.cli import main; main()", *words],
            dict(kept),
        )
    terminal = Terminal(pid, fd)
    try:
        yield terminal
    finally:
        if terminal.exit_code is None:
            os.killpg(pid, signal.SIGKILL)  # with all that it started
            os.waitpid(pid, 0)
        os.close(fd)
