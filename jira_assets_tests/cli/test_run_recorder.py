"""A sync of a command is a run in Dagster: another process records it, and either may be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Pipe

import dagster as dg
import pytest

from jira_assets.cli import run_recorder
from jira_assets.cli.run_recorder import RecordingProcess, RunRecorder
from jira_assets.errors import JiraUnavailable
from jira_assets.settings.load import Settings, load_settings
from jira_assets.sync.results import Outcome
from jira_assets.sync.run import SyncResult
from jira_assets_tests.waiting import wait_until

EMPTY = SyncResult([])


@pytest.fixture(autouse=True)
def real_processes(recorded_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the processes that a user's command starts."""
    monkeypatch.setattr(run_recorder, "RecordingProcess", RecordingProcess)


@pytest.fixture
def said() -> list[str]:
    """What the recorder said."""
    return []


@pytest.fixture
def runs(settings: Settings) -> Callable[[], list[dg.DagsterRun]]:
    """Read the runs of the home, the oldest first."""

    def read() -> list[dg.DagsterRun]:
        if not (settings.dagster_dir / "dagster.yaml").exists():
            return []
        with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
            return list(reversed(instance.get_runs()))

    return read


def test_the_end_of_a_sync_is_recorded_when_the_block_ends(
    settings: Settings, said: list[str], runs: Callable[[], list[dg.DagsterRun]]
) -> None:
    with RunRecorder(settings, said.append) as recorder, recorder.recording((), "incremental", ()):
        recorder.finished(SyncResult([Outcome("10000", "PAY", rows={"jira_issues": 7})]), None)

    [run] = runs()
    assert (run.job_name, run.status, said) == ("sync_jira", dg.DagsterRunStatus.SUCCESS, [])
    with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
        assert instance.get_materialized_partitions(dg.AssetKey("jira_issues")) == {"PAY"}


def test_an_error_fails_the_run_with_its_words(
    settings: Settings, said: list[str], runs: Callable[[], list[dg.DagsterRun]]
) -> None:
    with (
        pytest.raises(JiraUnavailable),
        RunRecorder(settings, said.append) as recorder,
        recorder.recording((), "reconcile", ()),
    ):
        raise JiraUnavailable("Jira is down.", "Wait.")

    [run] = runs()
    assert (run.job_name, run.status) == ("reconcile_jira", dg.DagsterRunStatus.FAILURE)
    with dg.DagsterInstance.from_config(str(settings.dagster_dir)) as instance:
        assert "Jira is down. Wait." in str(instance.all_logs(run.run_id))


def test_after_ctrl_c_the_run_fails_and_the_command_does_not_wait_for_that(
    settings: Settings, said: list[str], runs: Callable[[], list[dg.DagsterRun]]
) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        RunRecorder(settings, said.append) as recorder,
        recorder.recording((), "incremental", ()),
    ):
        raise KeyboardInterrupt

    wait_until(lambda: [run.status for run in runs()] == [dg.DagsterRunStatus.FAILURE])


def test_a_sync_that_was_killed_leaves_a_run_that_failed(
    settings: Settings, runs: Callable[[], list[dg.DagsterRun]]
) -> None:
    program = (
        "import os, signal\n"
        "from jira_assets.cli.run_recorder import RunRecorder\n"
        "from jira_assets.settings.load import load_settings\n"
        "with RunRecorder(load_settings(), print) as recorder, recorder.recording((), 'incremental', ()):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL

    wait_until(lambda: [run.status for run in runs()] == [dg.DagsterRunStatus.FAILURE])


def test_a_recording_process_that_is_killed_is_replaced_and_leaves_no_run_that_seems_to_be_at_work(
    settings: Settings, said: list[str], runs: Callable[[], list[dg.DagsterRun]]
) -> None:
    with RunRecorder(settings, said.append) as recorder, recorder.recording((), "incremental", ()):
        wait_until(lambda: [run.status for run in runs()] == [dg.DagsterRunStatus.STARTED])
        recording = recorder._recording
        assert recording is not None
        recording._process.kill()
        recorder.finished(EMPTY, None)

    assert said == []
    assert [run.status for run in runs()] == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]


def test_a_damaged_database_of_dagster_costs_the_record_and_not_the_sync(
    settings: Settings, said: list[str]
) -> None:
    database = settings.dagster_dir / "history" / "runs.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"SQLite format 3\0" + b"?" * 5000)

    with RunRecorder(settings, said.append) as recorder, recorder.recording((), "incremental", ()):
        recorder.finished(EMPTY, None)

    [notice] = said
    assert notice.startswith(f"Dagster has no record of this sync: its database {database} is damaged:")
    assert "move the file to another folder" in notice


def test_settings_reach_the_process_as_they_are(settings: Settings) -> None:
    receiver, sender = Pipe(duplex=False)
    with receiver, sender:
        sender.send(settings)
        assert receiver.recv() == load_settings()


def test_a_message_to_a_process_that_has_died_is_no_error(settings: Settings) -> None:
    recording = RecordingProcess(run_recorder.RecordedSync(settings, (), "incremental", ()))
    os.kill(recording._process.pid, signal.SIGKILL)
    recording._process.wait()
    assert recording.record(run_recorder.Finished(EMPTY, None)) == (-signal.SIGKILL, "")
