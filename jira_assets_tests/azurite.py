"""A store of the tests' own that speaks Azure: Azurite, on a free port, which keeps its blobs in memory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from jira_assets_tests.child_process import end_with_parent
from jira_assets_tests.programs import NODE_MODULES
from jira_assets_tests.waiting import wait_until

CONTAINER = "tests"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account that every Azurite has."""
_PROGRAM = NODE_MODULES / "azurite" / "dist" / "src" / "blob" / "main.js"
_LISTENS = re.compile(r"successfully listens on (\S+)")
_VERSION = "2021-12-02"


@dataclass(frozen=True)
class Azurite:
    """A store that runs, and what the client has to have in its environment."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that tools for Azure know."""
        return {
            "AZURE_STORAGE_ENDPOINT": self.endpoint,
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": KEY,
        }


def find_azurite() -> list[str] | None:
    """Find the program and node, which runs it."""
    node = shutil.which("node")
    return [node, str(_PROGRAM)] if node and _PROGRAM.exists() else None


@contextmanager
def running_azurite(program: list[str], folder: Path) -> Iterator[Azurite]:
    """Start the store with an empty container; the folder gets its log."""
    options = ["--blobHost=127.0.0.1", "--blobPort=0", "--inMemoryPersistence"]
    options += ["--silent", "--disableTelemetry"]
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*program, *options],
            stdout=output,
            stderr=output,
            cwd=folder,
            preexec_fn=end_with_parent(signal.SIGKILL),
        )
    try:
        wait_until(lambda: _address_of(server, log))
        endpoint = f"{_address_of(server, log)}/{ACCOUNT}"
        _create_container(endpoint)
        yield Azurite(endpoint)
    finally:
        server.kill()
        server.wait()


def _address_of(server: subprocess.Popen[bytes], log: Path) -> str | None:
    said = log.read_text(errors="replace")
    if server.poll() is not None:
        raise RuntimeError(f"Azurite did not start: {said}")
    found = _LISTENS.search(said)
    return found[1] if found else None


def _create_container(endpoint: str) -> None:
    """Create the container, which the client of the product cannot do."""
    import requests  # late: few tests need it

    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
    # https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    signed = ["PUT", *[""] * 11, *(f"{name}:{value}" for name, value in headers.items())]
    signed += [f"/{ACCOUNT}/{ACCOUNT}/{CONTAINER}", "restype:container"]
    digest = hmac.digest(base64.b64decode(KEY), "\n".join(signed).encode(), hashlib.sha256)
    headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    address = f"{endpoint}/{CONTAINER}?restype=container"
    requests.put(address, headers=headers, timeout=30).raise_for_status()
