"""A measured command is charged with what it used itself."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from benchmarks.measure import MeasuredProcess, ProcessFailed, run_measured
from jira_assets_tests.waiting import wait_until

MIB = 2**20
LEAVES_ONE_BEHIND = """
import subprocess, sys
other = "import time\\nwhile time.process_time() < 0.1: sum(range(10**6))"
subprocess.Popen([sys.executable, "-c", other])
"""


def test_the_memory_of_the_process_that_measures_is_not_counted(tmp_path: Path) -> None:
    ours = b"." * (150 * MIB)
    assert run_measured(["true"], tmp_path, {}).peak_mib < 100
    assert len(ours) == 150 * MIB


def test_the_memory_of_the_command_is_counted(tmp_path: Path) -> None:
    usage = run_measured([sys.executable, "-c", f"print(len(b'.' * {200 * MIB}))"], tmp_path, {})
    assert 200 <= usage.peak_mib < 300
    assert usage.output == f"{200 * MIB}\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is not known what a command leaves behind")
def test_what_a_command_leaves_behind_is_waited_for_and_counted_apart(tmp_path: Path) -> None:
    usage = run_measured([sys.executable, "-c", LEAVES_ONE_BEHIND], tmp_path, {})
    assert usage.cpu_after >= 0.1
    assert usage.cpu < usage.cpu_after
    assert usage.ended_at <= time.time()


def test_a_command_that_fails_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match=r"exit 3\nthe last words"):
        run_measured(
            [sys.executable, "-c", "import sys; print('the last words', file=sys.stderr); sys.exit(3)"],
            tmp_path,
            {},
        )


def test_ctrl_c_reaches_the_command(tmp_path: Path) -> None:
    program = (
        "import pathlib, signal, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(print('stopped')))\n"
        "pathlib.Path('ready').touch()\n"
        "signal.pause()\n"
    )
    process = MeasuredProcess([sys.executable, "-c", program], tmp_path, {})
    wait_until(lambda: (tmp_path / "ready").exists())
    process.interrupt()
    assert process.finish().output == "stopped\n"
