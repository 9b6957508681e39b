"""Fixtures for tests that sync a demo site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jira_assets.cli.main import main
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates

Cli = Callable[..., Result]


@contextmanager
def synced_once(home: Path) -> Iterator[SyncHarness]:
    """A site of two projects, both tracked and just synced."""
    with open_harness(home) as harness:
        harness.track()
        harness.sync()
        yield harness


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[SyncHarness]:
    """A site of two projects, both tracked, and a home that is connected to it."""
    with open_harness(tmp_path / "home") as harness:
        harness.track()
        yield harness


@pytest.fixture
def synced(tmp_path: Path, templates: HomeTemplates) -> Iterator[SyncHarness]:
    """The same home after its first sync: a copy, which costs a tenth of that."""
    with templates.open(synced_once, tmp_path / "home") as harness:
        yield harness


@pytest.fixture
def cli(harness: SyncHarness, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run commands on the home, with the targets that its settings have by then."""

    def run(*words: str) -> Result:
        settings = harness.pipeline.settings
        chosen = {
            **harness.environment,
            "JIRA_ASSETS_PUBLISH": ",".join(settings.publish),
            "JIRA_ASSETS_PUBLISH_POSTGRES_URL": settings.publish_postgres_url or "",
            "JIRA_ASSETS_PUBLISH_DELTA_URL": settings.publish_delta_url or "",
        }
        for name, value in chosen.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(main, words)

    return run
