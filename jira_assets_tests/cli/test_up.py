"""One command for everything that runs: it starts, stops and fails as one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from jira_assets.cli import up
from jira_assets.cli.up import Service
from jira_assets_tests.cli.conftest import Run

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
    services = [Service(str(n), [sys.executable, "-c", code]) for n, code in enumerate(programs)]
    monkeypatch.setattr(up, "services_of", lambda workspace, port: services)


def test_when_one_ends_all_end(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    late = f"import time; time.sleep(60)\n{SLEEP}"
    serve(monkeypatch, SLEEP, FAIL_WHEN_READY, late)
    result = run("up")
    assert result.exit_code == 1
    assert "1 stopped unexpectedly (exit code 7). The other services were stopped." in result.stderr
    assert Path("stopped").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    serve(monkeypatch, SLEEP)

    def interrupt() -> None:
        while not Path("ready").exists():
            time.sleep(0.01)
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


@pytest.mark.prove
def test_dagster_answers_and_stops_without_leaving_anything(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()", "up", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        answered = False
        for _ in range(600):
            with (
                suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{port}/dagster/server_info") as answer,
            ):
                answered = answer.status == 200
                break
            time.sleep(0.1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            shown = page.read().decode()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert answered
    assert "No project is tracked yet" in shown
    assert process.returncode == 0
    assert str(home) not in "".join(
        path.read_bytes().decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline")
    )
