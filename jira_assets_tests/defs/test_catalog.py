"""What Dagster's catalog shows: every published table, what it is made from, and what is observed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from jira_assets.definitions import defs
from jira_assets.demo.generate.generate import generate_site
from jira_assets.warehouse.models import models
from jira_assets_tests.harness import SyncHarness, open_harness

GRAPH = defs.resolve_asset_graph()
SOURCES = {"team_source", "pull_requests_source", "table_settings"}
MADE_BY_STEPS = {
    "jira_issues",
    "jira_projects",
    "jira_sprints",
    "jira_unmatched_users",
    "jira_user_matches",
    "jira_users",
    "raw_jira_issues",
    "sync_status",
    "team_members",
}

FEW = pytest.mark.few_tables("metric_settings", "pull_requests", "sprint_velocity")


def parents(table: str) -> set[str]:
    """What an asset is made from."""
    return {key.to_user_string() for key in GRAPH.get(dg.AssetKey(table)).parent_keys}


def ancestors(table: str) -> set[str]:
    """What an asset is made from, and what that is made from, and so on."""
    return {name for parent in parents(table) for name in {parent, *ancestors(parent)}}


def test_every_published_table_is_an_asset() -> None:
    keys = {key.to_user_string() for key in GRAPH.get_all_asset_keys()}
    assert keys == {*models(), "warehouse", *SOURCES}


def test_the_steps_make_what_they_made_before() -> None:
    made = {key.to_user_string() for key in GRAPH.materializable_asset_keys}
    assert made == {*MADE_BY_STEPS, "warehouse"}


@pytest.mark.parametrize("table", sorted(models()))
def test_a_table_has_group_columns_and_name_of_its_model(table: str) -> None:
    model, node = models()[table], GRAPH.get(dg.AssetKey(table))
    assert node.group_name == model.group
    assert node.description
    assert node.metadata["dagster/table_name"] == f"jira.main.{table}"
    schema = node.metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == [column.name for column in model.columns]
    if table not in MADE_BY_STEPS:
        assert node.description.startswith(f"{model.comment}.\n")
        assert node.kinds == ({"duckdb", "view"} if model.kind == "view" else {"duckdb"})
        assert model.needs <= parents(table)


def test_what_a_table_is_made_from_leads_to_jira_and_to_the_sources() -> None:
    assert parents("jira_issue_labels") == {"raw_jira_issues"}
    assert parents("metric_settings") == {"jira_projects", "table_settings"}
    assert parents("team_members") == {"team_source"}
    assert "pull_requests_source" in parents("pull_requests")
    assert {"raw_jira_issues", "jira_sprints", "table_settings"} <= ancestors("sprint_velocity")
    assert "pull_requests_source" not in ancestors("sprint_velocity")


def test_the_catalog_says_which_column_is_a_copy_of_which() -> None:
    lineage = GRAPH.get(dg.AssetKey("sprint_velocity")).metadata["dagster/column_lineage"]
    copied = lineage.deps_by_column["planned_end_at"]
    assert copied == [dg.TableColumnDep(dg.AssetKey("jira_sprints"), "ended_at")]
    assert "velocity" not in lineage.deps_by_column


def test_other_code_can_depend_on_a_metric() -> None:
    @dg.asset(deps=[dg.AssetKey("sprint_velocity")])
    def team_report() -> None: ...

    theirs = dg.Definitions(assets=[team_report])
    assert theirs.resolve_asset_graph().get(dg.AssetKey("team_report")).parent_keys == {
        dg.AssetKey("sprint_velocity")
    }
    together = dg.Definitions.merge(defs, theirs).resolve_asset_graph()
    above = together.get(dg.AssetKey("sprint_velocity"))
    assert above.child_keys >= {dg.AssetKey("team_report")}
    with dg.DagsterInstance.ephemeral() as instance:
        assert theirs.resolve_implicit_global_asset_job_def().execute_in_process(instance=instance).success


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that knows nothing yet."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncHarness]:
    """A site of two tracked projects, whose team and pull requests are to be in files."""
    data = generate_site(4, projects=2, issues=8, now_ms=1_790_000_000_000)
    with open_harness(tmp_path / "home", data, frozen=False) as harness:
        harness.track()
        for name, value in harness.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("JIRA_ASSETS_PULL_REQUESTS", str(tmp_path / "pulls.csv"))
        monkeypatch.setenv("JIRA_ASSETS_TEAM", str(tmp_path / "team.csv"))
        yield harness


def write_sources(folder: Path) -> None:
    """Write the files of the team and of pull requests."""
    (folder / "pulls.csv").write_text("repository,number,title,created_at\nweb,1,One,2026-01-01\n")
    (folder / "team.csv").write_text("member_id,display_name,email\nm1,Ada,\n")


def run(instance: dg.DagsterInstance, job: str) -> None:
    """Run a job to its end."""
    assert defs.resolve_job_def(job).execute_in_process(instance=instance).success


def observed(instance: dg.DagsterInstance) -> dict[str, int]:
    """How often each source was observed."""
    return {
        name: len(instance.fetch_observations(dg.AssetKey(name), limit=100).records)
        for name in sorted(SOURCES)
    }


@FEW
def test_a_source_is_observed_when_it_was_read_and_when_its_content_changed_by_the_run_that_follows_it(
    harness: SyncHarness, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "team.csv").write_text("no such columns\n")
    run(instance, "sync_jira")
    assert observed(instance) == {"pull_requests_source": 0, "table_settings": 1, "team_source": 0}
    write_sources(tmp_path)
    run(instance, "sync_jira")
    assert observed(instance) == {"pull_requests_source": 1, "table_settings": 1, "team_source": 1}
    run(instance, "sync_jira")
    run(instance, "publish_warehouse")
    assert observed(instance) == {"pull_requests_source": 1, "table_settings": 1, "team_source": 1}

    (tmp_path / "team.csv").write_text("member_id,display_name,email\nm1,Ada,\nm2,Grace,\n")
    run(instance, "publish_warehouse")
    assert observed(instance) == {"pull_requests_source": 1, "table_settings": 1, "team_source": 2}
    (tmp_path / "pulls.csv").write_text("repository,number,title,created_at\nweb,1,Two,2026-01-01\n")
    monkeypatch.setenv("JIRA_ASSETS_TIME_ZONE", "Asia/Tokyo")
    run(instance, "sync_jira")
    assert observed(instance) == {"pull_requests_source": 2, "table_settings": 2, "team_source": 2}


@pytest.mark.prove
@FEW
def test_a_table_of_each_publish_gets_no_event_of_its_own(
    harness: SyncHarness, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    write_sources(tmp_path)
    run(instance, "sync_jira")
    issue = next(iter(harness.site.issues_truth().values()))
    harness.site.edit_issue(issue.id, summary="edited")
    run(instance, "sync_jira")

    assert instance.get_latest_materialization_event(dg.AssetKey("warehouse")) is not None
    with_events = {key.to_user_string() for key in instance.get_asset_keys()}
    assert with_events <= {*MADE_BY_STEPS, "warehouse", *SOURCES}
