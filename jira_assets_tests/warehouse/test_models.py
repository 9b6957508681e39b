"""A published file has the tables and columns that the catalog says, with their types and meanings."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb
import pytest

from jira_assets.lake.sql_files import statement_text
from jira_assets.warehouse.models import column_names, models, tables
from jira_assets_tests.lake_fixture import LakeFixture


@dataclass(frozen=True)
class Nothing:
    """The file of a project of which nothing was read yet."""

    bench: LakeFixture
    rows: dict[str, int]


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory, engine: duckdb.DuckDBPyConnection) -> Nothing:
    bench = LakeFixture(tmp_path_factory.mktemp("nothing"), engine)
    published = bench.publish()
    assert published is not None
    return Nothing(bench, published.rows)


@pytest.fixture(scope="module")
def published(nothing: Nothing) -> dict[str, list[tuple[str, str, str]]]:
    """Columns, types and comments of a published file, by table."""
    rows = nothing.bench.ask(
        "select table_name, column_name, lower(data_type) as type, comment from duckdb_columns() "
        "where schema_name = 'main' order by table_name, column_index"
    )
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        column = (row["column_name"], row["type"], row["comment"])
        found.setdefault(row["table_name"], []).append(column)
    return found


@pytest.mark.parametrize("table", models())
def test_columns_types_and_meanings_are_those_of_the_published_file(
    published: dict[str, list[tuple[str, str, str]]], table: str
) -> None:
    described = models()[table]

    assert [(column.name, column.type, column.comment) for column in described.columns] == published[table]
    assert described.comment


def test_a_warehouse_of_nothing_has_every_table_with_its_columns_and_meanings(nothing: Nothing) -> None:
    bench = nothing.bench
    known = {
        "jira_projects": 1,
        "metric_settings": 1,
        "forecast_inputs": 2,
        "data_quality": 21,
        "jira_sites": 1,
        "jira_history_days": 91,
    }
    known["warehouse_info"] = 8
    empty = set(tables()) - known.keys()
    assert nothing.rows == {**dict.fromkeys(empty, 0), **known}
    for table in models():
        described = bench.ask(f"describe {table}")
        assert tuple(row["column_name"] for row in described) == column_names(table)
    for table in empty:
        assert bench.ask(f"select * from {table}") == []
    assert bench.ask("select project_id, is_tracked from jira_projects") == [
        {"project_id": "10", "is_tracked": True}
    ]
    silent = bench.ask(
        "select table_name, column_name from duckdb_columns() where comment is null and not internal "
        "union all select table_name, null from duckdb_tables() where comment is null"
    )
    assert silent == []


def test_the_types_are_those_that_tools_expect(published: dict[str, list[tuple[str, str, str]]]) -> None:
    types = {column: kind.upper() for column, kind, _ in published["jira_issues"]}
    assert types["jira_id"] == types["sprint_id"] == types["assignee_id"] == "VARCHAR"
    assert types["updated_at"] == types["issue_created_at"] == "TIMESTAMP"
    assert (types["labels"], types["due_date"], types["is_subtask"]) == ("VARCHAR[]", "DATE", "BOOLEAN")
    assert (types["story_points"], types["hierarchy_level"], types["cycle_time_hours"]) == (
        "DOUBLE",
        "INTEGER",
        "DOUBLE",
    )


IN_COMMON = {
    "lake.jira_user_matches",
    "replayed_fields_of_projects",
    "value_names",
    "warehouse.project_statuses",
}
"""Relations of which `sql/incremental/contexts` keeps a digest for each project."""

SAME = {
    "lake.moved",
    "lake.renamed",
    "warehouse.jira_sprints",
    "warehouse.jira_statuses",
    "warehouse.jira_teams",
}
"""Relations that show untouched issues as before, or `sql/audits/hazards` has everything built."""

SHARED = {"warehouse.metric_settings"}
"""Relations made of what all projects share: where that differs, everything is built."""

OF_PARENTS = {"lake.parents"}
"""Issues below a touched one are touched as well."""


@pytest.mark.parametrize("table", [model.name for model in models().values() if model.is_of_issues])
def test_what_rows_of_an_issue_depend_on_besides_is_known_not_to_differ(table: str) -> None:
    model = models()[table]
    assert model.parts
    text = re.sub(r"--.*", "", statement_text(f"warehouse/models/{table}").partition("\ncomment on ")[0])
    read = set(re.findall(r"(?<!distinct )\b(?:from|join) ([\w.]+)", text))
    own = {relation.partition("(")[0] for relation in model.parts.relations}
    own |= set(re.findall(r"(\w+) as \(", text))
    besides = {name for name in read - own if name.partition(".")[0] not in ("site", "given")}
    assert besides <= IN_COMMON | SAME | SHARED | OF_PARENTS


@pytest.mark.parametrize("table", [model.name for model in models().values() if model.is_of_issues])
def test_tables_that_rows_of_an_issue_are_made_from_have_rows_of_issues(table: str) -> None:
    model = models()[table]
    assert model.parts
    of_tables = [name for name in model.parts.relations if name.startswith("warehouse.")]
    assert all(models()[name.removeprefix("warehouse.")].is_of_issues for name in of_tables)
