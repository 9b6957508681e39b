"""A run works on the home of the environment, or on the open pipeline that it was started with."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from jira_assets.definitions import defs
from jira_assets.defs.resources import Home, resource_of
from jira_assets.demo.generate.generate import generate_site
from jira_assets.settings.load import load_settings
from jira_assets.sync.events import SyncListener
from jira_assets.sync.pipeline import open_pipeline
from jira_assets.sync.run import SyncResult
from jira_assets.warehouse.publish import PublishResult
from jira_assets_tests.harness import open_harness


class Heard(SyncListener):
    """Keeps the outcome that it hears."""

    def __init__(self) -> None:
        self.results: list[SyncResult] = []

    def finished(self, result: SyncResult, published: PublishResult | None) -> None:
        """Keep the outcome."""
        self.results.append(result)


def test_a_run_uses_the_pipeline_it_was_started_with_and_its_listener_hears_the_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = generate_site(4, projects=1, issues=10, now_ms=1_790_000_000_000)
    with open_harness(tmp_path / "home", data, frozen=False) as harness:
        harness.track()
        for name, value in harness.environment.items():
            monkeypatch.setenv(name, value)
        heard, job = Heard(), defs.resolve_job_def("sync_jira")
        with open_pipeline(load_settings(), heard) as pipeline, dg.DagsterInstance.ephemeral() as instance:
            monkeypatch.setenv("JIRA_ASSETS_HOME", str(tmp_path / "another"))
            result = job.execute_in_process(
                instance=instance, resources={"home": resource_of(Home(pipeline))}
            )
            (run,) = instance.get_runs()
        assert result.success
        assert [outcome.project_key for outcome in heard.results[0].outcomes] == [
            project.project_key for project in harness.tracked
        ]
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
