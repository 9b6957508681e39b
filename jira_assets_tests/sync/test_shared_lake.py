"""Homes on a lake that hosts share: they publish what one home on a folder publishes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable
from sqlalchemy import create_engine, text

from jira_assets.clock import utc_now
from jira_assets.lake.lake import Lake
from jira_assets.lake.site_manifest import TargetRecord
from jira_assets.settings.load import load_settings
from jira_assets.state import ProjectRef
from jira_assets.sync.follow import follow_lake
from jira_assets.sync.pipeline import Pipeline, open_pipeline
from jira_assets.sync.targets import TargetStatus, overdue_targets, targets_behind, targets_lock
from jira_assets.warehouse.publish import PublishResult
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.harness import SyncHarness, credentials, open_harness
from jira_assets_tests.shared_place import SharedPlace

OpenHost = Callable[..., AbstractContextManager[Pipeline]]
OF_THE_SYNC = {"warehouse_info", "raw_jira_issues", "sync_status"}
"""Relations that say when and where the sync was done."""


@pytest.fixture
def first(shared: SharedPlace) -> Iterator[SyncHarness]:
    """A home on the shared lake; both projects of the site are tracked."""
    with open_harness(shared.folder / "first", **shared.settings) as harness:
        harness.track()
        yield harness


@pytest.fixture
def open_host(first: SyncHarness, shared: SharedPlace) -> OpenHost:
    """Open homes of other hosts that are connected to the same site."""

    @contextmanager
    def opened(name: str, *, is_shared: bool = True, **settings: str) -> Iterator[Pipeline]:
        chosen = load_settings(
            {"home": str(shared.folder / name), **(shared.settings if is_shared else {}), **settings},
            credentials(first.server),
            dotenv=None,
        )
        with open_pipeline(chosen) as pipeline:
            yield replace(pipeline, clock=first.site.clock.now, sleep=first.site.clock.sleep)

    return opened


def published(pipeline: Pipeline) -> dict[str, list[tuple[Any, ...]]]:
    """Publish, and return every row of every table."""
    pipeline.publish()
    with ExitStack() as stack:
        warehouse = stack.enter_context(open_warehouse(pipeline.settings.warehouse_file))
        names = [name for (name,) in warehouse.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            name: sorted(warehouse.execute(f"select * from {name}").fetchall(), key=repr)
            for name in set(names) - OF_THE_SYNC
        }


def change_later(harness: SyncHarness, issue: str) -> None:
    """Change an issue half an hour later."""
    harness.site.clock.advance(timedelta(minutes=30))
    harness.site.edit_issue(issue, summary="changed since")


def tracked(harness: SyncHarness) -> list[ProjectRef]:
    return [ProjectRef(each.project_id, each.project_key, each.name) for each in harness.tracked]


def differences(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in sorted(one) if one[name] != other[name]]


@pytest.mark.parametrize(
    "_tables",
    [pytest.param("few", marks=pytest.mark.few_tables), pytest.param("all", marks=pytest.mark.prove)],
)
def test_every_host_publishes_what_one_home_on_a_folder_does(
    first: SyncHarness, open_host: OpenHost, shared: SharedPlace, _tables: str
) -> None:
    with open_host("local", is_shared=False) as local, open_host("second") as second:
        local.state.projects.track(tracked(first))
        assert first.sync().failures == []
        assert local.sync(local.state.projects.tracked()).failures == []
        expected = published(local)
        assert len(expected["jira_issues"]) == 60
        assert differences(published(first.pipeline), expected) == []
        assert differences(published(second), expected) == []

        # Raw files stay where they are.
        assert not (second.lake.root / "raw").exists()
        with closing(open_warehouse(second.settings.warehouse_file)) as warehouse:
            assert warehouse.execute("select count(*) from raw_jira_issues").fetchall() == [(0,)]


def test_another_host_continues_where_one_stopped(
    first: SyncHarness, open_host: OpenHost, shared: SharedPlace
) -> None:
    assert first.sync().failures == []
    for copy in first.pipeline.lake.root.rglob("*.parquet"):
        copy.unlink()
    issue = next(iter(first.site.issues_truth()))
    change_later(first, issue)
    with open_host("second") as second:
        result = second.sync(second.state.projects.tracked())
        assert result.failures == []
        assert sum(outcome.fetched for outcome in result.outcomes) == 1
        for host in (second, first.pipeline):
            shown = SyncHarness(first.site, first.server, host, is_behind=True)
            found = shown.ask(f"select summary from jira_issues where jira_id = '{issue}'")
            assert found == [("changed since",)]


@pytest.mark.prove
@pytest.mark.few_tables
def test_a_host_of_readers_publishes_what_hosts_that_publish_nothing_sync(
    first: SyncHarness, open_host: OpenHost
) -> None:
    lake = first.pipeline.lake
    with lake.lock("site", "publishing"):
        shown = lake.site_manifest()
        shown.note_target("postgres", TargetRecord("elsewhere", "stamp", utc_now(), utc_now()))
        lake.commit_site(shown)
    first.pipeline = replace(first.pipeline, settings=replace(first.pipeline.settings, publish=()))
    assert first.sync().failures == []
    assert first.publish() is None
    assert not first.pipeline.settings.warehouse_dir.exists()
    with open_host("reader") as reader:
        [made] = follow_lake(reader.settings, lambda _: True)
        assert isinstance(made, PublishResult)
        assert made.rows["jira_issues"] == 60
    assert first.pipeline.publish(force=True)
    assert list(lake.site_manifest().targets) == ["postgres"]  # that of another host


@pytest.mark.prove
@pytest.mark.few_tables
def test_all_that_is_damaged_is_repaired_on_any_host(
    first: SyncHarness, open_host: OpenHost, shared: SharedPlace
) -> None:
    assert first.sync().failures == []
    objects = sorted(shared.objects())
    [lost, damaged, *_] = [name for name in objects if name.startswith("raw/")]
    (shared.folder / "store" / lost).unlink()
    for relative in (objects[0], damaged):
        (shared.folder / "store" / relative).write_bytes(b"PAR1 no more")
    with open_host("second") as second:
        repaired = second.repair(second.state.projects.tracked())
        assert repaired.result.failures == []
    assert first.sync().failures == []
    assert first.differences() == []


@pytest.mark.prove
@pytest.mark.few_tables("jira_users")
def test_a_person_who_is_forgotten_is_in_no_object_and_in_no_copy_of_this_host(
    first: SyncHarness, shared: SharedPlace, engine: duckdb.DuckDBPyConnection
) -> None:
    first.site.add_user("ines-1", "Ines Withdrawn", "ines@acme.example")
    for project in first.site.catalog.projects.values():
        first.site.create_issue(project.key, assignee="ines-1")
    assert first.sync().failures == []
    first.publish()
    assert mentions(engine, shared.folder / "store")

    erased = first.pipeline.forget("ines-1")
    assert not erased.unfinished
    assert mentions(engine, shared.folder / "store") == []
    assert mentions(engine, first.pipeline.lake.root) == []
    assert first.sync().failures == []
    assert first.differences() == []


def mentions(engine: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    return [
        path.name
        for path in folder.rglob("*.parquet")
        if "Withdrawn" in str(engine.execute(f"from read_parquet('{path}')").fetchall())
    ]


TARGET = {"publish": "postgres"}


def in_target(pipeline: Pipeline, issue: str) -> str:
    """Return the summary of an issue that the target shows."""
    engine = create_engine(pipeline.settings.state_url)
    with closing(engine.connect()) as connection:
        found = connection.execute(
            text("select summary from jira.jira_issues where jira_id = :issue"), {"issue": issue}
        ).scalar_one()
    engine.dispose()
    return str(found)


@pytest.fixture
def _no_target_stays(postgres_url: str) -> Iterator[None]:
    yield
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("drop schema if exists jira cascade"))
    engine.dispose()


@pytest.mark.prove
@pytest.mark.few_tables
@pytest.mark.usefixtures("_no_target_stays")
def test_what_one_host_published_to_a_target_is_not_published_by_another_one(
    first: SyncHarness, open_host: OpenHost
) -> None:
    assert first.sync().failures == []
    with open_host("second", **TARGET) as second, open_host("third", **TARGET) as third:
        second.publish()
        record = second.lake.site_manifest().targets["postgres"]

        third.publish()

        assert third.lake.site_manifest().targets["postgres"] == record
        for host in (second, third):
            assert [target.is_current for target in host.targets()] == [True]
            assert targets_behind(host.lake, host.settings) == []


@pytest.mark.prove
@pytest.mark.few_tables
@pytest.mark.usefixtures("_no_target_stays")
def test_a_host_that_waited_for_another_one_does_not_bring_a_target_back_to_what_it_was(
    first: SyncHarness, open_host: OpenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first.sync().failures == []
    issue = next(iter(first.site.issues_truth()))
    with open_host("second", **TARGET) as second, open_host("third", **TARGET) as third:

        @contextmanager
        def overtaken(lake: Lake) -> Iterator[None]:
            """Have another host sync and publish before the lock is taken."""
            monkeypatch.undo()
            change_later(first, issue)
            assert third.sync(third.state.projects.tracked()).failures == []
            third.publish()
            with targets_lock(lake):
                yield

        monkeypatch.setattr("jira_assets.sync.targets.targets_lock", overtaken)
        second.publish()

        assert in_target(second, issue) == "changed since"
        assert [target.is_current for target in second.targets()] == [True]


@pytest.mark.prove
@pytest.mark.few_tables
@pytest.mark.usefixtures("_no_target_stays")
def test_a_host_with_an_older_file_does_not_say_that_a_target_is_behind(
    first: SyncHarness, open_host: OpenHost
) -> None:
    assert first.sync().failures == []
    issue = next(iter(first.site.issues_truth()))
    with open_host("second", **TARGET) as second, open_host("third", **TARGET) as third:
        second.publish()
        change_later(first, issue)
        third.sync(third.state.projects.tracked())
        third.publish()

        assert [target.is_current for target in second.targets()] == [True]
        tomorrow = second.clock() + timedelta(days=1)
        assert overdue_targets(second.lake, second.settings, tomorrow) == []


@pytest.mark.few_tables
@pytest.mark.usefixtures("_no_target_stays")
def test_a_host_that_follows_brings_targets_up_to_date_where_syncs_publish_nothing(
    first: SyncHarness, open_host: OpenHost
) -> None:
    issue = next(iter(first.site.issues_truth()))
    with open_host("syncing", publish="none") as syncing, open_host("following", **TARGET) as following:

        def sync() -> None:
            assert syncing.sync(syncing.state.projects.tracked()).failures == []
            assert syncing.publish() is None

        def change_once(_seconds: float) -> bool:
            if shown:
                return True
            shown.append(in_target(following, issue))
            change_later(first, issue)
            sync()
            return False

        shown: list[str] = []
        sync()
        events = list(
            follow_lake(following.settings, change_once, with_targets=True, now=first.site.clock.now)
        )

        assert [type(each) for each in events] == [PublishResult, TargetStatus] * 2
        assert all(each.is_current for each in events if isinstance(each, TargetStatus))
        assert shown != ["changed since"]
        assert in_target(following, issue) == "changed since"


@pytest.mark.prove
@pytest.mark.few_tables
def test_the_raw_files_of_a_store_are_a_delta_table_there(first: SyncHarness, shared: SharedPlace) -> None:
    first.pipeline = replace(first.pipeline, settings=replace(first.pipeline.settings, lake_delta=True))
    assert first.sync().failures == []
    first.publish()
    found = DeltaTable(f"{shared.address}/raw").get_add_actions()["path"].to_pylist()
    assert {f"raw/{path}" for path in found} == {
        file.path for manifest in first.pipeline.lake.manifests() for file in manifest.raw
    }
    # The folder of its log is no project.
    assert {each.project_id for each in first.tracked} == set(first.pipeline.lake.project_ids())
