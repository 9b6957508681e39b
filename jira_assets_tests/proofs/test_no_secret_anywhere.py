"""Plant secrets that can be recognised, let everything go right and wrong, search all that was written."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from jira_assets.cli import main
from jira_assets.demo.clock import VirtualClock
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http import faults
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import load_settings
from jira_assets.state import State
from jira_assets_tests.auth.grants import store_grant

COMMAND = [sys.executable, "-c", "from jira_assets.cli import main; main()"]
API_TOKEN = "PLANTED-api-token-7d1f"
CLIENT_SECRET = "PLANTED-client-secret-55aa"
SERVICE_TOKEN = "PLANTED-service-token-90be"
SERVICE_SECRET = "PLANTED-service-secret-4c7a"
ALERT_PASSWORD = "PLANTED-alert-password-31c0"
TARGET_PASSWORD = "PLANTED-target-password-e8b3"
HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """A site, a home, and everything that commands and the system said."""

    site: DemoSite
    home: Path
    environ: dict[str, str]
    told: list[str] = field(default_factory=list)

    def run(self, *words: str, stdin: str | None = None, **changed: str) -> int:
        """Run a command as talkative as it gets, and note its words."""
        try:
            result = CliRunner().invoke(main, ["-vv", *words], input=stdin, env=self.environ | changed)
        finally:
            logging.getLogger("jira_assets").handlers.clear()
        self.told.append(result.output + repr(result.exception))
        return result.exit_code

    def run_apart(self, *words: str) -> int:
        """Run a command in a process of its own, and note also the command lines of what it starts."""
        with subprocess.Popen(
            [*COMMAND, "-vv", *words],
            env=os.environ | self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            watcher = threading.Thread(target=self._note_command_lines, args=(process,))
            watcher.start()
            self.told.append(process.communicate()[0])
            watcher.join()
        return process.returncode

    def _note_command_lines(self, process: subprocess.Popen[str]) -> None:
        while process.poll() is None:
            for entry in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    family = (entry.name, (entry / "stat").read_text().rpartition(")")[2].split()[1])
                    if str(process.pid) in family:
                        self.told.append((entry / "cmdline").read_bytes().decode(errors="replace"))
            threading.Event().wait(0.2)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Connect a home by OAuth, with secrets that can be recognised."""
    clock = VirtualClock()
    site = DemoSite(generate_site(3, projects=2, issues=12, now_ms=clock.now_ms()), clock=clock)
    site.accounts.first.token = API_TOKEN
    site.oauth.app.client_secret = CLIENT_SECRET
    with DemoServer(site) as server:
        key = Fernet.generate_key().decode()
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "DAGSTER"))
        }
        environ |= {
            "JIRA_ASSETS_HOME": str(tmp_path / "home"),
            "JIRA_ASSETS_SECRET_KEY": key,
            "JIRA_ASSETS_ALERT_URLS": f"json://me:{ALERT_PASSWORD}@127.0.0.1:9/hook slack://{ALERT_PASSWORD}",
            "JIRA_ASSETS_PUBLISH": "postgres",
            "JIRA_ASSETS_PUBLISH_POSTGRES_URL": f"postgresql://me:{TARGET_PASSWORD}@127.0.0.1:1/bi",
            "JIRA_API_URL": server.url,
            "JIRA_AUTH_URL": server.url,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        settings = load_settings(environ=environ, dotenv=None, stored={})
        with State.open(settings.state_url) as state:
            store_grant(site, settings, state, site.clock.now, server.url)
        yield Scene(site, tmp_path / "home", environ)


def go_right(scene: Scene) -> None:
    assert scene.run("projects", "track", "--all") == 0
    assert scene.run_apart("sync") == 0
    expire(scene)
    assert scene.run("projects", "list") == 0


def go_wrong(scene: Scene) -> None:
    site, environ = scene.site, scene.environ
    with_token = {"JIRA_SITE_URL": environ["JIRA_API_URL"], "JIRA_EMAIL": "demo@example.com"}
    site.faults.add(faults.answer(403, '{"message":"no"}', path="/rest/api/3/search/jql", count=2))
    site.faults.add(faults.Fault("invalid_json", path="/rest/api/3/field", count=1))
    assert scene.run("sync", "--full", JIRA_API_TOKEN=API_TOKEN, **with_token) != 0
    assert scene.run("sync", JIRA_API_TOKEN=f"{API_TOKEN}-wrong", JIRA_ASSETS_DEBUG="1", **with_token) != 0
    assert scene.run("doctor", "--json", JIRA_CLIENT_SECRET=CLIENT_SECRET) in (0, 1)
    assert scene.run("config", JIRA_API_TOKEN=API_TOKEN, JIRA_CLIENT_SECRET=CLIENT_SECRET) == 0
    assert scene.run("doctor", "--alert-test", JIRA_ASSETS_DEBUG="1") == 1
    site.oauth.app.client_secret = "another"
    site.oauth.access_life_ms = 1000
    site.clock.advance(2 * HOUR)
    expire(scene)
    assert scene.run("sync") == 4
    site.oauth.app.client_secret = CLIENT_SECRET
    site.oauth.revoke()
    assert scene.run("projects", "list") == 4
    assert scene.run("sync") != 0
    assert scene.run("status", "--json") == 4
    redirected = "http://127.0.0.1:8765/callback?code=PLANTED-code-1&state=x"
    consent = ("connect", "--no-browser", "--client-id", "demo-app")
    assert scene.run(*consent, stdin=f"{CLIENT_SECRET}\n{redirected}\n") == 4
    by_token = ("connect", "--token", "--site", environ["JIRA_API_URL"], "--email", "demo@example.com")
    assert scene.run(*by_token, stdin=f"{API_TOKEN}-wrong\n") == 4
    assert scene.run(*by_token, stdin=f"{API_TOKEN}\n") == 0


def go_wrong_as_a_service_account(scene: Scene) -> None:
    account = scene.site.add_service_account(token=SERVICE_TOKEN)
    client = scene.site.oauth.add_client(account)
    client.client_secret = SERVICE_SECRET
    connect = ("connect", "--service-account")
    by_client = (*connect, "--client-id", client.client_id)
    assert scene.run(*by_client, stdin=f"{SERVICE_SECRET}-wrong\n") == 4
    assert scene.run(*by_client, stdin=f"{SERVICE_SECRET}\n") == 0
    client.is_revoked = True
    expire(scene)
    assert scene.run("sync", JIRA_ASSETS_DEBUG="1") != 0
    assert scene.run("status", "--json") == 4
    by_token = (*connect, "--token", "--site", scene.environ["JIRA_API_URL"])
    assert scene.run(*by_token, stdin=f"{SERVICE_TOKEN}-wrong\n") == 4
    assert scene.run(*by_token, stdin=f"{SERVICE_TOKEN}\n") == 0
    assert scene.run("projects", "list") == 0


def expire(scene: Scene) -> None:
    """Make the stored token an old one, by the real clock that the commands go by."""
    settings = load_settings(environ=scene.environ, dotenv=None, stored={})
    with State.open(settings.state_url) as state, state.credentials.exclusive() as held:
        assert held.credential is not None
        held.keep(replace(held.credential, expires_at=datetime.now(UTC) - HOUR))


def planted(scene: Scene) -> list[str]:
    oauth = scene.site.oauth
    issued = [*oauth._access, *oauth._refresh]
    return [
        API_TOKEN,
        CLIENT_SECRET,
        SERVICE_TOKEN,
        SERVICE_SECRET,
        ALERT_PASSWORD,
        TARGET_PASSWORD,
        scene.environ["JIRA_ASSETS_SECRET_KEY"],
        "PLANTED-code-1",
        *issued,
    ]


def everything_written(scene: Scene) -> Iterator[tuple[str, bytes]]:
    """Read each file as it is, what is compressed in it as far as we can, and tables row by row."""
    for number, words in enumerate(scene.told):
        yield f"words of process {number}", words.encode()
    for path in sorted(scene.home.rglob("*")):
        if path.is_file():
            yield str(path), path.read_bytes()
    yield from parquet_rows(scene.home.rglob("*.parquet"))
    yield from warehouse_rows(scene.home / "warehouse" / "jira.duckdb")
    yield from dagster_events(scene.home / "dagster")


def parquet_rows(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect() as connection:
        for path in paths:
            rows = connection.execute("select * from read_parquet($path)", {"path": str(path)}).fetchall()
            yield f"rows of {path}", repr(rows).encode()


def warehouse_rows(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("select table_name as name from duckdb_tables()").fetchall()
        for (name,) in names:
            yield f"table {name}", repr(connection.execute(f'from "{name}"').fetchall()).encode()
        yield "comments", repr(connection.execute("from duckdb_columns()").fetchall()).encode()


def dagster_events(folder: Path) -> Iterator[tuple[str, bytes]]:
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        # Processes that commands started may still be recording; a sync without changes is no run.
        while len(runs := instance.get_runs()) < 3 or not all(run.is_finished for run in runs):
            threading.Event().wait(0.2)
        for run in runs:
            yield f"run {run.run_id}", repr((run.run_config, run.tags)).encode()
            yield f"events of {run.run_id}", repr(instance.all_logs(run.run_id)).encode()
            snapshot = instance.get_job_snapshot(run.job_snapshot_id or "")
            yield f"snapshot of {run.run_id}", repr(snapshot).encode()


@pytest.mark.prove
def test_no_secret_is_in_anything_that_was_written(scene: Scene) -> None:
    go_right(scene)
    go_wrong(scene)
    go_wrong_as_a_service_account(scene)
    secrets = planted(scene)
    assert len(secrets) == 13
    found = [
        (place, secret)
        for place, content in everything_written(scene)
        for secret in secrets
        if secret.encode() in content
    ]
    assert found == []
    assert sum("/rest/api/3/" in words for words in scene.told) > 3, "the commands were not talkative"


def test_the_search_would_find_one(scene: Scene) -> None:
    search: Callable[[bytes], bool] = lambda content: API_TOKEN.encode() in content  # noqa: E731
    scene.told.append(f"Authorization: {API_TOKEN}")
    (scene.home / "warehouse").mkdir(parents=True)
    with duckdb.connect(str(scene.home / "warehouse" / "jira.duckdb")) as connection:
        connection.execute("create table t as select $token as token", {"token": API_TOKEN})
        connection.execute(f"copy t to '{scene.home}/t.parquet' (compression zstd)")
    assert search(next(iter(everything_written(scene)))[1])
    assert any(search(content) for _, content in parquet_rows(scene.home.rglob("*.parquet")))
    assert any(search(content) for _, content in warehouse_rows(scene.home / "warehouse" / "jira.duckdb"))
