from __future__ import annotations

import multiprocessing
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect, make_url, text, update

from jira_assets.errors import DamagedFile, SettingsError, StateUnavailable
from jira_assets.settings.load import load_settings
from jira_assets.state import ProjectRef, State, SyncRecord
from jira_assets.state.stored_settings import read_site_settings
from jira_assets.state.tables import alembic_version, site_settings
from jira_assets_tests.network_faults import Gate, gate_before
from jira_assets_tests.sampling import sampled

PROCESSES, TIMES = 4, 15


def one_more(record: SyncRecord) -> SyncRecord:
    return replace(record, errors=record.errors + 1)


def count_up(url: str) -> None:
    with State.open(url) as state:
        for _ in range(TIMES):
            state.records.revise("1", "PAY", one_more)


def locks_on(file: Path) -> list[str]:
    """The locks that processes hold on a file, as the system lists them."""
    inode = f":{file.stat().st_ino} "
    return [line for line in Path("/proc/locks").read_text().splitlines() if inode in line]


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="the system does not list its locks")
def test_a_state_that_is_opened_twice_in_a_process_keeps_its_lock(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with State.open(f"sqlite:///{file}") as first:
        first.projects.track([ProjectRef("1", "PAY")])
        assert len(locks_on(file)) == 1
        with State.open(f"sqlite:///{file}") as second:
            second.projects.tracked()
        assert len(locks_on(file)) == 1, "else another process removes the -wal that the first writes to"


@pytest.mark.parametrize("state_url", sampled(["sqlite", "postgres"]), indirect=True)
def test_no_update_of_several_processes_is_lost(state_url: str) -> None:
    # They also create the schema at the same time: none of them finds one.
    start = multiprocessing.get_context("fork")
    processes = [start.Process(target=count_up, args=(state_url,)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    with State.open(state_url) as state:
        assert [record.errors for record in state.records.all()] == [PROCESSES * TIMES]


def test_a_reader_does_not_wait_for_a_writer(state_url: str) -> None:
    with State.open(state_url) as state, State.open(state_url) as reader:
        state.projects.track([ProjectRef("1", "PAY")])
        with state.writing() as connection:
            connection.execute(update(site_settings).values(value="other"))
            assert len(reader.projects.tracked()) == 1


def test_the_file_and_its_companions_are_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    with State.open(f"sqlite:///{folder}/state.db") as state:
        state.settings.set("a", "b")
        with state.reading():
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch(mode=0o644)
    State.open(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_writes_go_to_a_log_beside_the_file(tmp_path: Path) -> None:
    State.open(f"sqlite:///{tmp_path}/state.db").close()
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        assert connection.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_state_of_a_newer_version_is_left_alone(state_url: str) -> None:
    with State.open(state_url) as state, state.writing() as connection:
        connection.execute(update(alembic_version).values(version_num="9999"))
    with pytest.raises(SettingsError, match="version 9999"):
        State.open(state_url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "nonsense",
        "nonsense://x/y",
        "sqlite:////dev/null/state.db",
        "postgresql+psycopg2://me:hunter2@127.0.0.1:1/none",
    ],
)
def test_a_state_that_cannot_be_opened_is_a_settings_error_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        State.open(url)
    assert "JIRA_ASSETS_STATE_URL" in caught.value.instruction
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("this is a letter to my grandmother, not a database" * 20)
    with pytest.raises(DamagedFile, match="not a database"):
        State.open(f"sqlite:///{path}")
    with pytest.raises(DamagedFile, match="not a database"):
        read_site_settings(path)


def test_stored_settings_are_read_at_a_glance(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    assert read_site_settings(path) == {}
    with State.open(f"sqlite:///{path}") as state:
        state.settings.set("memory_limit", "1GB")
    assert read_site_settings(path) == {"memory_limit": "1GB"}


def test_the_default_state_of_a_home_opens(tmp_path: Path) -> None:
    home = tmp_path / "a home with blanks & ümläuts"
    settings = load_settings({"home": str(home)}, environ={}, dotenv=None)
    State.open(settings.state_url).close()
    assert settings.state_path.is_file()


@pytest.fixture
def gate(postgres_url: str) -> Iterator[Gate]:
    """Open a gate before the server."""
    with gate_before(postgres_url) as gate:
        yield gate


@pytest.fixture
def behind(gate: Gate, postgres_url: str) -> Iterator[State]:
    """A state whose server is behind the gate."""
    url = make_url(postgres_url).set(host="127.0.0.1", port=gate.port, password="hunter2")
    with State.open(url.render_as_string(hide_password=False)) as state:
        yield state


def test_a_server_that_restarts_is_waited_for(
    gate: Gate, behind: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.close()
    monkeypatch.setattr("time.sleep", lambda _: gate.open())
    assert behind.projects.tracked() == []


def test_a_server_that_stays_away_is_named_with_its_remedy_and_without_its_password(
    gate: Gate, behind: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.state.database.PATIENCE_SECONDS", 0)
    gate.close()
    with pytest.raises(StateUnavailable, match=r"does not answer: .*Connection refused") as refused:
        behind.projects.tracked()
    assert "Start the server" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_transaction_during_which_the_server_went_away_is_undone(gate: Gate, behind: State) -> None:
    def write_and_lose_the_connection() -> None:
        with behind.writing() as connection:
            connection.execute(text("create table half_done (id integer)"))
            gate.close()
            gate.open()
            connection.execute(text("select 1"))

    with pytest.raises(StateUnavailable, match="does not answer"):
        write_and_lose_the_connection()
    with behind.reading() as connection:
        assert not inspect(connection).has_table("half_done")
    behind.projects.track([ProjectRef("10", "PAY", "Payments")])
    assert [each.project_key for each in behind.projects.tracked()] == ["PAY"]


def test_a_statement_that_was_done_before_the_server_went_away_is_done(gate: Gate, behind: State) -> None:
    with behind.at_once() as connection:
        connection.execute(text("create table done (id integer)"))
        gate.close()
        gate.open()
    with behind.at_once() as connection:
        assert inspect(connection).has_table("done")
