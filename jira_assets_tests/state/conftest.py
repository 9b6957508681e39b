"""A state for each test: SQLite, or the Postgres database that JIRA_ASSETS_TEST_STATE_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from jira_assets.settings import load_settings
from jira_assets.state import State
from jira_assets.state.tables import metadata


@pytest.fixture
def state_url(tmp_path: Path) -> str:
    """Name an empty database."""
    environ = {"JIRA_ASSETS_STATE_URL": os.environ.get("JIRA_ASSETS_TEST_STATE_URL", "")}
    settings = load_settings({"home": str(tmp_path)}, environ=environ, dotenv=None, stored={})
    if settings.source("state_url") == "environment":
        engine = create_engine(settings.state_url)
        metadata.drop_all(engine)
        engine.dispose()
    return settings.state_url


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    """Open that database."""
    with State.open(state_url) as opened:
        yield opened
