"""The sensor, called as a function: what it asks for, when it skips, and what it says then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.remote_origin import (  # what the daemon gives a run; there is no public way
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from jira_assets.definitions import defs
from jira_assets.defs.asset_specs import PROJECT_SPECS
from jira_assets.defs.failed_partitions import failed_partitions, report_failures
from jira_assets.defs.partitions import follow_requests
from jira_assets.defs.resources import Home
from jira_assets.defs.run_locks import LocalRunLocks
from jira_assets.defs.sensors import AskedFor, jira_changes, publish_local_changes, read_cursor
from jira_assets.demo.generate.generate import generate_site
from jira_assets.errors import JiraUnavailable, PublishError
from jira_assets.lake.locks import holder, lock_held
from jira_assets.warehouse.read import open_warehouse
from jira_assets_tests.harness import SyncHarness, open_harness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.shared_place import SharedPlace

pytestmark = pytest.mark.few_tables("jira_unmatched_users", "metric_settings", "pull_requests")

NOW_MS = 1_795_435_200_000


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that forgets everything."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@contextmanager
def tracked(home: Path) -> Iterator[SyncHarness]:
    """A site of three projects, none of them synced yet."""
    data = generate_site(4, projects=3, issues=12, now_ms=NOW_MS)
    with open_harness(home, data, frozen=False) as harness:
        harness.track()
        yield harness


@contextmanager
def up_to_date(home: Path) -> Iterator[SyncHarness]:
    """The same site, synced and published."""
    with tracked(home) as harness:
        harness.sync()
        harness.pipeline.publish_decisions()
        yield harness


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncHarness]:
    with tracked(tmp_path / "home") as harness, environment_of(harness, monkeypatch):
        yield harness


@pytest.fixture
def synced(
    tmp_path: Path, templates: HomeTemplates, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SyncHarness]:
    with templates.open(up_to_date, tmp_path / "home") as harness, environment_of(harness, monkeypatch):
        yield harness


@contextmanager
def environment_of(harness: SyncHarness, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have sensors and runs work on that home."""
    for name, value in harness.environment.items():
        monkeypatch.setenv(name, value)
    yield


class Ticker:
    """Lets the sensor tick, each time with the cursor that it left."""

    def __init__(self, instance: dg.DagsterInstance, sensor: dg.SensorDefinition = jira_changes) -> None:
        self.instance = instance
        self.sensor = sensor
        self.cursor: str | None = None

    def tick(self) -> dg.SensorResult:
        """One tick."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = self.sensor(context, home=Home())
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        return result


@pytest.fixture
def ticker(instance: dg.DagsterInstance) -> Ticker:
    """A sensor that never ticked."""
    return Ticker(instance)


def config_of(result: dg.SensorResult) -> dict[str, Any]:
    """The config of the one run that a tick asks for."""
    assert result.run_requests is not None
    (request,) = result.run_requests
    config: dict[str, Any] = request.run_config["ops"]["project_tables"]["config"]
    return config


def run(instance: dg.DagsterInstance, result: dg.SensorResult) -> dg.ExecuteInProcessResult:
    """Run what a tick asks for, the way the daemon does."""
    for request in result.dynamic_partitions_requests or ():
        if isinstance(request, dg.AddDynamicPartitionsRequest):
            instance.add_dynamic_partitions("jira_projects", request.partition_keys)
    config = {"ops": {"project_tables": {"config": config_of(result)}}}
    return defs.resolve_job_def("sync_jira").execute_in_process(instance=instance, run_config=config)


def keys(harness: SyncHarness) -> list[str]:
    """The keys of what is tracked."""
    return [project.project_key for project in harness.tracked]


def start_run(
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus,
    location: str = "jira_assets",
    **named: Any,
) -> dg.DagsterRun:
    """A run of the sync as its process left it in the instance."""
    origin = RemoteJobOrigin(
        RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(location), "__repository__"), "sync_jira"
    )
    return instance.create_run_for_job(
        job_def=defs.resolve_job_def("sync_jira"), status=status, remote_job_origin=origin, **named
    )


def long_ago(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run be one that should have started long ago."""
    monkeypatch.setattr("jira_assets.defs.runs.TIME_TO_START", timedelta())


def test_the_first_tick_asks_for_one_run_over_all_that_is_tracked(
    harness: SyncHarness, ticker: Ticker
) -> None:
    result = ticker.tick()

    assert config_of(result) == {"projects": keys(harness), "deep": False, "in_slices": True}
    (request,) = result.dynamic_partitions_requests or ()
    assert isinstance(request, dg.AddDynamicPartitionsRequest)
    assert request.partition_keys == keys(harness)


def test_a_project_that_is_read_in_slices_is_no_success_and_no_failure_until_its_end(
    harness: SyncHarness, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.sync.issue_fetcher.ISSUES_A_CHUNK", 3)
    monkeypatch.setattr("jira_assets.defs.assets.project_tables.timedelta", lambda minutes: timedelta())
    asset = dg.AssetKey("raw_jira_issues")
    ran = run(ticker.instance, ticker.tick())
    partial = [
        record.project_key for record in harness.pipeline.state.records.all() if record.status == "pending"
    ]
    again = ticker.tick()

    assert ran.success
    assert partial
    assert not set(partial) & ticker.instance.get_materialized_partitions(asset)
    assert not set(partial) & failed_partitions(ticker.instance, asset)
    assert config_of(again)["projects"] == partial
    (request,) = again.run_requests or ()
    assert request.tags["jira_assets/due"] == f"{len(partial)} partly read"
    while again.run_requests:
        run(ticker.instance, again)
        again = ticker.tick()
    assert set(keys(harness)) == ticker.instance.get_materialized_partitions(asset)
    assert harness.differences() == []


def test_after_a_sync_an_idle_site_is_skipped_and_a_changed_one_synced(
    synced: SyncHarness, ticker: Ticker
) -> None:
    ticker.instance.add_dynamic_partitions("jira_projects", keys(synced))
    ticker.tick()
    idle = ticker.tick()
    changed = keys(synced)[1]
    synced.site.edit_issue(next(iter(synced.site.issues_truth(changed))), summary="edited")

    result = ticker.tick()

    assert (idle.run_requests, idle.skip_reason) == ([], dg.SkipReason("Nothing changed."))
    assert config_of(result)["projects"] == [changed]
    assert run(ticker.instance, result).success
    assert synced.differences() == []


def test_partitions_follow_what_is_tracked(harness: SyncHarness, ticker: Ticker) -> None:
    ticker.instance.add_dynamic_partitions("jira_projects", [*keys(harness), "GONE"])

    (request,) = ticker.tick().dynamic_partitions_requests or ()

    assert isinstance(request, dg.DeleteDynamicPartitionsRequest)
    assert request.partition_keys == ["GONE"]


def to_delete(instance: dg.DagsterInstance, *tracked: str) -> list[str]:
    """The partitions that a tick asks to delete."""
    return [
        key
        for request in follow_requests(instance, tracked)
        if isinstance(request, dg.DeleteDynamicPartitionsRequest)
        for key in request.partition_keys
    ]


UNFINISHED = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED]
FIRST_TO_LAST = {
    "dagster/asset_partition_range_start": "FIRST",
    "dagster/asset_partition_range_end": "LAST",
}
NAMING: dict[str, dict[str, Any]] = {
    "partition": {"tags": {"dagster/partition": "GONE"}},
    "range": {"tags": FIRST_TO_LAST},
    "config": {"run_config": {"ops": {"project_tables": {"config": {"projects": ["GONE"]}}}}},
}


@pytest.mark.parametrize("status", UNFINISHED)
@pytest.mark.parametrize("naming", NAMING)
def test_a_partition_is_not_deleted_while_a_run_names_it(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus, naming: str
) -> None:
    instance.add_dynamic_partitions("jira_projects", ["FIRST", "GONE", "LAST", "OTHER"])
    launched = start_run(instance, status, **NAMING[naming])

    assert to_delete(instance, "FIRST", "LAST") == ["OTHER"]

    instance.report_run_canceled(launched)
    assert to_delete(instance, "FIRST", "LAST") == ["GONE", "OTHER"]


@pytest.mark.parametrize(
    ("status", "deleted"), [("REQUESTED", []), ("CANCELING", []), ("COMPLETED_SUCCESS", ["GONE"])]
)
def test_no_partition_is_deleted_while_a_backfill_is_at_work(
    instance: dg.DagsterInstance, status: str, deleted: list[str]
) -> None:
    instance.add_dynamic_partitions("jira_projects", ["GONE"])
    at_work = BulkActionStatus(status)
    instance.add_backfill(
        PartitionBackfill("backfill", at_work, from_failure=False, tags={}, backfill_timestamp=0.0)
    )

    assert to_delete(instance) == deleted


@pytest.mark.parametrize("location", ["jira_assets", "jira-assets"])  # the second is Kubernetes' way
def test_there_is_never_a_second_run_while_one_is_alive(
    harness: SyncHarness, ticker: Ticker, location: str
) -> None:
    alive = start_run(ticker.instance, dg.DagsterRunStatus.STARTED, location)

    with lock_held(LocalRunLocks(harness.pipeline.settings.run_locks_dir).path(alive.run_id), "run"):
        result = ticker.tick()

    assert result.skip_reason == dg.SkipReason(f"Run {alive.run_id[:8]} is in progress.")
    assert harness.site.requests == []


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.FAILURE),
        (dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.CANCELED),
    ],
)
def test_a_run_whose_process_died_is_marked_and_blocks_nothing(
    harness: SyncHarness,
    ticker: Ticker,
    monkeypatch: pytest.MonkeyPatch,
    status: dg.DagsterRunStatus,
    becomes: dg.DagsterRunStatus,
) -> None:
    dead = start_run(ticker.instance, status)
    long_ago(ticker.instance, monkeypatch)

    result = ticker.tick()

    assert config_of(result)["projects"] == keys(harness)
    after = ticker.instance.get_run_by_id(dead.run_id)
    assert after is not None
    assert after.status is becomes


def test_a_run_that_left_its_lock_behind_is_dead_at_once_and_swept(
    harness: SyncHarness, ticker: Ticker
) -> None:
    dead = start_run(ticker.instance, dg.DagsterRunStatus.STARTED)
    with lock_held(LocalRunLocks(harness.pipeline.settings.run_locks_dir).path(dead.run_id), "run"):
        pass

    ticker.tick()
    ticker.tick()

    after = ticker.instance.get_run_by_id(dead.run_id)
    assert after is not None
    assert after.status is dg.DagsterRunStatus.FAILURE
    assert not LocalRunLocks(harness.pipeline.settings.run_locks_dir).path(dead.run_id).exists()


@pytest.mark.prove
def test_a_run_keeps_its_lock_in_the_home_that_every_pod_shares(harness: SyncHarness, ticker: Ticker) -> None:
    """Dagster's own folder is another one in each pod, and read-only there."""
    before = set(Path(ticker.instance.root_directory).iterdir())

    done = run(ticker.instance, ticker.tick())

    lock = LocalRunLocks(harness.pipeline.settings.run_locks_dir).path(done.run_id)
    assert holder(lock) is not None  # until this process ends
    assert not any(
        "lock" in path.name for path in set(Path(ticker.instance.root_directory).iterdir()) - before
    )


def test_a_pod_that_is_still_starting_is_left_to_the_monitoring_of_dagster(
    harness: SyncHarness, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting = start_run(ticker.instance, dg.DagsterRunStatus.STARTING)
    long_ago(ticker.instance, monkeypatch)
    monkeypatch.setattr(type(ticker.instance), "run_monitoring_enabled", True)

    assert ticker.tick().skip_reason == dg.SkipReason(f"Run {starting.run_id[:8]} is in progress.")


def test_a_queued_run_is_waited_for(
    harness: SyncHarness, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_run(ticker.instance, dg.DagsterRunStatus.QUEUED)
    long_ago(ticker.instance, monkeypatch)

    assert "is in progress" in str(ticker.tick().skip_reason)


def test_runs_of_other_people_on_the_same_instance_are_left_alone(
    harness: SyncHarness, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dg.op
    def theirs() -> None: ...

    @dg.job
    def their_job() -> None:
        theirs()

    other = ticker.instance.create_run_for_job(job_def=their_job, status=dg.DagsterRunStatus.STARTED)
    long_ago(ticker.instance, monkeypatch)

    ticker.tick()

    after = ticker.instance.get_run_by_id(other.run_id)
    assert after is not None
    assert after.status is dg.DagsterRunStatus.STARTED


def test_dead_credentials_are_told_and_it_recovers_by_itself(synced: SyncHarness, ticker: Ticker) -> None:
    ticker.tick()
    synced.site.switches.dead_credentials = True
    skipped = ticker.tick()
    synced.site.switches.dead_credentials = False

    assert skipped.run_requests == []
    assert "Connect again" in str(skipped.skip_reason)
    assert "demo-token" not in str(skipped)
    assert ticker.tick().skip_reason == dg.SkipReason("Nothing changed.")


def test_without_credentials_it_says_so(
    synced: SyncHarness, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticker.tick()
    monkeypatch.delenv("JIRA_API_TOKEN")

    assert "No Jira site is connected" in str(ticker.tick().skip_reason)


def test_a_pause_of_the_site_is_obeyed_and_shown(harness: SyncHarness, ticker: Ticker) -> None:
    harness.pipeline.state.pauses.pause(
        harness.pipeline.clock() + timedelta(minutes=20), "429 jira-quota-global-based"
    )

    assert "429 jira-quota-global-based" in str(ticker.tick().skip_reason)
    assert harness.site.requests == []


def test_with_nothing_tracked_it_says_how_to_begin(harness: SyncHarness, ticker: Ticker) -> None:
    harness.pipeline.state.projects.untrack(keys(harness))

    assert "jira-assets projects track" in str(ticker.tick().skip_reason)


@pytest.mark.prove
def test_it_reports_at_most_every_quarter_of_an_hour_and_verdicts_only_when_they_change(
    harness: SyncHarness, ticker: Ticker
) -> None:
    run(ticker.instance, ticker.tick())
    first, second = ticker.tick(), ticker.tick()
    harness.site.forbid_project(keys(harness)[0])
    harness.site.switches.unknown_projects_silent = True
    third = ticker.tick()

    assert [type(event).__name__ for event in first.asset_events][:1] == ["AssetMaterialization"]
    assert second.asset_events == []
    failing = [event for event in third.asset_events if isinstance(event, dg.AssetCheckEvaluation)]
    assert {event.check_name: event.passed for event in failing}["every_project_synced"] is False
    assert read_cursor(ticker.cursor).reported_at is not None


def test_a_project_that_jira_refuses_is_a_failed_partition_at_once(
    synced: SyncHarness, ticker: Ticker
) -> None:
    ticker.instance.add_dynamic_partitions("jira_projects", keys(synced))
    ticker.tick()
    refused = keys(synced)[0]
    synced.site.forbid_project(refused)
    ticker.tick()
    ticker.tick()
    (failed,) = ticker.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    assert failed_partitions(ticker.instance, dg.AssetKey("jira_issues")) == {refused}
    (said,) = ticker.instance.all_logs(failed.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    assert str(said.get_dagster_event().message).startswith(f"{refused}: ")


def test_a_cursor_of_another_version_is_forgotten() -> None:
    assert read_cursor('{"memory": 7}') == read_cursor(None)


@pytest.mark.prove
def test_a_partition_that_failed_with_its_site_is_well_again_once_the_site_has_no_news(
    harness: SyncHarness, ticker: Ticker
) -> None:
    run(ticker.instance, ticker.tick())
    first, *_ = keys(harness)
    report_failures(ticker.instance, {first: JiraUnavailable("The site did not answer.")})
    ticker.cursor = None  # as a quarter of an hour later
    events = ticker.tick().asset_events
    made = {
        event.asset_key: event.partition
        for event in events
        if isinstance(event, dg.AssetMaterialization) and event.partition
    }
    assert made == dict.fromkeys((spec.key for spec in PROJECT_SPECS), first)
    for event in events:
        if isinstance(event, dg.AssetMaterialization):
            ticker.instance.report_runless_asset_event(event)
    assert failed_partitions(ticker.instance, dg.AssetKey("jira_issues")) == set()


def test_sensors_of_new_names_sync_and_publish_nothing_again(
    synced: SyncHarness, instance: dg.DagsterInstance
) -> None:
    for sensor in (jira_changes, publish_local_changes):
        reason = Ticker(instance, sensor).tick().skip_reason
        assert isinstance(reason, dg.SkipReason)
        assert reason.skip_message == "Nothing changed."


def test_it_is_on_by_default_and_ticks_twice_a_minute() -> None:
    sensor = defs.resolve_sensor_def("jira_changes")

    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 30


@pytest.fixture
def watcher(synced: SyncHarness, instance: dg.DagsterInstance) -> Ticker:
    """The sensor of what is kept outside of Jira, which ticked once over a site that was published."""
    watcher = Ticker(instance, publish_local_changes)
    assert not watcher.tick().run_requests
    return watcher


def publish(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Run what that sensor asks for."""
    return defs.resolve_job_def("publish_warehouse").execute_in_process(instance=instance)


def test_what_people_decide_is_published_without_asking_jira(synced: SyncHarness, watcher: Ticker) -> None:
    assert not watcher.tick().run_requests
    ((account,), *_) = published(
        synced, "select account_id from jira_unmatched_users where reason <> 'ignored'"
    )
    synced.pipeline.state.team.set_override(account, None)
    assert watcher.tick().run_requests
    assert (
        Ticker(watcher.instance, publish_local_changes).tick().run_requests
    )  # as news to one that never ticked before

    mark = synced.site.journal.mark()
    assert publish(watcher.instance).success
    assert synced.site.requests_since(mark) == []
    rows = f"select distinct reason from jira_unmatched_users where account_id = '{account}'"
    assert published(synced, rows) == [("ignored",)]
    assert not watcher.tick().run_requests


def test_a_new_table_of_pull_requests_is_published_and_a_broken_one_is_tried_once(
    synced: SyncHarness, watcher: Ticker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "pulls.csv"
    table.write_text("repository,number,title,created_at\nweb,1,One,2026-01-01\n")
    monkeypatch.setenv("JIRA_ASSETS_PULL_REQUESTS", str(table))
    assert watcher.tick().run_requests
    assert publish(watcher.instance).success
    assert published(synced, "select title from pull_requests") == [("One",)]

    table.write_text("no such columns\n1\n")
    assert watcher.tick().run_requests
    assert publish(watcher.instance).success
    assert not watcher.tick().run_requests
    assert published(synced, "select title from pull_requests") == [("One",)]


@pytest.mark.prove
def test_fields_settings_and_untracking_are_in_the_tables_without_a_sync(
    synced: SyncHarness, watcher: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, gone, *_ = synced.tracked
    monkeypatch.setenv("JIRA_ASSETS_TIME_ZONE", "Asia/Tokyo")
    assert watcher.tick().run_requests
    # Nothing was ever written into this field.
    synced.pipeline.state.projects.choose_fields(
        other.project_id, story_points="customfield_99999", sprint=None
    )
    assert watcher.tick().run_requests
    synced.pipeline.state.projects.untrack([gone.project_key])
    assert watcher.tick().run_requests

    points = (
        f"select count(story_points), count(*) > 0 from jira_issues where project_id = '{other.project_id}'"
    )
    assert published(synced, points) != [(0, True)]
    assert publish(watcher.instance).success
    assert published(synced, points) == [(0, True)]
    assert published(synced, f"from jira_issues where project_id = '{gone.project_id}'") == []
    assert published(synced, "select distinct time_zone from metric_settings") == [("Asia/Tokyo",)]


def test_a_run_that_failed_is_asked_for_again_later_and_ever_later(
    synced: SyncHarness, watcher: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PublishError("It has one row too many.", "Try again.")

    synced.pipeline.state.team.set_override("somebody", None)
    assert watcher.tick().run_requests
    with monkeypatch.context() as broken:
        broken.setattr("jira_assets.sync.pipeline.publish_warehouse", fail)
        job = defs.resolve_job_def("publish_warehouse")
        assert not job.execute_in_process(instance=watcher.instance, raise_on_error=False).success
    result = watcher.tick()
    assert not result.run_requests
    assert "Next attempt at" in str(result.skip_reason)

    monkeypatch.setattr("jira_assets.defs.sensors.PAUSE_AFTER_ASKING", timedelta())
    assert watcher.tick().run_requests
    assert publish(watcher.instance).success
    assert not watcher.tick().run_requests


def test_the_pause_between_two_requests_doubles_up_to_an_hour() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    pauses = [AskedFor(identity="x", at=at, times=times).again_at - at for times in (1, 2, 3, 4, 5, 6, 99)]
    assert pauses == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16, 32, 60, 60)]


@pytest.mark.prove
def test_a_sync_that_was_planned_before_a_decision_follows_it(synced: SyncHarness, watcher: Ticker) -> None:
    planned = synced.tracked
    project = planned[0]
    synced.pipeline.state.projects.choose_fields(
        project.project_id, story_points="customfield_99999", sprint=None
    )
    assert synced.pipeline.sync(planned).failures == []
    synced.pipeline.publish()
    points = f"select count(story_points) from jira_issues where project_id = '{project.project_id}'"
    assert published(synced, points) == [(0,)]


@pytest.mark.prove
def test_what_is_decided_about_a_project_that_a_sync_works_on_is_not_forgotten(
    synced: SyncHarness, watcher: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.defs.sensors.PAUSE_AFTER_ASKING", timedelta())
    project = synced.tracked[0]
    points = f"select count(story_points) from jira_issues where project_id = '{project.project_id}'"
    with synced.pipeline.lake.lock(project.project_id, "sync"):
        synced.pipeline.state.projects.choose_fields(
            project.project_id, story_points="customfield_99999", sprint=None
        )
        assert watcher.tick().run_requests
        assert publish(watcher.instance).success
        assert published(synced, points) > [(0,)]

    assert watcher.tick().run_requests
    assert publish(watcher.instance).success
    assert published(synced, points) == [(0,)]
    assert not watcher.tick().run_requests


def test_a_target_that_is_behind_is_tried_again_ever_later(
    synced: SyncHarness, watcher: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.sync.targets.PATIENCE", timedelta(days=-999))
    monkeypatch.setenv("JIRA_ASSETS_PUBLISH", "postgres")
    monkeypatch.setenv("JIRA_ASSETS_PUBLISH_POSTGRES_URL", "postgresql://127.0.0.1:1/none")
    assert watcher.tick().run_requests
    assert publish(watcher.instance).success  # with a notice
    assert [notice.part for notice in synced.pipeline.notices()] == ["target postgres"]
    assert "Next attempt at" in str(watcher.tick().skip_reason)


def test_before_anything_was_published_there_is_nothing_to_publish_again(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    watcher = Ticker(instance, publish_local_changes)
    watcher.tick()
    harness.pipeline.state.team.set_override("somebody", None)
    assert not watcher.tick().run_requests


@pytest.mark.prove
def test_on_a_lake_that_hosts_share_decisions_are_followed_wherever_the_file_is_published(
    shared: SharedPlace, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        open_harness(shared.folder / "home", **shared.settings, publish="none") as harness,
        environment_of(harness, monkeypatch),
    ):
        harness.track()
        watcher = Ticker(instance, publish_local_changes)
        assert not watcher.tick().run_requests
        assert harness.sync().failures == []
        assert watcher.tick().run_requests
        harness.pipeline.publish_decisions()
        assert not watcher.tick().run_requests
        assert not harness.pipeline.settings.warehouse_dir.exists()


def published(harness: SyncHarness, sql: str) -> list[tuple[Any, ...]]:
    """Ask the published file itself."""
    with open_warehouse(harness.pipeline.settings.warehouse_file) as warehouse:
        return warehouse.execute(sql).fetchall()


def test_a_tick_that_jira_refuses_alerts_once_and_so_does_one_that_works_again(
    synced: SyncHarness, ticker: Ticker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setenv("JIRA_ASSETS_ALERT_URLS", "json://127.0.0.1:9")
    monkeypatch.setattr("jira_assets.alerts.watch.is_installed", lambda: True)
    monkeypatch.setattr("jira_assets.alerts.watch.timedelta", lambda **_: timedelta())
    monkeypatch.setattr("jira_assets.alerts.watch.send", lambda _, message: sent.append(message.title))
    ticker.tick()
    with monkeypatch.context() as wrong:
        wrong.setenv("JIRA_API_TOKEN", "wrong")
        ticks = [ticker.tick() for _ in range(3)]
    for _ in range(3):
        ticker.tick()

    assert all("Connect again" in str(tick.skip_reason) for tick in ticks)
    site = synced.server.url.partition("://")[2]
    assert [title.removeprefix(f"jira_assets, {site}: ") for title in sent] == [
        "syncs have stopped",
        "every reported problem is over",
    ]
