"""A schema of its own for each test, on the one PostgreSQL server of all tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy.engine import make_url

from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets_tests.warehouse.targets.database import Database, Reader, connected

_NUMBERS = itertools.count(1)


@pytest.fixture
def database(postgres_server: str) -> Iterator[Database]:
    """Offer an empty schema."""
    url = make_url(postgres_server)
    with connected(url) as owner:
        target = PostgresTarget(url, f"target_{next(_NUMBERS)}")
        yield Database(target, owner)
        owner.run(f"drop schema if exists {target.schema} cascade")


@pytest.fixture
def reader_of(database: Database) -> Iterator[Callable[..., Reader]]:
    """Connect as a role, by default the owner."""
    with ExitStack() as stack:

        def connect(role: str | None = None) -> Reader:
            url = database.target.url.set(username=role) if role else database.target.url
            return stack.enter_context(connected(url))

        yield connect
