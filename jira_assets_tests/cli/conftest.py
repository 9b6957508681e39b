"""A home of its own for each test, the command line, and a small site to ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from jira_assets.cli import main, run_recorder
from jira_assets.cli.recorded_run import noted, record
from jira_assets.cli.run_recorder import End, RecordedSync
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.http.server import DemoServer
from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings, load_settings
from jira_assets.state import ProjectRef, State
from jira_assets.sync.pipeline import open_pipeline
from jira_assets_tests.child_process import child_process
from jira_assets_tests.harness import credentials

Run = Callable[..., Result]

NOON_MS = 1_795_435_200_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be somewhere where nothing is set and nothing is kept."""
    for name in [name for name in os.environ if name.startswith("JIRA_")]:
        monkeypatch.delenv(name)
    # Commands that run Dagster point this variable at the home: it ends with the test.
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.delenv("DAGSTER_HOME")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JIRA_ASSETS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class RecordingHere:
    """Records a sync in this process, when its outcome is known: to load Dagster costs seconds."""

    def __init__(self, sync: RecordedSync) -> None:
        self._sync = sync

    def was_killed(self) -> bool:
        """Return False: it has not begun."""
        return False

    def finish(self, end: End) -> None:
        """Record it."""
        with noted(self._sync.settings):
            record(self._sync, lambda: end)


class NotRecorded:
    """Records nothing: most tests do not look at Dagster's runs, each of which costs more than its sync."""

    def __init__(self, sync: RecordedSync) -> None: ...

    def was_killed(self) -> bool:
        """Return False: it has not begun."""
        return False

    def finish(self, end: End) -> None:
        """Leave it."""


@pytest.fixture(autouse=True)
def not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have syncs of the tests recorded by no other process."""
    monkeypatch.setattr(run_recorder, "RecordingProcess", NotRecorded)


@pytest.fixture
def recorded_here(not_recorded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have syncs of a test recorded without a process for each."""
    # The command sets the variable for its own process, which here is the test's.
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setattr(run_recorder, "RecordingProcess", RecordingHere)


@pytest.fixture
def settings(home: Path) -> Settings:
    """Give the settings that the commands see."""
    return load_settings()


@pytest.fixture
def run(home: Path) -> Run:
    """Run a command line, as words, and give what came of it."""

    def run(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(main, words, input=stdin)

    return run


@pytest.fixture
def state(settings: Settings) -> Iterator[State]:
    """Open the state that the commands use."""
    with State.open(settings.state_url) as opened:
        yield opened


@pytest.fixture
def site(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoSite]:
    """Connect the home to a demo site with the projects PAY, WEB and MOB (the only team-managed one)."""
    opened = DemoSite(generate_site(1, projects=3, issues=3, now_ms=NOON_MS))
    with DemoServer(opened) as server:
        monkeypatch.setenv("JIRA_SITE_URL", server.url)
        monkeypatch.setenv("JIRA_EMAIL", "demo@example.com")
        monkeypatch.setenv("JIRA_API_TOKEN", "demo-token")
        yield opened


@dataclass(frozen=True)
class SyncedHome:
    """A home that was synced once, to be copied, and the environment that connects to its site."""

    folder: Path
    environment: Mapping[str, str]

    def copy_to(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be this home at another place."""
        shutil.copytree(self.folder, home, symlinks=True)
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)


@contextmanager
def synced_home(folder: Path, site: DemoSite) -> Iterator[SyncedHome]:
    """Sync and publish the project PAY of a site, and serve the site."""
    with DemoServer(site) as server:
        environment = credentials(server)
        chosen = load_settings({"home": str(folder)}, environment, dotenv=None)
        with open_pipeline(chosen) as pipeline:
            project = next(each for each in site.catalog.projects.values() if each.key == "PAY")
            pipeline.state.projects.track([ProjectRef(str(project.id), project.key, project.name)])
            assert pipeline.sync(pipeline.state.projects.tracked()).failures == []
            pipeline.publish()
        yield SyncedHome(folder, environment)


@pytest.fixture
def warehouse(settings: Settings) -> Path:
    """Publish a warehouse with the tables that commands read."""
    settings.warehouse_dir.mkdir(parents=True)
    published = settings.warehouse_dir / "jira-1.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            """
            create table jira_unmatched_users as
            select *, 'atlassian' as account_type, timestamp '2026-11-23 12:00:00' as last_seen_at
            from (values
                ('PAY', 'a1', 'Ana [admin]', null, 'display name is shared by 2 members', ['m1', 'm2'],
                 ['m3'], ['initials fit the name'], 3, 1),
                ('WEB', 'a2', 'Bo', 'bo@acme.com', 'ignored', [], [], [], 9, 9),
                ('WEB', 'a3', 'Build bot', null, 'app account', [], [], [], 7, 0)
            ) as people(project_key, account_id, display_name, email, reason, candidates,
                        suggestions, suggested_because, issues_assigned, issues_reported)
            """
        )
        connection.execute("create table jira_users as select * from jira_unmatched_users")
    settings.warehouse_file.symlink_to(published.name)
    return published


@contextmanager
def held_for_writing(file: Path) -> Iterator[subprocess.Popen[str]]:
    """Hold a DuckDB file open for writing in another process."""
    script = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    with child_process(
        [sys.executable, "-c", script, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
