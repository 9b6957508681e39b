"""One run for many projects: exact partitions, and each project's own outcome."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from jira_assets.definitions import defs
from jira_assets.defs.assets import project_tables
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.sampling import sampled

pytestmark = pytest.mark.few_tables

TABLES = ["raw_jira_issues", "jira_issues", "jira_user_matches", "jira_unmatched_users"]


def run_sync(instance: dg.DagsterInstance, **config: Any) -> dg.ExecuteInProcessResult:
    """Run the sync job the way the command and the sensor do."""
    run_config = {"ops": {"project_tables": {"config": config}}}
    return defs.resolve_job_def("sync_jira").execute_in_process(
        instance=instance, run_config=run_config, raise_on_error=False
    )


def run_range(instance: dg.DagsterInstance, first: str, last: str) -> dg.ExecuteInProcessResult:
    """Run the sync job the way a backfill does, over a range of partitions."""
    tags = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    return defs.resolve_job_def("sync_jira").execute_in_process(
        instance=instance, raise_on_error=False, tags=tags
    )


def materialized(instance: dg.DagsterInstance, table: str) -> set[str]:
    """The partitions of a table that were ever materialized."""
    return instance.get_materialized_partitions(dg.AssetKey(table))


def events(result: dg.ExecuteInProcessResult, table: str) -> list[str | None]:
    """The partitions that a run materialized, in order."""
    return [
        event.partition
        for event in result.all_events
        if event.is_step_materialization and event.asset_key == dg.AssetKey(table)
    ]


def verdict(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    """What a run says of one check."""
    (found,) = (check for check in result.get_asset_check_evaluations() if check.check_name == name)
    return found


def edit_one(harness: SyncHarness, key: str) -> None:
    """Change one issue of a project."""
    issue = next(issue for issue in harness.site.issues_truth().values() if issue.project_key == key)
    harness.site.edit_issue(issue.id, summary="edited")


def test_a_run_materializes_every_table_then_those_of_changed_projects_and_an_idle_one_nothing(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    first = run_sync(instance)
    second = run_sync(instance)

    assert first.success
    assert second.success
    keys = {project.project_key for project in harness.tracked}
    assert {table: materialized(instance, table) for table in TABLES} == dict.fromkeys(TABLES, keys)
    assert len(events(first, "warehouse")) == 1
    assert harness.differences() == []
    assert [events(second, table) for table in [*TABLES, "warehouse"]] == [[], [], [], [], []]
    tables = ["jira_projects", "jira_users", "jira_sprints", "team_members"]
    assert [len(events(first, table)) for table in tables] == [1, 1, 1, 1]
    assert [len(events(second, table)) for table in tables] == [0, 0, 0, 0]

    changed = harness.tracked[1].project_key
    edit_one(harness, changed)
    third = run_sync(instance)

    assert events(third, "raw_jira_issues") == events(third, "jira_issues") == [changed]
    assert len(events(third, "warehouse")) == 1


@pytest.mark.prove
def test_only_the_projects_named_in_the_config_are_synced(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    wanted = [harness.tracked[0].project_key, harness.tracked[2].project_key]

    run_sync(instance, projects=wanted)

    assert materialized(instance, "jira_issues") == set(wanted)


@pytest.mark.prove
def test_a_forbidden_project_fails_the_check_but_no_other_project(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    forbidden = harness.tracked[0].project_key
    harness.site.forbid_project(forbidden)

    result = run_sync(instance)

    assert result.success
    assert materialized(instance, "jira_issues") == {p.project_key for p in harness.tracked} - {forbidden}
    check = verdict(result, "every_project_synced")
    assert not check.passed
    assert forbidden in check.metadata


def statuses(instance: dg.DagsterInstance, table: str) -> tuple[set[str], set[str]]:
    """The partitions that Dagster's UI shows as made, and those it shows as failed."""
    asset = defs.get_assets_def(dg.AssetKey("jira_issues"))
    cached = get_and_update_asset_status_cache_value(instance, dg.AssetKey(table), asset.partitions_def)
    assert cached is not None
    assert asset.partitions_def is not None
    made = cached.deserialize_materialized_partition_subsets(asset.partitions_def)
    failed = cached.deserialize_failed_partition_subsets(asset.partitions_def)
    return set(made.get_partition_keys()) - set(failed.get_partition_keys()), set(failed.get_partition_keys())


def test_a_failed_project_is_red_until_it_goes_well_again(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    first, *others = [project.project_key for project in harness.tracked]
    run_sync(instance)
    harness.site.forbid_project(first)
    result = run_sync(instance)

    assert result.success
    check = verdict(result, "every_project_synced")
    assert not check.passed
    assert list(check.metadata) == [first]
    for table in TABLES:
        assert statuses(instance, table) == (set(others), {first})
    (told,) = instance.get_runs(dg.RunsFilter(tags={"jira_assets/failures_of": result.run_id}))
    assert told.status is dg.DagsterRunStatus.FAILURE
    (reason,) = [
        event.user_message or event.message
        for event in instance.all_logs(told.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
    ]
    assert reason.startswith(f"{first}: ")
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["jira_assets/result"] == "1 of 3 projects failed"

    run_sync(instance)
    assert len(instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))) == 1, "told once"
    harness.site.forbid_project(first, forbidden=False)
    run_sync(instance)
    for table in TABLES:
        assert statuses(instance, table) == ({first, *others}, set())


@pytest.mark.prove
def test_a_run_without_the_forbidden_project_does_not_turn_the_check_green(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    forbidden, other, *_ = [project.project_key for project in harness.tracked]
    harness.site.forbid_project(forbidden)
    run_sync(instance)

    assert not verdict(run_sync(instance, projects=[other]), "every_project_synced").passed


def test_in_a_range_run_the_forbidden_partition_turns_red_and_the_rest_is_made(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    keys = [project.project_key for project in harness.tracked]
    instance.add_dynamic_partitions("jira_projects", keys)
    harness.site.forbid_project(keys[1])

    result = run_range(instance, keys[0], keys[-1])

    assert not result.success
    assert materialized(instance, "jira_issues") == set(keys) - {keys[1]}


@pytest.mark.prove
@pytest.mark.parametrize(("which", "is_deleted"), sampled([(0, False), (-1, False), (0, True)]))
def test_a_range_whose_end_was_untracked_meanwhile_makes_the_rest_and_names_it(
    harness: SyncHarness,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    which: int,
    is_deleted: bool,
) -> None:
    keys = [project.project_key for project in harness.tracked]
    instance.add_dynamic_partitions("jira_projects", keys)
    gone = keys[which]
    harness.pipeline.state.projects.untrack([gone])
    if is_deleted:
        # Another program deletes the partition when the run exists already.
        monkeypatch.setattr(
            project_tables,
            "follow_tracked",
            lambda *_: instance.delete_dynamic_partition("jira_projects", gone),
        )

    result = run_range(instance, keys[0], keys[-1])

    assert materialized(instance, "jira_issues") == set(keys) - {gone}
    (failure,) = [event.step_failure_data for event in result.all_events if event.is_step_failure]
    assert failure.user_failure_data is not None
    assert failure.user_failure_data.description == f"1 of 3 projects could not be synced: {gone}."
    assert f"{gone} is not tracked" in str(failure.user_failure_data.metadata[gone].value)


def test_a_run_of_which_no_project_is_tracked_any_more_fails_in_words(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    key = harness.tracked[0].project_key
    instance.add_dynamic_partitions("jira_projects", [key])
    harness.pipeline.state.projects.untrack([key])

    result = run_range(instance, key, key)

    assert f"{key} is not tracked." in str(result.all_events)
    assert "DagsterInvalid" not in str(result.all_events)


@pytest.mark.prove
def test_a_project_of_a_list_that_was_untracked_meanwhile_is_left_out(
    harness: SyncHarness, instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    gone, *others = [project.project_key for project in harness.tracked]
    harness.pipeline.state.projects.untrack([gone])

    result = run_sync(instance, projects=[gone, *others])

    assert result.success
    assert materialized(instance, "jira_issues") == set(others)
    assert f"{gone} is not tracked and was skipped" in capfd.readouterr().err


def test_deriving_alone_asks_jira_nothing(harness: SyncHarness, instance: dg.DagsterInstance) -> None:
    key = harness.tracked[0].project_key
    harness.sync(key)
    mark = harness.site.journal.mark()
    instance.add_dynamic_partitions("jira_projects", [key])

    result = dg.materialize(
        [defs.get_assets_def(dg.AssetKey("jira_issues"))],
        selection=["jira_issues"],
        partition_key=key,
        instance=instance,
        resources=defs.resources,
    )

    assert result.success
    assert harness.site.requests_since(mark) == []
    assert events(result, "jira_issues") == [key]
    assert events(result, "raw_jira_issues") == []


def test_dead_credentials_fail_the_run_without_showing_the_token(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    harness.site.switches.dead_credentials = True

    result = run_sync(instance)

    assert not result.success
    assert "demo-token" not in str(result.all_events)


@pytest.mark.prove
def test_partitions_follow_what_is_tracked(harness: SyncHarness, instance: dg.DagsterInstance) -> None:
    run_sync(instance)
    gone = harness.tracked[0].project_key
    harness.pipeline.state.projects.untrack([gone])

    run_sync(instance)

    assert set(instance.get_dynamic_partitions("jira_projects")) == {p.project_key for p in harness.tracked}
    assert gone not in {p.project_key for p in harness.tracked}
