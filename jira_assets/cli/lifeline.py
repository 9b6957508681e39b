"""Run a module for as long as the process that started it lives.

`python -m jira_assets.cli.lifeline FD MODULE …` does as `python -m MODULE …`. The starter keeps the writing
end of a pipe open, and this process reads the other end, FD. Nothing is ever written: the end of the pipe
means that the starter is gone, however it ended, also by SIGKILL. That works on every system, and for all
that the module has started, which is in the same process group.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from threading import Event, Thread

SECONDS_TO_STOP = 20
"""How long a service may take to stop in order, before it is ended with everything it has started."""


def main() -> None:
    """Run the module of the command line, as `python -m` does; the process has to lead its own group."""
    _, pipe, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    is_alone, has_stopped = Event(), Event()
    Thread(target=_watch, args=(int(pipe), is_alone, has_stopped), daemon=True, name="lifeline").start()
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        has_stopped.set()
        if is_alone.is_set():
            _end_group()


def _watch(pipe: int, is_alone: Event, has_stopped: Event) -> None:
    """Wait for the end of the pipe; then stop the service in order or, after a while, at once."""
    os.read(pipe, 1)
    is_alone.set()
    os.kill(os.getpid(), signal.SIGINT)
    if not has_stopped.wait(SECONDS_TO_STOP):
        _end_group()


def _end_group() -> None:
    """End what the service has started, and this process: no other process is left to do that."""
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
