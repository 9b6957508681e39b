"""Delta tables show the rows of the published file, and readers who follow the versions one publish only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import pytest
from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction

from jira_assets.errors import TargetError
from jira_assets.lake.files import point_link
from jira_assets.lake.locks import lock_held
from jira_assets.warehouse.targets.delta import folder as storing
from jira_assets.warehouse.targets.delta import layout as dividing
from jira_assets.warehouse.targets.delta.folder import Conflict, DeltaFolder
from jira_assets.warehouse.targets.delta.target import DeltaTarget
from jira_assets.warehouse.targets.delta.versions import VERSIONS
from jira_assets_tests.sampling import sampled
from jira_assets_tests.waiting import wait_until
from jira_assets_tests.warehouse.targets.conftest import Files, random_history
from jira_assets_tests.warehouse.targets.delta_tables import DeltaTables, log_of

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    """Offer an empty folder."""
    return DeltaTables(DeltaTarget(str(tmp_path / "delta")))


@pytest.mark.prove
@pytest.mark.parametrize("store", ["s3", "azure"])
def test_every_table_in_a_store_is_that_of_the_file(
    request: pytest.FixtureRequest, files: Files, store: str
) -> None:
    tables = DeltaTables(DeltaTarget(request.getfixturevalue(store)))
    for name in ("first", "changed"):
        assert tables.publish(files[name]).written > 0
        assert tables.differences(files[name]) == {}
    assert tables.publish(files["changed"]).written == 0


@pytest.mark.prove
def test_every_table_is_that_of_the_file_through_a_history(tables: DeltaTables, history: list[Path]) -> None:
    first, later = history
    shown = tables.publish(first)
    assert tables.differences(first) == {}
    assert shown.changed_values == 0

    written = tables.publish(later).written
    assert tables.differences(later) == {}
    assert 0 < written < shown.written


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(3))
def test_every_publish_of_a_random_history_is_that_of_the_file(
    tables: DeltaTables, tmp_path: Path, engine: duckdb.DuckDBPyConnection, seed: int
) -> None:
    for file in random_history(tmp_path, engine, seed):
        tables.publish(file)
        assert tables.differences(file) == {}


def test_a_table_of_projects_is_partitioned_and_described(files: Files, tables: DeltaTables) -> None:
    tables.publish(files["first"])
    issues = tables.table("jira_issues")
    assert issues.metadata().partition_columns == ["project_id"]
    assert sorted(map(repr, issues.partitions())) == ["{'project_id': '10'}", "{'project_id': '11'}"]
    assert "one row" in issues.metadata().description.lower()
    assert tables.comments("jira_issues")["jira_id"]
    # So every reader of Delta can read it.
    assert tables.table("jira_issues").protocol().min_reader_version == 1


def test_only_the_files_of_a_changed_project_are_written(files: Files, tables: DeltaTables) -> None:
    tables.publish(files["first"])
    before = {name: set(tables.table(name).file_uris()) for name in tables.versions()}
    versions = tables.newest()

    written = tables.publish(files["changed"]).written

    new = set(tables.table("jira_issues").file_uris()) - before["jira_issues"]
    assert ["project_id=10" in path for path in new] == [True]
    assert written < 20
    assert tables.newest()["jira_issues"] == versions["jira_issues"] + 1
    assert tables.newest()["team_members"] == versions["team_members"]
    assert tables.differences(files["changed"]) == {}


def test_nothing_is_written_when_nothing_differs(files: Files, tables: DeltaTables) -> None:
    everything = tables.publish(files["first"]).written
    before = tables.newest()
    assert tables.publish(files["first"]).written == 0
    assert tables.newest() == before
    assert tables.publish(files["first"], force=True).written == everything
    assert tables.differences(files["first"]) == {}
    assert tables.newest().items().isdisjoint(before.items())


def test_another_process_and_a_restored_home_go_on_from_what_is_there(
    files: Files, tables: DeltaTables
) -> None:
    tables.publish(files["changed"])
    other = DeltaTables(DeltaTarget(tables.target.place))
    assert other.publish(files["first"]).written < 20
    assert tables.differences(files["first"]) == {}
    shown = other.target.shown()
    assert shown is not None
    assert (shown.stamp, shown.changed_values) == ("first", 0)


@pytest.mark.prove
def test_an_issue_that_moved_and_an_untracked_project_leave_no_rows(
    files: Files, tables: DeltaTables
) -> None:
    for name, projects in {"first": ["10"], "moved": ["11"], "untracked": ["11"], "changed": ["10"]}.items():
        tables.publish(files[name])
        assert tables.differences(files[name]) == {}
        found = [row["project_id"] for row in tables.rows("jira_issues") if row["jira_id"] == "101"]
        assert found == projects


@pytest.mark.prove
def test_columns_come_and_go_in_place_and_former_versions_stay_readable(
    files: Files, tables: DeltaTables
) -> None:
    tables.publish(files["first"])
    before = tables.versions()
    tables.publish(files["another column"])
    assert tables.differences(files["another column"]) == {}
    assert tables.table("jira_issues").version() == before["jira_issues"] + 1
    assert "customfield_7" not in tables.rows("jira_issues", before["jira_issues"])[0]
    tables.publish(files["first"])
    assert tables.differences(files["first"]) == {}


def test_a_reader_of_the_named_versions_sees_one_publish_at_every_moment(
    files: Files, tables: DeltaTables
) -> None:
    tables.publish(files["first"])
    moments: list[str] = []

    def looking(method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Any, **options: Any) -> Any:
            result = method(*given, **options)
            moments.append(summary_of(tables))
            return result

        return wrapped

    first = summary_of(tables)
    with ExitStack() as stack:
        for name in ("upload", "replace", "update"):
            method = looking(getattr(DeltaFolder, name))
            stack.enter_context(mock.patch.object(DeltaFolder, name, method))
        stack.enter_context(mock.patch("jira_assets.warehouse.targets.delta.target.AT_ONCE", 1))
        tables.publish(files["another column"])
    second = summary_of(tables)
    assert first != second
    assert moments[-1] == second
    assert set(moments[:-1]) == {first}
    assert len(moments) > 5


def summary_of(tables: DeltaTables) -> str:
    """Read all tables in the versions that are named now."""
    versions = tables.versions()
    return repr({name: sorted(map(repr, tables.rows(name, version))) for name, version in versions.items()})


KILLED = """
import os, signal, sys
from pathlib import Path
from jira_assets.warehouse.targets.delta.folder import DeltaFolder
from jira_assets.warehouse.targets.delta.target import DeltaTarget
method, table = sys.argv[3:5]
commit = getattr(DeltaFolder, method)

def die(self, *given, **options):
    if table in repr(given):
        os.kill(os.getpid(), signal.SIGKILL)
    return commit(self, *given, **options)

setattr(DeltaFolder, method, die)
DeltaTarget(sys.argv[2]).publish(Path(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("method", "table"),
    sampled([("update", "warehouse_info"), ("upload", "published_tables"), ("update", "published_tables")]),
)
def test_a_publisher_that_is_killed_leaves_the_former_publish_and_the_next_one_completes_it(
    files: Files, tables: DeltaTables, method: str, table: str
) -> None:
    tables.publish(files["first"])
    before = summary_of(tables)
    command = [sys.executable, "-c", KILLED, str(files["changed"]), tables.target.place, method, table]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert summary_of(tables) == before
    shown = tables.target.shown()
    assert shown is not None
    assert shown.stamp == "first"

    tables.publish(files["changed again"])
    assert tables.differences(files["changed again"]) == {}
    assert tables.versions() == tables.newest()


@pytest.mark.prove
def test_a_first_publish_that_is_killed_is_completed(files: Files, tables: DeltaTables) -> None:
    command = [sys.executable, "-c", KILLED, str(files["first"]), tables.target.place, "replace"]
    assert subprocess.run([*command, "'warehouse_info'"], check=False).returncode == -signal.SIGKILL
    assert tables.target.shown() is None
    tables.publish(files["changed"])
    assert tables.differences(files["changed"]) == {}


@pytest.mark.prove
def test_files_of_former_publishes_go_when_they_are_old_and_the_log_does_not_grow(
    files: Files, tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "CHECKPOINT_INTERVAL", 4)
    early = DeltaTables(replace(tables.target, clock=lambda: LONG_AGO))
    for _ in range(6):
        early.publish(files["changed"])
        early.publish(files["first"])
    lost = tables.folder / "jira_issues" / "project_id=10" / f"{'0' * 16}-0-00000000.parquet"
    lost.touch()
    named = {uri.rpartition("jira_issues/")[2] for uri in tables.table("jira_issues").file_uris()}
    assert tables.files("jira_issues") > named
    for log in log_of(tables, "jira_issues"):
        os.utime(log, (LONG_AGO.timestamp(),) * 2)
    for file in tables.folder.rglob("*.parquet"):
        os.utime(file, (LONG_AGO.timestamp(),) * 2)
    former = tables.versions()

    tables.publish(files["changed again"])

    assert lost.name not in str(tables.files("jira_issues"))
    left = {uri.rpartition("jira_issues/")[2] for uri in tables.table("jira_issues").file_uris()}
    assert tables.files("jira_issues") == left | named  # those of the publish before as well
    assert tables.rows("jira_issues", former["jira_issues"])
    for name in ("changed", "first", "changed", "first", "changed"):
        tables.publish(files[name])
    logs = {path.name for path in log_of(tables, "jira_issues")}
    assert f"{0:020}.json" not in logs
    assert len(logs) < 16
    assert tables.differences(files["changed"]) == {}


@pytest.mark.prove
def test_an_old_version_that_is_still_named_is_not_removed_by_the_commit_after_it(
    files: Files, tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "CHECKPOINT_INTERVAL", 1)
    tables.publish(files["first"])
    before = summary_of(tables)
    for path in tables.folder.rglob("_delta_log/*"):
        os.utime(path, (LONG_AGO.timestamp(),) * 2)
    late = replace(tables.target, clock=lambda: datetime.now(UTC) + timedelta(days=30))
    with (
        mock.patch.object(DeltaFolder, "upload", failing_for(VERSIONS, DeltaFolder.upload)),
        pytest.raises(TargetError),
    ):
        late.publish(files["changed"])
    assert tables.newest() != tables.versions()
    assert summary_of(tables) == before
    versions = tables.versions()
    late.publish(files["changed"])
    assert tables.differences(files["changed"]) == {}
    assert all(tables.table(name, version).version() == version for name, version in versions.items())


def failing_for(table: str, upload: Callable[..., None]) -> Callable[..., None]:
    """Return an upload that fails for the files of a table."""

    def wrapped(self: DeltaFolder, file: Path, path: str) -> None:
        if path.startswith(table):
            raise TargetError("Planted.", "")
        upload(self, file, path)

    return wrapped


def test_tidying_is_done_now_and_then_only_and_follows_the_setting(
    files: Files, tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidied: list[str] = []
    tidy = DeltaFolder.tidy

    def noted(self: DeltaFolder, table: str, versions: list[int], *, cut_log: bool) -> None:
        tidied.append(table)
        tidy(self, table, versions, cut_log=cut_log)

    monkeypatch.setattr(DeltaFolder, "tidy", noted)
    at = [LONG_AGO]
    target = replace(tables.target, clock=lambda: at[0])
    target.publish(files["first"])
    target.publish(files["changed"])
    assert tidied == []
    at[0] += timedelta(days=1)
    replace(target, days_kept=5).publish(files["first"])
    assert {VERSIONS, "jira_issues", "team_members"} <= set(tidied)
    kept = tables.table("team_members").metadata().configuration["delta.logRetentionDuration"]
    assert kept == "interval 5 days"
    at[0] += timedelta(hours=1)
    tidied.clear()
    replace(target, days_kept=5).publish(files["changed"])
    assert tidied == []


def test_a_table_that_is_no_longer_published_is_empty_and_named_so_until_its_files_are_gone(
    files: Files, tables: DeltaTables, tmp_path: Path
) -> None:
    target = replace(tables.target, days_kept=0)
    former = tmp_path / "former" / "jira.duckdb"
    former.parent.mkdir()
    former.write_bytes(files["first"].read_bytes())
    former.chmod(0o600)
    with duckdb.connect(str(former)) as engine:
        engine.execute("create table old_table as select '10' as project_id, 'text' as name")
    target.publish(former)
    assert tables.rows("old_table") == [{"project_id": "10", "name": "text"}]

    target.publish(files["changed"])
    assert tables.rows("old_table") == []
    assert tables.differences(files["changed"]) == {}
    [row] = [row for row in tables.rows(VERSIONS) if row["table_name"] == "old_table"]
    assert (row["is_published"], row["rows"]) == (False, 0)
    assert tables.files("old_table")  # for those who read the publish before

    target.publish(files["first"])
    assert tables.files("old_table") == set()
    target.publish(files["changed"])
    assert "old_table" not in {row["table_name"] for row in tables.rows(VERSIONS)}


@pytest.mark.parametrize("how", sampled(["delete", "optimize", "append", "remove", "remove versions"], 5))
def test_what_others_changed_is_as_in_the_file_again(files: Files, tables: DeltaTables, how: str) -> None:
    tables.publish(files["first"])
    issues = tables.table("jira_issues")
    if how == "delete":
        issues.delete("jira_id = '102'")
    elif how == "optimize":
        DeltaTable(str(tables.folder / "jira_issue_fields")).optimize.z_order(["jira_id"])
    elif how == "append":
        [path, *_] = [uri.rpartition("jira_issues/")[2] for uri in issues.file_uris()]
        foreign = path.rpartition("/")[0] + "/part-0.parquet"
        (tables.folder / "jira_issues" / foreign).write_bytes(
            (tables.folder / "jira_issues" / path).read_bytes()
        )
        size = (tables.folder / "jira_issues" / path).stat().st_size
        added = AddAction(foreign, size, {"project_id": "10"}, 0, True, '{"numRecords": 2}')
        issues.create_write_transaction([added], "append", issues.schema(), ["project_id"])
    else:
        gone = tables.folder / ("jira_issues" if how == "remove" else VERSIONS)
        gone.rename(gone.with_name("elsewhere"))
    tables.publish(files["changed"])
    assert tables.differences(files["changed"]) == {}


def test_what_others_made_is_not_touched(files: Files, tables: DeltaTables) -> None:
    other = tables.folder / "jira_issues"
    DeltaTable.create(str(other), Schema([Field("a", PrimitiveType("string"))]))
    with pytest.raises(TargetError, match="did not publish: jira_issues") as raised:
        tables.publish(files["first"])
    assert "JIRA_ASSETS_PUBLISH_DELTA_URL" in raised.value.instruction
    assert tables.target.shown() is None
    assert not (tables.folder / "warehouse_info").exists()


def test_publishers_wait_for_each_other_and_the_last_one_shows_the_newest(
    files: Files, tables: DeltaTables, tmp_path: Path
) -> None:
    link = tmp_path / "jira.duckdb"
    point_link(link, str(files["first"]))
    written: list[int] = []
    held = mock.Mock(side_effect=lock_held)
    publish = lambda: written.append(tables.publish(link).written)  # noqa: E731
    with mock.patch("jira_assets.warehouse.targets.delta.target.lock_held", held):
        with lock_held(tmp_path / ".delta.lock", "testing"):
            threads = [threading.Thread(target=publish) for _ in range(2)]
            for thread in threads:
                thread.start()
            wait_until(lambda: held.call_count == 2, 30)
            point_link(link, str(files["changed"]))
        for thread in threads:
            thread.join()
    assert sorted(each > 0 for each in written) == [False, True]
    assert tables.differences(files["changed"]) == {}


def test_a_publisher_of_another_host_that_comes_between_makes_this_one_begin_anew(
    files: Files, tables: DeltaTables
) -> None:
    tables.publish(files["first"])
    update = DeltaFolder.update
    others: list[str] = ["changed again"]

    def late(self: DeltaFolder, *given: Any) -> int:
        if others:
            DeltaTarget(tables.target.place).publish(files[others.pop()])
        return update(self, *given)

    with mock.patch.object(DeltaFolder, "update", late):
        tables.publish(files["changed"])
    assert tables.differences(files["changed"]) == {}
    assert tables.versions() == tables.newest()

    with (
        mock.patch.object(DeltaFolder, "update", side_effect=Conflict),
        mock.patch("jira_assets.warehouse.targets.delta.target.ATTEMPTS", 1),
        pytest.raises(TargetError, match="Others write"),
    ):
        tables.publish(files["first"])
    assert tables.differences(files["changed"]) == {}


def test_many_projects_and_rows_share_files(
    files: Files, tables: DeltaTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dividing, "MOST_PARTITIONS", 1)
    tables.publish(files["first"])
    assert tables.table("jira_issues").metadata().partition_columns == []
    assert len(tables.table("jira_issues").file_uris()) == 1
    monkeypatch.setattr(dividing, "ROWS_OF_A_BUCKET", 1)
    tables.publish(files["changed"])
    assert len(tables.table("jira_issues").file_uris()) == 2
    assert tables.differences(files["changed"]) == {}
    monkeypatch.setattr(dividing, "ROWS_OF_A_BUCKET", 1000)
    version = tables.table("team_members").version()
    tables.publish(files["moved"])
    assert tables.table("team_members").version() == version  # fewer buckets would do, but these suit
    assert tables.differences(files["moved"]) == {}


@pytest.mark.parametrize("address", sampled(["s3://bucket/path", "az://container/path"]))
def test_a_store_that_cannot_be_reached_is_an_error_without_secrets(
    files: Files, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hunter2",
        "AZURE_STORAGE_ACCOUNT_NAME": "account",
        "AZURE_STORAGE_SAS_TOKEN": "sv=2020&sig=hunter2",
        "AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(storing, "_OPTIONS", {"max_retries": "0"})
    with pytest.raises(TargetError, match=f"Delta .{address}. says") as raised:
        DeltaTarget(address).publish(files["first"])
    assert "hunter2" not in str(raised.value)
    assert "\x1b" not in str(raised.value)
    assert "JIRA_ASSETS_PUBLISH_DELTA_URL" in raised.value.instruction


def test_a_missing_package_is_an_error_that_says_how_to_install_it(files: Files, tables: DeltaTables) -> None:
    with mock.patch.dict(sys.modules, {"deltalake": None}), pytest.raises(TargetError) as raised:
        tables.publish(files["first"])
    assert "pip install 'jira_assets[delta]'" in raised.value.instruction
