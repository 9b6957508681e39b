"""Fixtures for tests that sync a demo site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jira_assets_tests.harness import Rig, open_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A site of two projects, both tracked, and a home that is connected to it."""
    with open_rig(tmp_path / "home") as rig:
        rig.track()
        yield rig
