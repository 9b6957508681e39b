"""On a disk with no space left, what reads works, what writes says so, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from jira_assets.cli import main
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets.errors import ResourceExhausted
from jira_assets.resource_limits import check_disk_space
from jira_assets.settings.load import load_settings
from jira_assets.state import State
from jira_assets.state.sqlite_file import Snapshot, connect
from jira_assets.sync.pipeline import open_pipeline
from jira_assets.web.application import create_app
from jira_assets_tests.cli.conftest import NOON_MS, SyncedHome, synced_home
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.web.conftest import FROM_HERE

NO_SPACE = "There is no space left on the disk of"


@dataclass
class SmallDisk:
    """A disk of its own, with a home on it."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "home"

    def fill(self, left: int = 0) -> None:
        """Leave so many bytes."""
        with (self.root / "filler").open("wb", buffering=0) as filler:
            try:
                while (free := shutil.disk_usage(self.root).free) > left:
                    filler.write(bytes(min(2**20, free - left)))
            except OSError:  # the rest is less than a block
                pass
        assert shutil.disk_usage(self.root).free <= left

    @contextmanager
    def no_more_files(self) -> Iterator[None]:
        """Let not even an empty file be made."""
        with suppress(OSError):
            for number in count():
                (self.root / f"empty-{number}").touch()
        yield
        for file in self.root.glob("empty-*"):
            file.unlink()

    def make_room(self) -> None:
        """Take away what fills the disk."""
        (self.root / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """Mount a disk of 64 MB, with an empty home."""
    for name in [name for name in os.environ if name.startswith(("JIRA_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DAGSTER_HOME", "")  # commands that run Dagster set it: it ends with the test
    root = tmp_path / "disk"
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m,nr_inodes=1000", "tmpfs", str(root)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted: this needs root")
    try:
        monkeypatch.setenv("JIRA_ASSETS_HOME", str(root / "home"))
        monkeypatch.chdir(tmp_path)
        yield SmallDisk(root)
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=True)  # noqa: S607


OF_THE_PAGE = (
    "data_quality",
    "issue_flow",
    "jira_boards",
    "jira_issue_components",
    "jira_issue_labels",
    "jira_issue_versions",
    "jira_match_rates",
    "jira_unmatched_users",
    "jira_users",
    "metric_settings",
    "sprint_velocity",
)


@pytest.fixture(scope="module")
def made_site() -> DemoSite:
    """A demo site of two projects."""
    return DemoSite(generate_site(1, projects=2, issues=6, now_ms=NOON_MS))


@pytest.fixture(scope="module")
def published_home(made_site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedHome]:
    """A home that published the project PAY."""
    folder = tmp_path_factory.mktemp("published") / "home"
    with few_tables(*OF_THE_PAGE), synced_home(folder, made_site) as home:
        yield home


@pytest.fixture
def site(
    disk: SmallDisk, made_site: DemoSite, published_home: SyncedHome, monkeypatch: pytest.MonkeyPatch
) -> DemoSite:
    """Have a copy of that home on the disk; return its site."""
    published_home.copy_to(disk.home, monkeypatch)
    return made_site


def run(*words: str) -> Result:
    """Run a command line; an API token comes in on stdin."""
    return CliRunner().invoke(main, words, input="demo-token\n")


def sync() -> None:
    """Sync and publish, without Dagster."""
    with open_pipeline(load_settings()) as bench:
        assert bench.sync(bench.state.projects.tracked()).failures == []
        bench.publish()


@pytest.mark.few_tables("jira_unmatched_users")
@pytest.mark.usefixtures("site")
def test_what_reads_works_on_a_full_disk(disk: SmallDisk) -> None:
    disk.fill()

    assert "PAY      complete" in run("status").stdout
    assert run("sql", "select count(*) > 0 as found from raw_jira_issues").stdout == "found\ntrue\n"
    assert run("config").exit_code == 0
    assert run("users", "unmatched").exit_code == 0
    assert run("team", "list").exit_code == 0
    findings = run("doctor").stdout
    assert "✗ disk: 0.0 GB free" in findings
    assert findings.count("✗") == 1
    assert "✓ state:" in findings


def test_the_page_shows_everything_on_a_full_disk_and_keeps_nothing_silently(
    disk: SmallDisk, site: DemoSite
) -> None:
    disk.fill()
    page = TestClient(create_app(load_settings), base_url="http://127.0.0.1")

    for address in ("/", "/projects", "/people", "/flow", "/people.csv"):
        assert page.get(address).status_code == 200
    refused = page.post("/sync", headers=FROM_HERE)
    assert refused.status_code == 507
    assert f"{NO_SPACE} {disk.home / 'state.db'}" in refused.text


WRITING = (
    ("projects", "track", "WEB"),
    ("users", "ignore", "Automation for Jira"),
    ("config", "set", "JIRA_ASSETS_MEMORY_LIMIT", "300MB"),
    ("connect", "--token", "--site", "{site}", "--email", "demo@example.com"),
    ("publish", "--force"),
    ("sync",),
    ("reconcile",),
)


@pytest.mark.few_tables("jira_users", "jira_unmatched_users")
@pytest.mark.parametrize(
    "room", [[0], pytest.param([0, 300_000, 1_000_000], marks=pytest.mark.prove)], ids=["none", "ever more"]
)
def test_what_writes_says_that_the_disk_is_full_and_goes_on_when_there_is_room(
    disk: SmallDisk, site: DemoSite, room: list[int]
) -> None:
    key = min(site.issues_truth("PAY"))
    edited = site.issues_truth("PAY")[key].key
    site.edit_issue(key, summary="edited")
    before = run("status", "--json").stdout
    for left in room:
        disk.fill(left)
        for words in WRITING if left == 0 else WRITING[-3:-1]:
            told = run(*(word.format(site=site.render.base_url) for word in words))
            assert told.exit_code == 1, (left, words, told.output)
            assert f"Error: {NO_SPACE} {disk.home}" in told.stderr
            assert "jira-assets doctor" in told.stderr
            for wrong in ("bug", "SQL", "copy of it", "sqlite3"):
                assert wrong not in told.output
        assert run("status").exit_code == 0
        disk.make_room()
    assert "WEB" not in before

    sync()

    query = f"select summary from jira_issues where jira_key = '{edited}'"
    assert run("sql", query).stdout == "summary\nedited\n"
    assert not list(disk.home.glob("*.backup")) + list(disk.home.glob("secret.key.*"))


@pytest.mark.parametrize("is_live", [False, True])
def test_what_was_committed_last_is_read_from_the_log_of_the_state(disk: SmallDisk, is_live: bool) -> None:
    with State.open(load_settings().state_url) as state:
        state.settings.set("memory_limit", "321MB")
        files = [disk.home / "state.db", disk.home / "state.db-wal"]
        kept = [file.read_bytes() for file in files]
        assert b"321MB" not in kept[0]
        if is_live:
            disk.fill()
            assert "321MB" in run("config").stdout
    if not is_live:
        for file, content in zip(files, kept, strict=True):
            file.write_bytes(content)  # as a killed process leaves them
        disk.fill()
        assert "321MB" in run("config").stdout
        with State.open(load_settings().state_url) as state:
            assert state.settings.all()["memory_limit"] == "321MB"
            with pytest.raises(ResourceExhausted):
                state.settings.set("memory_limit", "1GB")


def test_a_snapshot_is_taken_anew_for_each_reader(disk: SmallDisk) -> None:
    State.open(load_settings().state_url).close()
    disk.fill()
    with closing(connect(disk.home / "state.db")) as snapshot:
        assert isinstance(snapshot, Snapshot)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            snapshot.execute("delete from site_settings")
    with State.open(load_settings().state_url) as state:
        assert state.settings.all() == {}
        disk.make_room()
        state.settings.set("memory_limit", "321MB")
        assert state.settings.all() == {"memory_limit": "321MB"}


def test_a_state_is_read_where_no_file_can_be_made(disk: SmallDisk) -> None:
    with State.open(load_settings().state_url) as state:
        state.settings.set("memory_limit", "321MB")
    disk.fill()
    with disk.no_more_files(), State.open(load_settings().state_url) as state:
        assert state.settings.all() == {"memory_limit": "321MB"}


def test_the_room_of_a_folder_that_is_not_there_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    check_disk_space(tmp_path / "a" / "b", 1)
    with pytest.raises(ResourceExhausted, match="at least"):
        check_disk_space(tmp_path / "a" / "b", 2**60)
