"""A store of the tests' own that speaks S3: SeaweedFS, on free ports, in a folder that is removed later."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from jira_assets.errors import StoreUnavailable
from jira_assets_tests.child_process import end_with_parent
from jira_assets_tests.waiting import wait_until

SECONDS_TO_START = 60
_GRPC = 10_000
"""Each of its ports has another one, so much higher, beside it."""
_FIRST_PORT, _PORTS_OF_A_WORKER, _WORKERS = 21_000, 200, 8
KEY_ID, KEY = "key-of-the-tests", "secret-of-the-tests"


@dataclass(frozen=True)
class ObjectStore:
    """A store that runs, and what the client has to have in its environment."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that Amazon's tools know."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": "us-east-1",
        }


def find_weed() -> Path | None:
    """Find the program, which a package of Python brings along."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    return Path(found) if found else None


@contextmanager
def running_store(weed: Path, folder: Path) -> Iterator[ObjectStore]:
    """Start the store; yield it once it answers."""
    config, data = folder / "s3.json", folder / "data"
    data.mkdir()
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": KEY_ID, "secretKey": KEY}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    master, volume, filer, s3 = _free_ports(4)
    ports = {"master": master, "volume": volume, "filer": filer, "s3": s3}
    options = [
        "-filer",
        "-s3",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-dir={data}",
    ]
    options += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.volumeSizeLimitMB=64", "-volume.max=100"]
    options += ["-master.telemetry=false"]
    options += [f"-{name}.port={port}" for name, port in ports.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [str(weed), f"-logdir={folder}", "server", *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            preexec_fn=end_with_parent(signal.SIGKILL),
        )
    try:
        wait_until(lambda: _answers(server, s3, folder / "log"), SECONDS_TO_START)
        yield ObjectStore(f"http://127.0.0.1:{s3}")
    finally:
        server.kill()
        server.wait()
        shutil.rmtree(data)
        for port in (*ports.values(), *(port + _GRPC for port in ports.values())):
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - where it makes them
                left.unlink(missing_ok=True)


def can_be_written(address: str) -> bool:
    """Check whether objects can be written below an address; a volume takes a moment after the start."""
    from jira_assets.lake.storage.bucket import Bucket  # late: few tests need its client

    try:
        Bucket(address).probe()
    except StoreUnavailable:
        return False
    return True


def _answers(server: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"the store did not start: {log.read_text(errors='replace')}")
    import requests  # late: few tests need it

    try:
        # A volume can be written to a moment after the port is open.
        path = f"http://127.0.0.1:{port}/tests"
        return requests.get(path, timeout=5).status_code == 403
    except requests.RequestException:
        return False


def _free_ports(number: int) -> list[int]:
    """Find ports below those of clients; each worker has its own, since all may look at the same moment."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first = _FIRST_PORT + worker * _PORTS_OF_A_WORKER
    candidates = range(first, first + _PORTS_OF_A_WORKER)
    free = (port for port in candidates if _is_free(port) and _is_free(port + _GRPC))
    return list(islice(free, number))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
