"""A site of a million issues is derived and published with the default settings, in little memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lake import write_lake
from benchmarks.measure import run_measured
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings
from jira_assets.state import ProjectRef, State

ROOT = Path(__file__).parents[2]
MOST_MIB = 600


def home_with_issues(home: Path, projects: int, issues: int) -> dict[str, str]:
    """Write a home with so many issues in each of so many projects; returns the settings to open it with."""
    settings = Settings(home, f"sqlite:///{home / 'state.db'}")
    lake = Lake(settings.lake_dir)
    with closing(lake):
        write_lake(lake, projects, issues)
    with closing(State.open(settings.state_url)) as state:
        state.projects.track(
            ProjectRef(each.project_id, each.project_key, each.project_key) for each in lake.manifests()
        )
    return {"JIRA_ASSETS_HOME": str(home), "PYTHONPATH": str(ROOT)}


def published(folder: Path, variables: Mapping[str, str]) -> tuple[float, dict[str, Any]]:
    """Derive and publish in a child process; returns its peak in MiB and what it printed."""
    command = [sys.executable, "-m", "jira_assets_tests.proofs.publish_home"]
    usage = run_measured(command, folder, variables)
    return usage.peak_mib, json.loads(usage.output)


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_a_million_issues_are_published_with_the_default_settings(tmp_path: Path) -> None:
    variables = home_with_issues(tmp_path / "home", projects=100, issues=10_000)

    peak, printed = published(tmp_path, variables)

    assert printed["rows"]["jira_issues"] == 1_000_000
    assert printed["rows"]["jira_issue_changes"] > 4_000_000
    assert printed["rows"]["sprint_burndown"] > 0
    assert peak <= MOST_MIB, f"{peak:.0f} MiB with a limit of {printed['memory_limit']}"
