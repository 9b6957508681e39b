"""A million issues and comments take little memory to publish, by default and with the least limit."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.lake import write_lake
from benchmarks.measure import run_measured
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings
from jira_assets.state import ProjectRef, State
from jira_assets.warehouse.models import tables

ROOT = Path(__file__).parents[2]
MOST_MIB = 600
MOST_MIB_SPARING = 400
"""With 180MB, some tables fit only in parts."""


def home_with_issues(home: Path, projects: int, issues: int) -> dict[str, str]:
    """Write a home with so many issues and comments in each of so many projects.

    Returns the settings to open it with.
    """
    settings = Settings(home, f"sqlite:///{home / 'state.db'}")
    lake = Lake(settings.lake_dir)
    with closing(lake):
        write_lake(lake, projects, issues, has_comments=True)
    with closing(State.open(settings.state_url)) as state:
        state.projects.track(
            ProjectRef(each.project_id, each.project_key, each.project_key) for each in lake.manifests()
        )
    return {
        "JIRA_ASSETS_HOME": str(home),
        "JIRA_ASSETS_ENTITIES": "comments",
        "JIRA_ASSETS_ENTITY_BODIES": "comments",
        "PYTHONPATH": str(ROOT),
    }


def published(folder: Path, variables: Mapping[str, str]) -> tuple[float, dict[str, Any]]:
    """Derive and publish in a child process; returns its peak in MiB and what it printed."""
    command = [sys.executable, "-m", "jira_assets_tests.proofs.publish_home"]
    usage = run_measured(command, folder, variables)
    return usage.peak_mib, json.loads(usage.output)


def digests(home: Path) -> dict[str, Any]:
    """Return a digest of the rows of each published table, in whatever order they are."""
    with duckdb.connect(str((home / "warehouse" / "jira.duckdb").resolve()), read_only=True) as warehouse:
        found = {}
        for table in set(tables()) - {"warehouse_info"}:
            query = f"select count(*), bit_xor(hash(t)), sum(hash(t)::hugeint) from {table} as t"
            found[table] = warehouse.execute(query).fetchone()
    return found


@pytest.fixture(scope="module")
def million(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The settings to open a home of a million issues with."""
    return home_with_issues(tmp_path_factory.mktemp("million") / "home", projects=100, issues=10_000)


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_a_million_issues_are_published_with_the_default_settings(
    tmp_path: Path, million: Mapping[str, str]
) -> None:
    peak, printed = published(tmp_path, million)

    assert printed["rows"]["jira_issues"] == 1_000_000
    assert printed["rows"]["jira_issue_changes"] > 4_000_000
    assert printed["rows"]["jira_comments"] == 1_000_000
    assert printed["rows"]["sprint_burndown"] > 0
    assert peak <= MOST_MIB, f"{peak:.0f} MiB with a limit of {printed['memory_limit']}"


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_a_million_issues_are_published_with_the_least_limit(
    tmp_path: Path, million: Mapping[str, str]
) -> None:
    home = Path(million["JIRA_ASSETS_HOME"])
    published(tmp_path, {**million, "JIRA_ASSETS_MEMORY_LIMIT": "2GB"})
    expected = digests(home)

    peak, _ = published(tmp_path, {**million, "JIRA_ASSETS_MEMORY_LIMIT": "180MB"})

    assert digests(home) == expected
    assert peak <= MOST_MIB_SPARING, f"{peak:.0f} MiB"
