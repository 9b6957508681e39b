"""`jira-assets up`: everything that runs, as one command that stops as one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files

import click

from jira_assets.cli.context import Invocation, pass_invocation
from jira_assets.cli.dagster_home import create_storage, use_dagster_home
from jira_assets.cli.interrupts import stop_on_signals
from jira_assets.cli.lifeline import SECONDS_TO_STOP
from jira_assets.cli.port_option import port_option
from jira_assets.errors import JiraAssetsError, SettingsError
from jira_assets.port_owner import port_owner

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Service:
    """A process of `up`: the module it runs with its arguments and, where it answers, its port."""

    name: str
    module: str
    arguments: Sequence[str] = ()
    port: int | None = None


@click.command()
@port_option(1, "Port of the page and of Dagster's UI.")
@pass_invocation
def up(invocation: Invocation, port: int) -> None:
    """Run the page, Dagster's UI and the Dagster daemon, which syncs automatically, until Ctrl-C.

    Dagster's UI is at /dagster of the page and has the same access checks. If one service stops, all are
    stopped, and the exit code is 1. If this command is killed, all services stop as well. A sync that is
    running is ended then; the next one continues from the committed data.
    """
    folder = use_dagster_home(invocation.settings)
    if not (folder / "history").exists():
        create_storage()
    with as_file(files("jira_assets") / "workspace.yaml") as workspace:
        services = services_of(str(workspace), port)
        for service in services:
            _insist_on_free_port(service)
        with stop_on_signals() as stopping:
            _run(invocation, services, stopping)


def services_of(workspace: str, port: int) -> list[Service]:
    """List what runs."""
    page = ["--port", str(port), "--workspace", workspace]
    return [
        Service("The page, with Dagster at /dagster", "jira_assets.web", page, port),
        Service("Dagster's daemon", "dagster._daemon", ["run", "-w", workspace]),
    ]


def _run(invocation: Invocation, services: Sequence[Service], stopping: threading.Event) -> None:
    with ExitStack() as stack:
        lifeline = stack.enter_context(_lifeline())
        running = [(service, stack.enter_context(_started(service, lifeline))) for service in services]
        for service in services:
            if service.port is not None:
                invocation.say(f"{service.name}: http://{HOST}:{service.port}")
        invocation.say("Press Ctrl-C to stop all services.")
        while not stopping.wait(0.2):
            for service, process in running:
                if process.poll() is not None:
                    ended = f"{service.name} stopped unexpectedly (exit code {process.returncode})"
                    raise JiraAssetsError(
                        f"{ended}. The other services were stopped.", "Its error message is above."
                    )
    invocation.say("Stopped.")


@contextmanager
def _lifeline() -> Iterator[int]:
    """Open a pipe of which only this process has the writing end; yield the other, for the services."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


@contextmanager
def _started(service: Service, lifeline: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service for the block, in a process group of its own: Ctrl-C reaches it through us only.

    It is a module of this Python, so that no other installation is started.
    """
    python = [sys.executable, "-m", "jira_assets.cli.lifeline", str(lifeline)]
    process = subprocess.Popen(
        [*python, service.module, *service.arguments],
        start_new_session=True,
        env=os.environ,
        pass_fds=[lifeline],
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; after a while, end it and whatever it has started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    give_up = time.monotonic() + SECONDS_TO_STOP
    while process.poll() is None and time.monotonic() < give_up:
        time.sleep(0.05)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # all gone by themselves
    finally:
        process.wait()


def _insist_on_free_port(service: Service) -> None:
    if service.port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, service.port))
        except OSError:
            raise SettingsError(
                f"Port {service.port} is in use by {port_owner(service.port)}.",
                "Stop it, or select another port with --port.",
            ) from None
