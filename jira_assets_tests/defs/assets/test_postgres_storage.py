"""A run whose state and whose Dagster storage are PostgreSQL: the same as on SQLite."""

from __future__ import annotations

import dagster as dg
import pytest

from jira_assets_tests.defs.assets.test_project_tables import materialized, run_sync
from jira_assets_tests.harness import SyncHarness


@pytest.mark.few_tables
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_runs_events_partitions_and_outcomes_are_kept(
    harness: SyncHarness, instance: dg.DagsterInstance
) -> None:
    assert run_sync(instance).success
    keys = {project.project_key for project in harness.tracked}
    assert materialized(instance, "jira_issues") == keys
    assert set(instance.get_dynamic_partitions("jira_projects")) == keys
    assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.SUCCESS]
    assert {record.status for record in harness.pipeline.state.records.all()} == {"complete"}
    assert harness.differences() == []
