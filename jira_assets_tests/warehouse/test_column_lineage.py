"""A column that a model copies is traced to the model it comes from; one that it computes is not."""

from __future__ import annotations

import duckdb
import pytest

from jira_assets.warehouse.column_lineage import copied_columns, origins_of
from jira_assets.warehouse.models import models


def origins(query: str) -> dict[str, str]:
    """The origins that a query says plainly."""
    found = origins_of(duckdb.connect(), query)
    return {column: f"{origin.model}.{origin.column}" for column, origin in found.items()}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select jira_id from warehouse.issue_flow", {"jira_id": "issue_flow.jira_id"}),
        ("select jira_id::varchar as id from issue_flow", {"id": "issue_flow.jira_id"}),
        ("select a.* from warehouse.status_times as a, (select 1 as one) as b", "status_times"),
        (
            "with a as (select jira_key as k from warehouse.issue_flow) select x.k as key from a as x",
            {"key": "issue_flow.jira_key"},
        ),
        (
            "select s.k as key from (select jira_key as k from warehouse.issue_flow) as s",
            {"key": "issue_flow.jira_key"},
        ),
        (
            "select jira_id, 1 from warehouse.issue_flow union all select i.jira_id, 2 from issue_flow as i",
            {"jira_id": "issue_flow.jira_id"},
        ),
    ],
)
def test_a_copied_column_has_its_origin(query: str, expected: dict[str, str] | str) -> None:
    if isinstance(expected, str):
        expected = {column.name: f"{expected}.{column.name}" for column in models()[expected].columns}
    assert origins(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "select upper(jira_id) as jira_id from warehouse.issue_flow",
        "select max(jira_id) as jira_id from warehouse.issue_flow",
        "select coalesce(a.jira_id, b.jira_id) as jira_id from issue_flow as a, jira_issues as b",
        "select jira_id from warehouse.issue_flow union all select jira_id from warehouse.jira_issues",
        "select * exclude (jira_id) from warehouse.issue_flow",
        "select jira_id from warehouse.issue_flow, warehouse.jira_issues",
        "select jira_id from lake.jira_issues",
        "select jira_id from site.issue_flow",
        "with issue_flow as (select 1 as jira_id) select jira_id from issue_flow",
        "select no_such_column from warehouse.issue_flow",
        "no query at all",
    ],
)
def test_what_is_computed_ambiguous_or_from_elsewhere_has_none(query: str) -> None:
    assert origins(query) == {}


def test_the_models_say_where_their_columns_come_from() -> None:
    found = copied_columns()
    assert found["sprint_velocity"]["sprint_name"] == ("jira_sprints", "sprint_name")
    assert found["sprint_velocity"]["planned_end_at"] == ("jira_sprints", "ended_at")
    assert "velocity" not in found["sprint_velocity"]
    assert found["cycle_time_scatter"]["finished_at"] == ("issue_flow", "finished_at")
    assert found["data_quality"]["last_synced_at"] == ("sync_status", "last_success_at")


def test_an_origin_is_a_column_of_the_same_type_of_a_model_that_is_read() -> None:
    types = {name: {c.name: c.type for c in model.columns} for name, model in models().items()}
    for name, columns in copied_columns().items():
        for column, origin in columns.items():
            assert types[origin.model][origin.column] == types[name][column], (name, column)
            assert origin.model in models()[name].needs, (name, column)
