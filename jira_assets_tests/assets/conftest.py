"""Fixtures for tests that run assets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from jira_assets.demo.generate import generate_site
from jira_assets_tests.rig import Rig, credentials, open_rig


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that forgets everything."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """A site of four tracked projects, and the environment that connects to it."""
    with open_rig(
        tmp_path / "home", generate_site(4, projects=4, issues=60, now_ms=1_790_000_000_000), frozen=False
    ) as rig:
        rig.track()
        for name, value in {**credentials(rig.server), "JIRA_ASSETS_HOME": str(tmp_path / "home")}.items():
            monkeypatch.setenv(name, value)
        yield rig
