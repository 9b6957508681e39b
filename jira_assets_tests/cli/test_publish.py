"""`publish --follow`: a host of readers has a file of its own that follows the lake of another host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets.settings.load import Settings
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.child_process import child_process
from jira_assets_tests.cli.conftest import Run
from jira_assets_tests.cli.test_sync import track_all
from jira_assets_tests.sampling import sampled

FEW = "from jira_assets_tests.few_tables import few_tables\nwith few_tables(): main()"
ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", f"from jira_assets.cli import main\n{FEW}", "publish", "--follow"]


@pytest.fixture
def follower(
    run: Run, site: DemoSite, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[str]]:
    """Sync a home that publishes nothing, and follow its lake in a home that has nothing else."""
    run("projects", "track", "PAY")
    monkeypatch.setenv("JIRA_ASSETS_PUBLISH", "none")
    run("sync")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lake").symlink_to(settings.lake_dir)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("JIRA_")},
        "PYTHONPATH": str(ROOT),
        "JIRA_ASSETS_HOME": str(elsewhere),
        "JIRA_ASSETS_STATE_URL": f"sqlite:///{settings.state_path}",
    }
    with child_process(COMMAND, stderr=subprocess.PIPE, env=environment) as process:
        yield process


def summary_of(warehouse: Path, issue: str) -> str:
    """Read a value of an issue in a published file."""
    with closing(open_warehouse(warehouse)) as opened:
        [(summary,)] = opened.execute(
            "select summary from jira_issues where jira_key = ?", [issue]
        ).fetchall()
    return str(summary)


@pytest.mark.few_tables
@pytest.mark.parametrize("sent", sampled([signal.SIGINT, signal.SIGTERM]))
def test_it_publishes_whenever_the_lake_changes_and_ends_on_a_signal(
    run: Run,
    site: DemoSite,
    settings: Settings,
    tmp_path: Path,
    follower: subprocess.Popen[str],
    sent: signal.Signals,
) -> None:
    process, file = follower, tmp_path / "elsewhere" / "warehouse" / "jira.duckdb"
    assert process.stderr is not None
    published = f"Published {file}, as of "
    assert process.stderr.readline().startswith(published)
    before = summary_of(file, "PAY-1")
    asked = site.journal.total
    kept = {path: path.read_bytes() for path in settings.lake_dir.glob("manifests/*.json")}

    site.edit_issue("PAY-1", summary="Followed")
    run("sync")
    asked_by_sync = site.journal.total
    assert before != "Followed"
    while summary_of(file, "PAY-1") != "Followed":  # it may publish before the sync has derived its tables
        assert process.stderr.readline().startswith(published)
    assert asked < asked_by_sync == site.journal.total
    changed = [path for path in kept if path.read_bytes() != kept[path]]
    assert len(changed) in (1, 2)  # those that the sync committed

    process.send_signal(sent)
    assert all(line.startswith(published) for line in process.communicate()[1].splitlines())
    assert process.returncode == 0


@pytest.mark.few_tables
def test_a_host_whose_syncs_publish_nothing_publishes_only_when_forced(
    run: Run, site: DemoSite, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    track_all(run)
    monkeypatch.setenv("JIRA_ASSETS_PUBLISH", "none")
    assert "Published" not in run("sync").stderr
    assert "other hosts publish" in run("publish").stderr
    assert "other hosts publish" in run("doctor").output
    assert not settings.warehouse_file.exists()
    run("publish", "--force")
    assert settings.warehouse_file.exists()
