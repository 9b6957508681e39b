"""What issues were at given instants: one statement, for a macro that takes a moment and a view of days."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jira_assets.lake.sql_files import statement

_READ = (
    "issue_estimate_spans",
    "issue_field_spans",
    "issue_replay_flags",
    "issue_sprint_spans",
    "issue_status_spans",
    "jira_issues",
    "jira_sprints",
)


def _at_days() -> str:
    days = "select day, ends_at as instant from jira_history_days"
    return statement("warehouse/states/issues_at", instants=days, **{table: table for table in _READ})


def _at_a_moment() -> str:
    """Read tables by a name that is put together: a macro resolves plain ones where it is called."""
    instant = "select moment::date as day, moment::timestamp as instant"
    of_home = """coalesce('"' || replace(home, '"', '""') || '".main.', '')"""
    tables = {table: f"query_table({of_home} || '{table}')" for table in _READ}
    return statement("warehouse/states/issues_at", instants=instant, **tables)


STATES: Mapping[str, Callable[[], str]] = {
    "macros/jira_issues_as_of": _at_a_moment,
    "models/jira_issues_daily": _at_days,
}
"""The statements that hold it, by name under sql/."""
