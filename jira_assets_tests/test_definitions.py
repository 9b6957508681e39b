"""The definitions load, and both ways to name the code location agree."""

from __future__ import annotations

import tomllib
from pathlib import Path

import dagster as dg
import yaml

from jira_assets.definitions import defs

ROOT = Path(__file__).parents[1]


def test_the_definitions_are_loadable() -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_asset_says_what_it_is() -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.description, spec.key


def test_workspace_and_project_name_the_same_location() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text(encoding="utf-8"))
    (location,) = workspace["load_from"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["dg"]["project"]

    assert location["python_module"] == {
        "module_name": project["code_location_target_module"],
        "location_name": project["code_location_name"],
    }


def test_the_lineage_reads_like_the_flow_of_the_data() -> None:
    parents = {
        spec.key.to_user_string(): {dep.asset_key.to_user_string() for dep in spec.deps}
        for spec in defs.resolve_all_asset_specs()
    }

    assert parents["raw_jira_issues"] == {"jira_projects"}
    assert parents["jira_issues"] == {"raw_jira_issues"}
    assert parents["jira_user_matches"] == {"jira_issues", "jira_users", "team_members"}
    assert parents["jira_unmatched_users"] == {"jira_user_matches"}
    assert {"jira_issues", "jira_user_matches", "jira_sprints"} <= parents["warehouse"]


def test_both_configurations_of_dagster_are_the_same_but_for_where_they_keep_things() -> None:
    sqlite, postgres = (
        yaml.safe_load((ROOT / "jira_assets" / name).read_text(encoding="utf-8"))
        for name in ("dagster.yaml", "dagster.postgres.yaml")
    )
    assert {name: postgres[name] for name in sqlite} == sqlite
    assert set(postgres) - set(sqlite) <= {"storage", "run_monitoring", "run_retries"}
