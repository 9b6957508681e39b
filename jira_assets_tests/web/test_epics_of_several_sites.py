"""Two sites have epics of one key: the Flow page offers both, and filters by the one that was chosen."""

from __future__ import annotations

import duckdb
import pytest

from jira_assets.web.queries.flow import filtered
from jira_assets.web.warehouse_reader import question

TABLES = """
create table jira_issues as select * from (values
    ('1', 'PAY-1', null, 'Ours', 'a'), ('2', 'PAY-2', 'PAY-1', 'Task', 'a'),
    ('acme:1', 'PAY-1', null, 'Theirs', 'a'), ('acme:2', 'PAY-2', 'PAY-1', 'Task', 'a')
) as issues(jira_id, jira_key, parent_key, summary, assignee_account_id);
alter table jira_issues add column team varchar;
create table issue_flow as select jira_id, true as is_counted, 'PAY' as project_key from jira_issues;
create table jira_issue_labels (jira_id varchar, label varchar);
create table jira_issue_components (jira_id varchar, component varchar);
create table jira_issue_versions (jira_id varchar, version varchar, kind varchar);
create table jira_issue_sprints (jira_id varchar, sprint_id varchar);
create table jira_users (account_id varchar, display_name varchar);
"""


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    """Make the tables that the filters read."""
    connection = duckdb.connect()
    connection.execute(TABLES)
    return connection


def test_each_epic_is_offered_once_with_its_own_summary(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(question("flow_choices"), {"project": None}).fetchall()
    assert [row[1:] for row in rows if row[0] == "epic"] == [
        ("acme:PAY-1", "acme:PAY-1 Theirs"),
        ("PAY-1", "PAY-1 Ours"),
    ]


@pytest.mark.parametrize(("epic", "found"), [("PAY-1", ["2"]), ("acme:PAY-1", ["acme:2"])])
def test_the_items_of_an_epic_are_those_of_its_site(
    warehouse: duckdb.DuckDBPyConnection, epic: str, found: list[str]
) -> None:
    names = ("project", "issue_type", "sprint", "team", "assignee", "label", "component", "version")
    query = filtered(question("item_filters"), {**dict.fromkeys(names), "epic": epic})
    rows = warehouse.execute(query, {"epic": epic}).fetchall()
    assert [row[0] for row in rows] == found
