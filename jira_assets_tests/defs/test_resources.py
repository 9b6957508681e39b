"""A run works on the home of the environment, or on the open pipeline that it was started with."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from jira_assets.definitions import defs
from jira_assets.defs.resources import Home, resource_of
from jira_assets.demo.generate.generate import generate_site
from jira_assets.settings.load import load_settings
from jira_assets.sync.pipeline import open_pipeline
from jira_assets_tests.harness import open_harness


@pytest.mark.few_tables
def test_a_run_uses_the_pipeline_it_was_started_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = generate_site(4, projects=1, issues=10, now_ms=1_790_000_000_000)
    with open_harness(tmp_path / "home", data, frozen=False) as harness:
        harness.track()
        for name, value in harness.environment.items():
            monkeypatch.setenv(name, value)
        job = defs.resolve_job_def("sync_jira")
        with open_pipeline(load_settings()) as pipeline, dg.DagsterInstance.ephemeral() as instance:
            monkeypatch.setenv("JIRA_ASSETS_HOME", str(tmp_path / "another"))
            result = job.execute_in_process(
                instance=instance, resources={"home": resource_of(Home(pipeline))}
            )
            (run,) = instance.get_runs()
        assert result.success
        assert [record.status for record in harness.pipeline.state.records.all()] == ["complete"]
        assert not (tmp_path / "another").exists()
        # The catalog shows it like any other run of the job.
        assert run.job_name == "sync_jira"


def test_without_one_it_opens_the_home_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_ASSETS_HOME", str(tmp_path / "home"))
    with Home().opened() as pipeline:
        assert pipeline.settings.home == tmp_path / "home"
        with Home(pipeline).opened() as same:
            assert same is pipeline


@pytest.mark.few_tables
def test_with_work_done_elsewhere_a_run_records_its_outcome_and_does_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = generate_site(4, projects=1, issues=10, now_ms=1_790_000_000_000)
    with open_harness(tmp_path / "home", data, frozen=False) as harness:
        harness.track()
        result, published = harness.sync(), harness.publish()
        asked = harness.site.journal.total
        home = Home(harness.pipeline, lambda: (result, published))
        with dg.DagsterInstance.ephemeral() as instance:
            job = defs.resolve_job_def("sync_jira")
            assert job.execute_in_process(instance=instance, resources={"home": resource_of(home)}).success
            materialized = instance.get_materialized_partitions(dg.AssetKey("jira_issues"))
        assert harness.site.journal.total == asked
        assert materialized == {project.project_key for project in harness.tracked}
