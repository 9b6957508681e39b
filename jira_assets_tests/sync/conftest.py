"""Fixtures for tests that sync a demo site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jira_assets_tests.harness import SyncHarness, open_harness


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[SyncHarness]:
    """A site of two projects, both tracked, and a home that is connected to it."""
    with open_harness(tmp_path / "home") as harness:
        harness.track()
        yield harness
