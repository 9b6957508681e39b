"""A sync of a command is a run in Dagster: another process records it, and either may be killed."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing.connection import Pipe

import dagster as dg
import pytest

from jira_assets.cli import run_recorder
from jira_assets.cli.run_recorder import Finished, RecordedSync, RecordingProcess, recorded
from jira_assets.errors import JiraUnavailable
from jira_assets.lake.lake import Lake
from jira_assets.settings.load import Settings, load_settings
from jira_assets.sync.results import Outcome
from jira_assets.sync.run import SyncResult
from jira_assets_tests.waiting import wait_until

SUCCESS, FAILURE = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE

RESULT = SyncResult([Outcome("10000", "PAY", rows={"jira_issues": 7})])

Runs = Callable[[], list[tuple[str, dg.DagsterRunStatus]]]


@pytest.fixture(autouse=True)
def started(not_recorded: None, monkeypatch: pytest.MonkeyPatch) -> list[RecordingProcess]:
    """Start the processes that a command starts, and keep them."""
    processes: list[RecordingProcess] = []

    def start(sync: RecordedSync) -> RecordingProcess:
        processes.append(RecordingProcess(sync))
        return processes[-1]

    monkeypatch.setattr(run_recorder, "RecordingProcess", start)
    return processes


@pytest.fixture
def runs(settings: Settings) -> Runs:
    """Read the jobs and states of the runs of the home, the oldest first."""

    def read() -> list[tuple[str, dg.DagsterRunStatus]]:
        # Not by Dagster, which would create the databases at the same time as the process.
        database = f"{(settings.dagster_dir / 'history' / 'runs.db').as_uri()}?mode=ro"
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(database, uri=True)) as connection:
            found = connection.execute("select pipeline_name, status from runs order by id").fetchall()
            return [(job, dg.DagsterRunStatus(status)) for job, status in found]
        return []

    return read


@pytest.fixture
def sync(settings: Settings) -> RecordedSync:
    """A sync of all projects."""
    return RecordedSync(settings, (), "incremental", ())


@pytest.mark.parametrize("by", ["this process", pytest.param("another", marks=pytest.mark.prove)])
def test_a_sync_is_recorded_after_its_end(
    request: pytest.FixtureRequest,
    settings: Settings,
    sync: RecordedSync,
    started: list[RecordingProcess],
    runs: Runs,
    by: str,
) -> None:
    if by == "this process":
        request.getfixturevalue("recorded_here")
    with recorded(sync) as finish:
        finish(RESULT, None)

    assert [each.process.wait() for each in started] == [0] * (by == "another")
    assert runs() == [("sync_jira", SUCCESS)]
    with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
        assert instance.get_materialized_partitions(dg.AssetKey("jira_issues")) == {"PAY"}


@pytest.mark.usefixtures("recorded_here")
def test_an_error_fails_the_run_with_its_words(settings: Settings, runs: Runs) -> None:
    with pytest.raises(JiraUnavailable), recorded(RecordedSync(settings, (), "reconcile", ())):
        raise JiraUnavailable("Jira is down.", "Wait.")

    assert runs() == [("reconcile_jira", FAILURE)]
    with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
        [run] = instance.get_runs()
        assert "Jira is down. Wait." in str(instance.all_logs(run.run_id))


@pytest.mark.usefixtures("recorded_here")
def test_ctrl_c_fails_the_run(sync: RecordedSync, runs: Runs) -> None:
    with pytest.raises(KeyboardInterrupt), recorded(sync):
        raise KeyboardInterrupt

    assert runs() == [("sync_jira", FAILURE)]


def test_a_sync_that_was_killed_leaves_a_run_that_failed(settings: Settings, runs: Runs) -> None:
    program = (
        "import os, signal\n"
        "from jira_assets.cli.run_recorder import RecordedSync, recorded\n"
        "from jira_assets.settings.load import load_settings\n"
        "with recorded(RecordedSync(load_settings(), (), 'incremental', ())):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL

    wait_until(lambda: runs() == [("sync_jira", FAILURE)])


@pytest.mark.prove
def test_a_recording_process_that_is_killed_is_replaced_and_its_run_does_not_stay_started(
    sync: RecordedSync, started: list[RecordingProcess], runs: Runs
) -> None:
    with recorded(sync) as finish:
        wait_until(lambda: runs() == [("sync_jira", dg.DagsterRunStatus.STARTED)])
        started[0].process.kill()
        started[0].process.wait()
        finish(SyncResult([]), None)

    assert started[1].process.wait() == 0
    assert runs() == [("sync_jira", FAILURE), ("sync_jira", SUCCESS)]


@pytest.mark.prove
def test_a_damaged_database_of_dagster_costs_the_record_alone_and_becomes_a_notice_until_it_is_mended(
    settings: Settings,
    sync: RecordedSync,
    started: list[RecordingProcess],
    request: pytest.FixtureRequest,
) -> None:
    database = settings.dagster_dir / "history" / "runs.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"SQLite format 3\0" + b"?" * 5000)
    lake = Lake(settings.lake_dir)
    lake.root.mkdir(parents=True)

    with recorded(sync) as finish:
        finish(SyncResult([]), None)
    assert started[0].process.wait() == 1
    [notice] = lake.site_manifest().notices
    assert notice.reason.startswith(
        f"The last sync is not among Dagster's runs: its database {database} is damaged:"
    )
    assert "move the file to another folder" in notice.instruction

    database.unlink()
    request.getfixturevalue("recorded_here")
    with recorded(sync) as finish:
        finish(SyncResult([]), None)
    assert lake.site_manifest().notices == []


def test_settings_and_outcomes_reach_the_process_as_they_are(settings: Settings) -> None:
    receiver, sender = Pipe(duplex=False)
    with receiver, sender:
        sender.send(settings)
        assert receiver.recv() == load_settings()
        sender.send(Finished(RESULT, None))
        assert receiver.recv() == Finished(RESULT, None)
