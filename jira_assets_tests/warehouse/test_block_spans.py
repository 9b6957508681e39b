"""Times in which issues were blocked: by a flag, by their status, by an open issue."""

from __future__ import annotations

from typing import Any

import pytest

from jira_assets.warehouse.metric_settings import MetricSettings, ProjectMetrics
from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen
from jira_assets_tests.warehouse.test_field_spans import CREATED, change, item, minute
from jira_assets_tests.warehouse.test_links import by

BOXES = "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"
FLAG = {"id": "10019", "value": "Impediment"}
RAISED, TAKEN_OFF = (("", ""), ("[10019]", "Impediment")), (("[10019]", "Impediment"), ("", ""))
STATUSES = {
    "1": ("To Do", "new"),
    "2": ("Waiting", "indeterminate"),
    "3": ("On hold", "new"),
    "4": ("Done", "done"),
}


@pytest.fixture
def site(bench: LakeFixture) -> LakeFixture:
    """A site that lists its statuses, and flags issues in a field."""
    flagged = {
        "field_id": "customfield_21",
        "field_name": "Flagged",
        "schema_custom": BOXES,
        "schema_type": "array",
    }
    bench.land_site("fields", flagged)
    rows = [
        {"status_id": key, "status": name, "status_category": kind} for key, (name, kind) in STATUSES.items()
    ]
    bench.land_site("statuses", *rows)
    return bench


def land(
    bench: LakeFixture, jira_id: str, *changes: Row, status: str = "1", project: str = "10", **fields: Any
) -> None:
    """Land an issue in a status."""
    name, kind = STATUSES[status]
    shown = {"id": status, "name": name, "statusCategory": {"key": kind}}
    observed = seen(
        jira_id,
        {"created": CREATED, "status": shown, "issuelinks": [], **fields},
        histories=changes,
        project=project,
    )
    bench.land([observed], project=project)
    bench.derive(project)


def moved(number: int, before: str, after: str) -> Row:
    old, new = ((each, STATUSES[each][0]) for each in (before, after))
    return change(number, item("status", old, new, "status"))


def linked(number: int, key: str, *, words: str = "This issue is blocked by", is_new: bool = True) -> Row:
    end = (key, f"{words} {key}")
    before, after = (None, end) if is_new else (end, None)
    return change(number, item("Link", before, after, "issuelinks"))


def blocked(bench: LakeFixture, *projects: str, jira_id: str = "1", **settings: Any) -> list[tuple[Any, ...]]:
    """Return reason, blocker, beginning, end, and whether all is right."""
    metrics = MetricSettings(projects={"10": ProjectMetrics(**settings)})
    bench.preview(*(projects or ("10",)), metrics=metrics)
    rows = bench.ask(
        f"select * from issue_block_spans where jira_id = '{jira_id}' order by reason, started_at"
    )
    return [
        (
            row["reason"],
            row["blocker_jira_id"],
            minute(row["started_at"]),
            minute(row["ended_at"]),
            row["contradiction"] is None,
        )
        for row in rows
    ]


@pytest.mark.parametrize("field_id", ["customfield_21", pytest.param(None, marks=pytest.mark.prove)])
def test_a_flag_blocks_from_its_raising_to_its_removal(site: LakeFixture, field_id: str | None) -> None:
    changes = [
        change(number, item("Flagged", *ends, field_id))
        for number, ends in ((1, RAISED), (3, TAKEN_OFF), (6, RAISED))
    ]
    land(site, "1", *changes, customfield_21=[FLAG])
    assert blocked(site) == [("flagged", None, 1, 3, True), ("flagged", None, 6, None, True)]


@pytest.mark.prove
def test_a_flag_that_no_change_names_is_there_since_the_creation(site: LakeFixture) -> None:
    land(site, "1", customfield_21=[FLAG])
    assert blocked(site) == [("flagged", None, -60, None, True)]


@pytest.mark.prove
def test_a_flag_is_known_by_its_name_where_the_fields_of_the_site_are_not_known(bench: LakeFixture) -> None:
    land(bench, "1", change(1, item("Flagged", *RAISED, "customfield_21")), customfield_21=[FLAG])
    assert blocked(bench) == [("flagged", None, 1, None, True)]


@pytest.mark.prove
def test_a_flag_that_the_issue_does_not_show_is_flagged_itself(site: LakeFixture) -> None:
    land(site, "2", customfield_21=[FLAG])
    land(site, "1", change(1, item("Flagged", *RAISED, "customfield_21")))
    assert blocked(site) == [("flagged", None, 1, None, False)]


def test_a_blocked_status_blocks_and_two_after_one_another_are_one_time(site: LakeFixture) -> None:
    changes = (moved(1, "1", "2"), moved(2, "2", "3"), moved(5, "3", "1"), moved(7, "1", "3"))
    land(site, "1", *changes, status="3")
    assert blocked(site) == []
    assert blocked(site, blocked_statuses=["waiting", "3"]) == [
        ("status", None, 1, 5, True),
        ("status", None, 7, None, True),
    ]
    assert blocked(site, blocked_statuses=["Waiting"]) == [("status", None, 1, 2, True)]
    assert site.ask("select distinct status from project_statuses where is_blocked") == [
        {"status": "Waiting"}
    ]


@pytest.mark.prove
def test_a_status_that_the_issue_is_not_in_is_flagged(site: LakeFixture) -> None:
    land(site, "1", moved(1, "1", "2"), status="4")
    assert blocked(site, blocked_statuses=["Waiting"]) == [("status", None, 1, None, False)]


def test_an_issue_blocks_while_it_is_open_and_the_link_is_there(site: LakeFixture) -> None:
    land(
        site, "2", moved(3, "1", "4"), moved(6, "4", "2"), moved(7, "2", "1"), moved(9, "1", "4"), status="4"
    )
    land(site, "1", linked(1, "P10-2"), linked(8, "P10-2", is_new=False))
    assert blocked(site) == [("link", "2", 1, 3, True), ("link", "2", 6, 8, True)]
    assert blocked(site, jira_id="2") == []


@pytest.mark.prove
def test_a_link_that_is_added_once_the_blocker_is_done_blocks_nothing(site: LakeFixture) -> None:
    land(site, "2", moved(3, "1", "4"), status="4")
    land(site, "1", linked(5, "P10-2"), issuelinks=[by("2")])
    assert blocked(site) == []


def test_a_blocker_in_another_project_and_two_blockers_at_a_time(site: LakeFixture) -> None:
    land(site, "2", project="11")
    land(site, "3", moved(4, "1", "4"), status="4")
    links = [by("2", key="P11-2"), by("3", link="101")]
    land(site, "1", linked(1, "P11-2"), linked(2, "P10-3"), issuelinks=links)
    assert blocked(site, "10", "11") == [("link", "2", 1, None, True), ("link", "3", 2, 4, True)]


def test_a_blocker_that_is_not_tracked_counts_as_open(site: LakeFixture) -> None:
    land(site, "1", linked(1, "FAR-2"), issuelinks=[by("2", key="FAR-2")])
    assert blocked(site) == [("link", "2", 1, None, True)]
    assert site.ask_one("select is_blocker_tracked from issue_block_spans") == {"is_blocker_tracked": False}


@pytest.mark.prove
def test_an_issue_that_is_deleted_blocks_no_longer(site: LakeFixture) -> None:
    site.land([seen("2", {"issuelinks": []}, updated=at(-99))], asked_at=at(-99))
    land(site, "1", linked(1, "P10-2"))
    site.land_and_derive(seen("2", kind="gone", payload=b"null"), asked_at=at(5))
    assert blocked(site) == [("link", "2", 1, 65, True)]


@pytest.mark.prove
def test_an_issue_does_not_block_itself_and_other_links_block_nothing(site: LakeFixture) -> None:
    relates = {
        **by("2"),
        "type": {"id": "2", "name": "Relates", "inward": "relates to", "outward": "relates to"},
    }
    land(site, "2")
    land(site, "1", issuelinks=[by("1"), relates | {"id": "101"}])
    assert blocked(site) == []


@pytest.mark.prove
def test_the_type_may_be_called_otherwise_at_the_blocked_end(site: LakeFixture) -> None:
    kind = {"id": "9", "name": "Blocker", "inward": "wartet auf", "outward": "hält auf"}
    land(site, "2")
    land(
        site,
        "1",
        linked(1, "P10-2", words="Dieser Vorgang wartet auf"),
        issuelinks=[{**by("2"), "type": kind}],
    )
    assert blocked(site) == [("link", "2", 1, None, True)]


def test_a_link_that_only_the_changes_know_and_a_blocker_in_doubt_are_flagged(site: LakeFixture) -> None:
    land(site, "2")
    land(site, "3", moved(1, "1", "2"), status="1")
    land(site, "1", linked(1, "P10-2"), linked(2, "P10-3"), issuelinks=[by("3")])
    assert blocked(site) == [("link", "2", 1, None, False), ("link", "3", 2, None, False)]
