"""A state for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jira_assets.state import State


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """Open the database."""
    with State.open(state_url) as opened:
        yield opened
