"""What all tests of Dagster's definitions share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def ephemeral_instances_without_a_revision() -> Iterator[None]:
    """Spare Dagster to load all its migrations for each instance that is gone with its test."""
    with pytest.MonkeyPatch.context() as patch:
        for storage in ("event_log", "runs"):
            patch.setattr(f"dagster._core.storage.{storage}.in_memory.stamp_alembic_rev", lambda *_: None)
        yield
