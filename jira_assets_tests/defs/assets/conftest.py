"""Fixtures for tests that run assets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from jira_assets.defs.partitions import follow_tracked
from jira_assets.demo.generate.generate import generate_site
from jira_assets_tests.harness import SyncHarness, open_harness


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.prove)])
def database(request: pytest.FixtureRequest) -> str:
    """Run a test on both databases, for Dagster's storage as for our state.

    `make test-postgres` runs the second round, which takes as long as all the rest of these tests.
    """
    return str(request.param)


@pytest.fixture
def instance(database: str, request: pytest.FixtureRequest) -> Iterator[dg.DagsterInstance]:
    """An instance that knows nothing yet."""
    if database == "sqlite":
        with dg.DagsterInstance.ephemeral() as ephemeral:
            yield ephemeral
        return
    instance: dg.DagsterInstance = request.getfixturevalue("postgres_dagster")
    instance.wipe()
    follow_tracked(instance, [])
    yield instance


@pytest.fixture
def harness(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SyncHarness]:
    """A site of three tracked projects, and the environment that connects to it."""
    data = generate_site(4, projects=3, issues=9, now_ms=1_790_000_000_000)
    on_postgres = database == "postgres"
    chosen = {"state_url": request.getfixturevalue("postgres_url")} if on_postgres else {}
    with open_harness(tmp_path / "home", data, frozen=False, **chosen) as harness:
        harness.track()
        for name, value in harness.environment.items():
            monkeypatch.setenv(name, value)
        yield harness
