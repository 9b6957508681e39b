"""The last day of the calendar is a legal date: no table that is published stumbles over it."""

from __future__ import annotations

import pytest

from jira_assets.warehouse.metric_settings import MetricSettings, ProjectMetrics
from jira_assets.warehouse.models import models
from jira_assets_tests.lake_fixture import NOON, LakeFixture, seen
from jira_assets_tests.sampling import sampled

LAST = "9999-12-31T23:59:59.999Z"
FIRST = "0001-01-01T00:00:00.000Z"


@pytest.mark.parametrize("zone", sampled(["Pacific/Kiritimati", "UTC"]))
def test_every_table_is_readable_with_dates_at_the_ends_of_the_calendar(
    bench: LakeFixture, zone: str
) -> None:
    active = {"id": 7, "name": "7", "state": "active", "boardId": 1, "startDate": FIRST, "endDate": LAST}
    closed = active | {"id": 8, "state": "closed", "completeDate": LAST}
    item = {"field": "status", "fieldId": "status", "from": "1", "fromString": "To Do", "to": "3"}
    fields = {
        "duedate": "9999-12-31",
        "created": "2026-01-01T00:00:00.000Z",
        "resolutiondate": LAST,
        "customfield_20": [active, closed],
        "status": {"id": "3", "name": "Done", "statusCategory": {"key": "done"}},
        "issuetype": {"id": "1", "name": "Story", "hierarchyLevel": 0},
    }
    bench.land_and_derive(seen("1", fields, histories=[{"id": "1", "created": LAST, "items": [item]}]))

    bench.preview(metrics=MetricSettings.at(NOON, zone, {"10": ProjectMetrics()}))

    rows = {table: bench.ask(f"select * from {table}") for table in models()}
    (issue,) = rows["jira_issues"]
    assert str(issue["due_date"]) == "9999-12-31"
    assert {str(row["ended_at"])[:4] for row in rows["jira_sprints"]} == {"9999"}
