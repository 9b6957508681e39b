"""Run a command and write what it used: `python -I -S launch.py FD COMMAND…`.

A process of its own, and a small one: the kernel counts the memory of the process that starts another one as
used by that one, too. The account goes to the file descriptor FD as one JSON object when the command, and
every process that it left behind, has ended. Ctrl-C is passed on to the command.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Run the command of the command line."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":  # elsewhere nothing is known of what a command leaves behind
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started = time.perf_counter()
    process = subprocess.Popen(command)
    signal.signal(signal.SIGINT, lambda *_: os.kill(process.pid, signal.SIGINT))
    # The kernel's own account of this process and of every child that it waited for.
    _, status, used = os.wait4(process.pid, 0)
    wall, ended_at = time.perf_counter() - started, time.time()
    account = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "ended_at": ended_at,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "cpu_after": cpu_of_others(),
        "peak_mib": used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
    }
    with os.fdopen(report, "w", encoding="ascii") as file:
        json.dump(account, file)


def cpu_of_others() -> float:
    """Wait for the processes that the command left behind; return the CPU seconds that they used."""
    seconds = 0.0
    while True:
        try:
            _, _, used = os.wait4(-1, 0)
        except ChildProcessError:
            return seconds
        seconds += used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
