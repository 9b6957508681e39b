"""A schema in PostgreSQL shows the rows of the published file: all of them, and what differs later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from jira_assets.errors import TargetError
from jira_assets.lake.files import point_link
from jira_assets.warehouse.targets.postgres import target as publishing
from jira_assets.warehouse.targets.postgres.lines import Lines
from jira_assets.warehouse.targets.postgres.target import PostgresTarget
from jira_assets.warehouse.targets.target import Shown
from jira_assets_tests.sampling import sampled
from jira_assets_tests.waiting import wait_until
from jira_assets_tests.warehouse.targets.conftest import Files, random_history
from jira_assets_tests.warehouse.targets.database import Database, Reader

Readers = Callable[..., Reader]


@pytest.mark.prove
def test_every_table_is_that_of_the_file_through_a_history(database: Database, history: list[Path]) -> None:
    first, later = history
    shown = database.publish(first)
    assert database.differences(first) == {}
    assert shown.changed_values == 0

    written = database.publish(later).written
    assert database.differences(later) == {}
    assert 0 < written < shown.written


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(3))
def test_every_publish_of_a_random_history_is_that_of_the_file(
    database: Database, tmp_path: Path, engine: duckdb.DuckDBPyConnection, seed: int
) -> None:
    for file in random_history(tmp_path, engine, seed):
        database.publish(file)
        assert database.differences(file) == {}


def test_only_the_rows_of_a_changed_project_are_written(files: Files, database: Database) -> None:
    database.publish(files["first"])
    before = database.writers("jira_issues") | database.writers("jira_issue_fields")

    written = database.publish(files["changed"]).written

    after = database.writers("jira_issues") | database.writers("jira_issue_fields")
    assert {issue for issue in after if after[issue] != before[issue]} == {"101", "102"}
    assert written < 20
    assert database.differences(files["changed"]) == {}


def test_nothing_is_written_when_nothing_differs(files: Files, database: Database) -> None:
    everything = database.publish(files["first"]).written
    assert database.publish(files["first"]).written == 0
    assert database.publish(files["first"], force=True).written == everything
    assert database.differences(files["first"]) == {}


@pytest.mark.prove
def test_an_issue_that_moved_and_an_untracked_project_leave_no_rows(files: Files, database: Database) -> None:
    question = "select project_id from jira_issues where jira_id = '101'"
    for name, projects in {"first": ["10"], "moved": ["11"], "untracked": ["11"], "changed": ["10"]}.items():
        database.publish(files[name])
        assert database.differences(files[name]) == {}
        assert database.ask(question) == [(project,) for project in projects]


def test_a_reader_role_and_the_views_of_people_survive_other_columns(
    files: Files, database: Database, reader_of: Readers
) -> None:
    schema = database.target.schema
    role = f"reader_of_{schema}"
    for statement in (
        f"create schema {schema}",
        f"create role {role} login",
        f"grant usage on schema {schema} to {role}",
        f"alter default privileges in schema {schema} grant select on tables to {role}",
    ):
        database.owner.run(statement)
    database.publish(files["first"])
    database.owner.run(f"create view {schema}.of_people as select jira_id from {schema}.jira_issues")
    reader = reader_of(role)
    assert reader.one(f"select count(*) from {schema}.of_people") == 4

    database.publish(files["another column"])
    assert reader.one(f"select customfield_7 from {schema}.jira_issues where jira_id = '103'") == "x"
    assert reader.one(f"select count(*) from {schema}.of_people") == 5
    database.publish(files["moved"])
    assert reader.one(f"select count(*) from {schema}.of_people") == 4
    with pytest.raises(Exception, match="permission denied"):
        reader.run(f"delete from {schema}.jira_issues")

    database.owner.run(f"drop view {schema}.of_people")
    assert database.differences(files["moved"]) == {}
    database.owner.run(f"drop schema {schema} cascade; drop owned by {role}; drop role {role}")


def test_a_view_that_needs_a_column_that_is_gone_is_named_and_stays(files: Files, database: Database) -> None:
    database.publish(files["another column"])
    issues = database.of("jira_issues")
    database.owner.run(f"create view {database.of('of_people')} as select customfield_7 from {issues}")
    with pytest.raises(TargetError, match="of_people") as raised:
        database.publish(files["first"])
    assert "Drop the named objects" in raised.value.instruction
    assert database.ask("select count(*) from of_people") == [(5,)]


@pytest.mark.parametrize("force", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_a_transaction_sees_one_publish_throughout(
    files: Files, database: Database, reader_of: Readers, force: bool
) -> None:
    database.publish(files["first"])
    reader = reader_of()
    reader.run(f"set search_path = {database.target.schema}")
    reader.run("begin isolation level repeatable read")
    assert reader.one("select summary from jira_issues where jira_id = '101'") == "S"

    database.publish(files["changed"], force=force)

    assert reader.one("select summary from jira_issues where jira_id = '101'") == "S"
    assert reader.one("select count(*) from jira_issue_fields where jira_id = '101'") == 1
    reader.run("commit")
    assert reader.one("select summary from jira_issues where jira_id = '101'") == "T"
    assert reader.one("select count(*) from jira_issue_fields where jira_id = '101'") == 0


@pytest.mark.prove
def test_a_transaction_sees_its_publish_also_in_tables_that_get_other_columns(
    files: Files, database: Database, reader_of: Readers
) -> None:
    database.publish(files["first"])
    reader = reader_of()
    reader.run(f"set search_path = {database.target.schema}")
    reader.run("begin isolation level repeatable read")
    assert reader.one("select count(*) from team_members") == 0

    database.publish(files["another column"])

    assert reader.one("select count(*) from jira_issues") == 4
    assert reader.one("select count(customfield_7) from jira_issues") == 0
    reader.run("commit")
    assert reader.one("select count(customfield_7) from jira_issues") == 1


def test_a_table_that_is_in_use_keeps_its_columns_until_the_next_publish(
    files: Files, database: Database, reader_of: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "LOCK_TIMEOUT", "20ms")
    database.publish(files["first"])
    reader = reader_of()
    reader.run(f"begin; select from {database.of('jira_issues')}")
    with pytest.raises(TargetError, match="lock timeout") as raised:
        database.publish(files["another column"])
    assert "idle in a transaction" in raised.value.instruction
    assert database.differences(files["first"]) == {}
    reader.run("commit")
    database.publish(files["another column"])
    assert database.differences(files["another column"]) == {}


@pytest.mark.parametrize("table", sampled(["warehouse_info", "jira_issues"]))
def test_a_connection_that_is_lost_leaves_the_former_publish(
    files: Files, database: Database, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    database.publish(files["first"])
    read = Lines.read

    def read_of_the_dead(self: Lines, size: int = 0) -> bytes:
        database.owner.run(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
            f"""where query like 'copy "{database.target.schema}"."{table}"%'"""
        )
        return read(self, size)

    with monkeypatch.context() as patch:
        patch.setattr(Lines, "read", read_of_the_dead)
        with pytest.raises(TargetError, match="PostgreSQL"):
            database.publish(files["changed"])
    assert database.differences(files["first"]) == {}

    database.publish(files["changed"])
    assert database.differences(files["changed"]) == {}


@pytest.mark.prove
def test_publishers_wait_for_each_other_and_the_last_one_shows_the_newest(
    files: Files, database: Database, reader_of: Readers, tmp_path: Path
) -> None:
    link = tmp_path / "jira.duckdb"
    point_link(link, str(files["first"]))
    database.publish(link)
    other = reader_of()
    other.run("begin")
    other.run(f"select pg_advisory_xact_lock(hashtextextended('jira_assets.{database.target.schema}', 0))")
    point_link(link, str(files["changed"]))
    shown: list[Shown] = []
    threads = [threading.Thread(target=lambda: shown.append(database.publish(link))) for _ in range(2)]
    for thread in threads:
        thread.start()
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"
    wait_until(lambda: database.owner.one(waiting) == 2, 30)
    point_link(link, str(files["changed again"]))
    other.run("commit")
    for thread in threads:
        thread.join()
    assert sorted(each.written > 0 for each in shown) == [False, True]
    assert database.differences(files["changed again"]) == {}


@pytest.mark.parametrize(
    "change",
    sampled(
        [
            "delete from {}.jira_issues where jira_id = '102'",
            "insert into {0}.jira_issue_fields select * from {0}.jira_issue_fields",
            "drop table {}.jira_issue_fields",
            "drop table {}.jira_issues",
            "drop schema {} cascade",
        ],
        5,
    ),
)
def test_what_others_changed_is_as_in_the_file_again(files: Files, database: Database, change: str) -> None:
    database.publish(files["first"])
    database.owner.run(change.format(database.target.schema))
    database.publish(files["changed"])
    assert database.differences(files["changed"]) == {}


def test_tables_that_are_no_longer_published_are_dropped(files: Files, database: Database) -> None:
    database.publish(files["first"])
    database.owner.run(f"create table {database.of('former')} (a text)")
    database.owner.run(f"insert into {database.of('published_slices')} values ('former', '', 0, '', 0)")
    database.publish(files["first"])
    assert database.differences(files["first"]) == {}


@pytest.mark.parametrize("kind", sampled(["table {} (a text)", "view {} as select 1 as a"]))
def test_what_others_made_is_not_touched(files: Files, database: Database, kind: str) -> None:
    database.owner.run(f"create schema {database.target.schema}")
    database.owner.run(f"create {kind.format(database.of('jira_issues'))}")
    with pytest.raises(TargetError, match="did not publish: jira_issues") as raised:
        database.publish(files["first"])
    assert "JIRA_ASSETS_PUBLISH_POSTGRES_SCHEMA" in raised.value.instruction
    assert database.target.shown() is None


def test_joins_find_indexes(files: Files, database: Database) -> None:
    database.publish(files["first"])
    here = f"schemaname = '{database.target.schema}'"
    indexes = {name for (name,) in database.ask(f"select indexname from pg_indexes where {here}")}
    assert {"jira_issues_pkey", "jira_issues_project_id_idx", "jira_issue_fields_jira_id_idx"} <= indexes


def test_a_database_that_lacks_characters_is_refused(files: Files, database: Database) -> None:
    database.owner.run("create database latin encoding latin1 template template0 lc_collate 'C' lc_ctype 'C'")
    target = PostgresTarget(database.target.url.set(database="latin"), "jira")
    with pytest.raises(TargetError, match="LATIN1"):
        target.publish(files["first"])
    database.owner.run("drop database latin")


def test_missing_rights_and_no_server_are_errors_without_the_password(
    files: Files, database: Database
) -> None:
    role = f"weak_{database.target.schema}"
    database.owner.run(f"create role {role} login")
    weak = PostgresTarget(database.target.url.set(username=role), "of_the_weak")
    with pytest.raises(TargetError, match="permission denied") as raised:
        weak.publish(files["first"])
    assert "docs/targets.md" in raised.value.instruction
    database.owner.run(f"drop role {role}")

    closed = database.target.url.set(username="me", password="hunter2", port=1)
    with pytest.raises(TargetError, match="onnection") as raised:
        PostgresTarget(closed, "jira").publish(files["first"])
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
