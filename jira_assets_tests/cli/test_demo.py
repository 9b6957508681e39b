"""`demo --once`, in a process of its own as a newcomer runs it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jira_assets.settings.load import Settings
from jira_assets.state import ConnectedSite, Credential, State
from jira_assets_tests.cli.conftest import Run


def run_demo(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the demo with a home folder in which nothing is set."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "DAGSTER"))
    }
    command = [sys.executable, "-c", "from jira_assets.cli import main; main()", "demo", "--once", *words]
    return subprocess.run(
        command,
        env=environment | {"HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's home folder."""
    return tmp_path_factory.mktemp("user")


def test_the_demo_syncs_answers_queries_and_says_how_to_go_on(folder: Path) -> None:
    first = run_demo(folder, "--issues", "60", "--projects", "2")

    assert first.returncode == 0, first.stderr
    assert "PAY      complete" in first.stdout
    assert "Open work by project" in first.stdout
    assert "Accounts without a team member" in first.stdout
    assert " up\n" in first.stderr
    assert re.fullmatch(r"  \S*jira-assets --home \S+ web --open", first.stderr.splitlines()[-1])
    assert not (folder / ".jira-assets").exists()


@pytest.mark.prove
def test_the_demo_goes_on_where_it_was(folder: Path) -> None:
    assert run_demo(folder, "--issues", "60", "--projects", "2").returncode == 0

    second = run_demo(folder, "--issues", "60", "--projects", "2")

    assert second.returncode == 0, second.stderr
    synced = [line.split()[3] for line in second.stdout.splitlines() if " complete " in line]
    assert synced == ["0", "0"]


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    broken = folder / "PAY.jsonl"
    broken.write_text("not json\n", encoding="utf-8")

    result = run_demo(folder, "--load", str(broken))

    assert result.returncode == 1
    assert "PAY.jsonl, line 1" in result.stderr
    assert "did not start" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_home_that_is_connected_to_a_site_is_refused(run: Run, state: State, settings: Settings) -> None:
    now = datetime.now(UTC)
    state.credentials.connect(
        ConnectedSite("c", "https://acme.atlassian.net"), Credential("api_token", "a", "Ana", "…", now, now)
    )

    result = run("--home", str(settings.home), "demo", "--once")

    assert result.exit_code == 1
    assert "is connected to https://acme.atlassian.net" in result.stderr
    assert "leave --home out" in result.stderr
    assert state.projects.tracked() == []
