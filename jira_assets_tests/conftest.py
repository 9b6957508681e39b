"""What tests all over the tree may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from jira_assets_tests.postgres import find_programs, running_postgres

settings.register_profile("untimed", deadline=None)  # how fast a busy machine is proves nothing
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Run a PostgreSQL as long as tests run; `make test` installs it where it is missing."""
    programs = find_programs()
    if programs is None:
        pytest.skip("initdb is missing: install PostgreSQL (Debian: postgresql), or run `make test`")
    with running_postgres(programs) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """Name an empty PostgreSQL database."""
    from sqlalchemy import create_engine, text  # late: few tests need it

    engine = create_engine(postgres_server)
    with engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    engine.dispose()
    return postgres_server


@pytest.fixture(params=["sqlite", "postgres"])
def state_url(request: pytest.FixtureRequest) -> str:
    """Name an empty database for a state: a test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{request.getfixturevalue('tmp_path')}/state.db"
