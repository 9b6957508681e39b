"""Serve a demo site from a process of its own that ends with this one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from jira_assets.errors import InputError

SECONDS_TO_STOP = 10


@contextmanager
def served_site(options: Sequence[str]) -> Iterator[dict[str, str]]:
    """Start the site and yield the environment that connects to it.

    The site stops when its standard input closes, which happens also when this process is killed.
    """
    command = [sys.executable, "-m", "jira_assets.demo", "--stop-with-stdin", *options]
    # A session of its own: Ctrl-C at the terminal is for this process, which then ends the site.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield _read_connection(process)
        finally:
            assert process.stdin is not None  # noqa: S101  # it was asked for above
            process.stdin.close()
            process.wait(SECONDS_TO_STOP)


def _read_connection(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None  # noqa: S101  # it was asked for above
    connection: dict[str, str] = {}
    for line in process.stdout:
        name, _, value = line.strip().partition("=")
        connection[name] = value
        if name == "JIRA_API_TOKEN":
            return connection
    raise InputError(
        "The demo site did not start.", "Its error message is above. A file to load may not be readable."
    )
