"""`repair` and `doctor` on damaged homes: what they find, do and say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import jira_assets.definitions  # noqa: F401 - it describes every table, so it is loaded before there are few
from jira_assets.cli.dagster_home import damaged_databases, raise_if_damaged
from jira_assets.demo.generate.generate import generate_site
from jira_assets.demo.site import DemoSite
from jira_assets.errors import DamagedFile
from jira_assets.settings.load import Settings
from jira_assets_tests.cli.conftest import NOON_MS, Run, SyncedHome, synced_home
from jira_assets_tests.few_tables import few_tables
from jira_assets_tests.sampling import sampled
from jira_assets_tests.sync.damages import DAMAGES, flip

pytestmark = pytest.mark.few_tables


@pytest.fixture(scope="module")
def whole_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SyncedHome]:
    """A home with one synced project, and its site, which tests only read."""
    site = DemoSite(generate_site(1, projects=3, issues=3, now_ms=NOON_MS))
    with few_tables(), synced_home(tmp_path_factory.mktemp("whole") / "home", site) as home:
        yield home


@pytest.fixture
def lake(whole_home: SyncedHome, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lake of a copy of that home."""
    whole_home.copy_to(home, monkeypatch)
    return home / "lake"


def findings(run: Run, check: str) -> list[tuple[str, str | None]]:
    """The verdicts of one check of `doctor`, with what repairs each."""
    found = json.loads(run("doctor", "--json").stdout)
    return [(each["verdict"], each["repair"]) for each in found if each["check"] == check]


def raw_file(lake: Path) -> Path:
    (path,) = lake.glob("raw/*/*.parquet")
    return path


def test_a_whole_home_needs_no_repair(run: Run, lake: Path) -> None:
    assert findings(run, "lake") == [("ok", None)]

    repaired = run("repair")

    assert repaired.exit_code == 0
    assert "Every file is as it was written." in repaired.stderr


@pytest.mark.parametrize("damage", sampled(["missing", "flipped_in_the_footer"]))
def test_doctor_finds_a_damaged_raw_file_and_repair_reads_it_again(run: Run, lake: Path, damage: str) -> None:
    path = raw_file(lake)
    DAMAGES[damage](path)
    assert findings(run, "lake") == [("failed", "jira-assets repair PAY")]

    repaired = run("repair", "pay")

    assert repaired.exit_code == 0, repaired.output
    assert path.name in repaired.stdout
    assert "versions in damaged raw files, 0 are lost" in repaired.stderr
    assert findings(run, "lake") == [("ok", None)]


@pytest.mark.prove
def test_what_only_its_content_shows_is_for_repair_to_find(run: Run, lake: Path) -> None:
    flip(raw_file(lake), 200)

    document = json.loads(run("repair", "--json").stdout)

    assert [each["damage"] for each in document["damaged"]] == ["has another content than was written"]
    assert [(each["project"], each["lost"], each["error"]) for each in document["projects"]] == [
        ("PAY", 0, None)
    ]


def test_doctor_finds_a_published_file_that_is_missing(run: Run, lake: Path, settings: Settings) -> None:
    settings.warehouse_file.resolve().unlink()
    assert findings(run, "warehouse") == [("failed", "jira-assets repair")]

    run("repair")

    assert findings(run, "warehouse") == [("ok", None)]


def test_a_lake_whose_state_was_lost_is_noticed(run: Run, lake: Path, settings: Settings) -> None:
    settings.state_path.unlink()

    assert [verdict for verdict, _ in findings(run, "lake")] == ["warning"]


def test_a_damaged_state_names_its_remedy(run: Run, lake: Path, settings: Settings) -> None:
    DAMAGES["garbage"](settings.state_path)

    told = run("status")

    assert told.exit_code == 1
    assert f"{settings.state_path} is damaged" in told.stderr
    assert "put back a copy" in told.stderr


def test_a_damaged_database_of_dagster_names_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "history" / "runs.db"
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)

    assert list(damaged_databases(tmp_path)) == [path]
    with pytest.raises(DamagedFile, match="move the file"):
        raise_if_damaged(tmp_path)
