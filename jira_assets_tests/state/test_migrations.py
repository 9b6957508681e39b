"""States of every earlier version become today's, on both databases, with a copy of what was."""

from __future__ import annotations

import multiprocessing
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from jira_assets.errors import SettingsError
from jira_assets.state import State
from jira_assets.state.migrate import COPIES_KEPT, alembic_config
from jira_assets.state.schema import SCHEMA_VERSION
from jira_assets.state.tables import metadata
from jira_assets_tests.sampling import sampled

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database."""
    if request.param == "postgres":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def engine(state_url: str) -> Iterator[Engine]:
    """Open the database below the state."""
    engine = create_engine(state_url)
    yield engine
    engine.dispose()


def make_first_state(engine: Engine) -> None:
    """Make a state as the first version of this project left it, with a project tracked."""
    with engine.begin() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(text("drop table alembic_version"))
        connection.execute(text("insert into schema_version (version) values (1)"))
        if engine.dialect.name == "postgresql":  # else it reads the time below in the zone of this machine
            connection.execute(text("set local time zone 'UTC'"))
        connection.execute(
            text(
                "insert into tracked_projects "
                "(project_id, project_key, name, is_active, sprint_field, tracked_at) "
                "values ('10', 'PAY', 'Payments', true, 'customfield_1', '2026-11-23 12:00:00')"
            )
        )
        connection.execute(text("insert into site_settings (name, value) values ('memory_limit', '1GB')"))


def backups(folder: Path) -> list[Path]:
    return list(folder.glob("state.db.*.backup"))


def test_the_first_state_is_adopted_with_what_it_holds(state_url: str, engine: Engine) -> None:
    make_first_state(engine)
    with State.open(state_url) as state:
        [project] = state.projects.tracked()
        assert (project.project_id, project.project_key, project.sprint_field) == (
            "10",
            "PAY",
            "customfield_1",
        )
        assert project.tracked_at == NOON
        assert state.settings.all() == {"memory_limit": "1GB"}
    assert not inspect(engine).has_table("schema_version")


@pytest.mark.parametrize("migrated", [True, False])
def test_a_migrated_state_is_the_same_as_a_new_one(state_url: str, engine: Engine, migrated: bool) -> None:
    if migrated:
        make_first_state(engine)
    State.open(state_url).close()
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert connection.scalar(text("select version_num from alembic_version")) == SCHEMA_VERSION
        assert connection.scalar(text("select count(*) from sites")) == 1


def test_the_newest_migration_makes_todays_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        directory = ScriptDirectory.from_config(alembic_config(connection))
    assert directory.get_current_head() == SCHEMA_VERSION
    revisions = [script.revision for script in directory.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)  # versions are compared as text


def test_a_copy_is_made_before_a_migration_and_only_then(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    engine = create_engine(url)
    make_first_state(engine)
    engine.dispose()
    State.open(url).close()
    State.open(url).close()
    [copy] = backups(tmp_path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("select version from schema_version").fetchall() == [(1,)]
        assert connection.execute("select project_key from tracked_projects").fetchall() == [("PAY",)]


def test_a_new_state_needs_no_copy(tmp_path: Path) -> None:
    State.open(f"sqlite:///{tmp_path}/state.db").close()
    assert backups(tmp_path) == []


def test_a_migration_that_fails_changes_nothing(
    state_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_first_state(engine)
    with engine.begin() as connection:
        connection.execute(text("create table tracked_projects_of_sites (stands_in_the_way integer)"))
    with pytest.raises(Exception, match="already exists"):
        State.open(state_url)
    assert inspect(engine).has_table("schema_version")
    assert not inspect(engine).has_table("sites")
    with engine.begin() as connection:
        connection.execute(text("drop table tracked_projects_of_sites"))
    with State.open(state_url) as state:
        assert len(state.projects.tracked()) == 1


def break_migration(folder: Path, number: int) -> str:
    """Make an old state in which a table is in the way of the migration; return its URL."""
    url = f"sqlite:///{folder}/state.db"
    engine = create_engine(url)
    if not (folder / "state.db").exists():
        make_first_state(engine)
        with engine.begin() as connection:
            connection.execute(text("create table tracked_projects_of_sites (stands_in_the_way integer)"))
    with engine.begin() as connection:
        connection.execute(text(f"insert into site_settings (name, value) values ('team', '{number}')"))
        connection.execute(text("delete from site_settings where name = 'team'"))
        connection.execute(text(f"insert into tracked_projects_of_sites values ({number})"))
    engine.dispose()
    return url


def test_a_migration_that_keeps_failing_makes_one_copy_and_names_it(tmp_path: Path) -> None:
    url = break_migration(tmp_path, 1)
    messages = set()
    for _ in range(5):
        with pytest.raises(SettingsError, match="could not be migrated from version 0001") as caught:
            State.open(url)
        messages.add(str(caught.value))
    [copy] = backups(tmp_path)
    [message] = messages
    assert str(copy) in message


def test_copies_are_few_also_when_the_state_changes_between_attempts(tmp_path: Path) -> None:
    for number in range(COPIES_KEPT + 2):
        url = break_migration(tmp_path, number)
        with pytest.raises(SettingsError) as caught:
            State.open(url)
    kept = backups(tmp_path)
    assert len(kept) == COPIES_KEPT
    [named] = [copy for copy in kept if str(copy) in str(caught.value)]
    with closing(sqlite3.connect(named)) as connection:
        newest = connection.execute("select max(stands_in_the_way) from tracked_projects_of_sites").fetchall()
    assert newest == [(COPIES_KEPT + 1,)]


@pytest.mark.parametrize("state_url", sampled(["sqlite", "postgres"]), indirect=True)
def test_processes_that_come_at_the_same_time_migrate_once(state_url: str, engine: Engine) -> None:
    make_first_state(engine)
    engine.dispose()
    start = multiprocessing.get_context("fork")
    processes = [start.Process(target=State.open, args=(state_url,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    if state_url.startswith("sqlite"):
        assert len(backups(Path(state_url.removeprefix("sqlite:///")).parent)) == 1


@pytest.mark.parametrize("state_url", sampled(["sqlite", "postgres"]), indirect=True)
def test_a_state_that_is_current_is_opened_without_alembic(state_url: str) -> None:
    code = (
        "import sys; from jira_assets.state import State\n"
        "for _ in range(2): State.open(sys.argv[1]).close()\n"
        "assert not [name for name in sys.modules if name.startswith('alembic')]"
    )
    subprocess.run([sys.executable, "-c", code, state_url], check=True)
