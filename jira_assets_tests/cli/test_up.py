"""One command for everything that runs: it starts, stops and fails as one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from jira_assets.cli.commands import up
from jira_assets.cli.commands.up import Service
from jira_assets_tests.child_process import child_process
from jira_assets_tests.cli.conftest import Run
from jira_assets_tests.waiting import wait_until

SLEEP = """
import time
try:
    open('ready', 'w').close()
    time.sleep(60)
except KeyboardInterrupt:
    open('stopped', 'w').close()
"""
FAIL_WHEN_READY = """
import os, time
while not os.path.exists('ready'):
    time.sleep(0.01)
raise SystemExit(7)
"""


def serve(monkeypatch: pytest.MonkeyPatch, *programs: str) -> None:
    services = []
    for number, code in enumerate(programs):
        Path(f"service{number}.py").write_text(code, encoding="utf-8")
        services.append(Service(str(number), f"service{number}"))
    monkeypatch.setattr(up, "services_of", lambda workspace, port: services)


def test_when_one_ends_all_end(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = f"import time; time.sleep(60)\n{SLEEP}"
    serve(monkeypatch, SLEEP, FAIL_WHEN_READY, late)
    result = run("up")
    assert result.exit_code == 1
    assert "1 stopped unexpectedly (exit code 7). The other services were stopped." in result.stderr
    assert Path("stopped").exists()


@pytest.mark.parametrize("sent", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.prove)])
def test_a_signal_stops_everything(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    serve(monkeypatch, SLEEP)

    def interrupt() -> None:
        wait_until(Path("ready").exists)
        os.kill(os.getpid(), sent)

    thread = threading.Thread(target=interrupt)
    thread.start()
    result = run("up")
    thread.join()
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (0, "Stopped.")
    assert Path("stopped").exists()


def test_a_busy_port_is_told_before_anything_starts(run: Run, home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("up", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1
    assert f"in use by process {os.getpid()} (" in result.stderr


def test_both_workspaces_name_the_same_location() -> None:
    packaged = yaml.safe_load((files("jira_assets") / "workspace.yaml").read_text(encoding="utf-8"))
    ours = yaml.safe_load((Path(__file__).parents[2] / "workspace.yaml").read_text(encoding="utf-8"))
    assert packaged == ours


KEEPS_A_STUBBORN_CHILD = """
import signal, subprocess, sys
child = "import signal, time; signal.signal(2, signal.SIG_IGN); "
child += "print('up\\\\n', end='', flush=True); time.sleep(60)"
try:
    subprocess.Popen([sys.executable, "-c", child])
    signal.pause()
finally:
    # One write, where print makes two without a buffer: two processes write here.
    print("stopped in order\\n", end="", flush=True)
"""
UP_WITH_THESE = """
import sys
from jira_assets.cli import main
from jira_assets.cli.commands import up
up.services_of = lambda workspace, port: [up.Service("1", "service0"), up.Service("2", "service0")]
sys.argv = ["jira-assets", "up"]
main()
"""


def test_when_it_is_killed_everything_it_started_ends(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, KEEPS_A_STUBBORN_CHILD)
    with child_process(
        [sys.executable, "-c", UP_WITH_THESE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["up\n"] * 2
        process.kill()
        # What was started writes to the same pipe, which ends with the last of them.
        assert process.stdout.read() == "stopped in order\n" * 2


@pytest.mark.prove
def test_dagster_answers_and_stops_without_leaving_anything(home: Path) -> None:
    with running_up(free_port()) as (process, port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            shown = page.read().decode()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert "No project is tracked yet" in shown
        assert process.returncode == 0
        assert processes_of(home) == {}


@pytest.mark.prove
def test_dagster_ends_when_it_is_killed_and_starts_again(home: Path) -> None:
    port = free_port()
    for _ in range(2):
        with running_up(port) as (process, _):
            wait_until(lambda: any("dagster api grpc" in words for words in processes_of(home).values()))
            assert len(processes_of(home)) > 3, "the page, the daemon and the code servers of both"
            process.kill()
            process.wait()
            wait_until(lambda: processes_of(home) == {})
    with running_up(port) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_up(port: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the command on the home of the environment, until Dagster answers."""
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()", "up", "--port", str(port)]

    def answers() -> bool:
        assert process.poll() is None
        with (
            suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/dagster/server_info") as answer,
        ):
            return bool(answer.status == 200)
        return False

    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(answers)
            yield process, port
        finally:
            process.kill()


def processes_of(home: Path) -> dict[int, str]:
    """Return the command lines of all processes with this home in their environment, by id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended meanwhile, or not ours
            if f"JIRA_ASSETS_HOME={home}\0".encode() in (folder / "environ").read_bytes():
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(folder.name)] = words.decode(errors="replace")
    found.pop(os.getpid(), None)
    return found
