"""What a status means that the site lists no longer: which evidence counts, and what happens without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from jira_assets.lake.raw_writer import Observation
from jira_assets.warehouse.metric_settings import MetricSettings, ProjectMetrics
from jira_assets_tests.lake_fixture import LakeFixture, Row, at, seen
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.histories import on

LISTED = {"1": ("To Do", "new"), "2": ("Doing", "indeterminate"), "4": ("Done", "done")}
RESOLVED = "5"
"""A status that the site does not list."""
FIXED = {"field": "resolution", "fieldId": "resolution", "from": None, "to": "10", "toString": "Fixed"}
CLEARED = {"field": "resolution", "fieldId": "resolution", "from": "10", "fromString": "Fixed", "to": None}


@dataclass
class Story:
    """An issue and what happened to it; it begins in To Do, and moves name ids, names or both."""

    jira_id: str
    histories: list[Row] = field(default_factory=list)
    status: tuple[str | None, str] = ("1", "To Do")
    fields: Row = field(default_factory=dict)
    project: str = "10"

    def move(self, when: datetime, to: str | None, name: str, *beside: Row) -> Story:
        """Change the status, and more in the same history."""
        item = {"field": "status", "fieldId": "status", "from": self.status[0], "fromString": self.status[1]}
        self.status = (to, name)
        return self.change(when, {**item, "to": to, "toString": name}, *beside)

    def change(self, when: datetime, *items: Row) -> Story:
        """Add a history."""
        created = f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}+0000"
        self.histories.append(
            {"id": str(100 + len(self.histories)), "created": created, "items": list(items)}
        )
        return self

    def observed(self) -> Observation:
        """What Jira answers: the status by its id, as the site lists it."""
        status_id = self.status[0] or next(key for key, (name, _) in LISTED.items() if name == self.status[1])
        name, category = LISTED[status_id]
        fields = {
            "status": {"id": status_id, "name": name, "statusCategory": {"key": category}},
            "issuetype": {"id": "1", "name": "Task", "hierarchyLevel": 0},
            "created": "2026-01-05T12:00:00.000+0000",
            **self.fields,
        }
        return seen(self.jira_id, fields, histories=self.histories, project=self.project)


def published(bench: LakeFixture, *stories: Story, kept: Sequence[Row] = (), **metrics: Any) -> None:
    rows = [
        {"status_id": key, "status": name, "status_category": kind} for key, (name, kind) in LISTED.items()
    ]
    bench.land_site("statuses", *rows, *kept)
    projects = sorted({story.project for story in stories})
    for project in projects:
        bench.land_and_derive(
            *(story.observed() for story in stories if story.project == project), project=project
        )
    settings = {project: ProjectMetrics(**metrics) for project in projects}
    bench.preview(*projects, metrics=MetricSettings("UTC", date(2026, 2, 8), settings))


def finishes(bench: LakeFixture) -> dict[str, Any]:
    rows = bench.ask("select jira_id, finished_at, is_left_out from issue_flow order by jira_id")
    return {row["jira_id"]: "left out" if row["is_left_out"] else row["finished_at"] for row in rows}


def meaning(bench: LakeFixture, status_id: str = RESOLVED) -> tuple[Any, ...]:
    row = bench.ask_one(
        "select status, status_category, known_from, issues_resolved, issues_unresolved "
        f"from project_statuses where status_id = '{status_id}'"
    )
    return tuple(row.values())


def naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def resolved(jira_id: str, *beside: Row) -> Story:
    """An issue that went through Resolved on day 9 and was moved to Done on day 30, when Resolved went."""
    story = Story(jira_id).move(on(6), "2", "Doing").move(on(9), RESOLVED, "Resolved", *beside)
    return story.move(on(30), "4", "Done")


def test_the_status_of_the_change_that_sets_the_resolution_is_done(bench: LakeFixture) -> None:
    published(bench, resolved("1", FIXED))

    assert finishes(bench) == {"1": naive(on(9))}
    assert meaning(bench) == ("Resolved", "done", "resolutions", 1, 0)


@pytest.mark.prove
def test_the_status_in_which_the_resolution_is_set_later_is_done(bench: LakeFixture) -> None:
    story = Story("1").move(on(9), RESOLVED, "Resolved").change(on(11), FIXED).move(on(30), "4", "Done")
    published(bench, story)

    assert finishes(bench) == {"1": naive(on(9))}


@pytest.mark.parametrize("seconds", sampled([-0.4, 0, 3600]), ids=["just before", "then", "an hour later"])
def test_the_status_in_which_the_issue_was_resolved_is_done_also_when_no_change_tells(
    bench: LakeFixture, seconds: float
) -> None:
    story = resolved("1")
    moment = on(9) + timedelta(seconds=seconds)
    story.fields = {"resolutiondate": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"}
    published(bench, story)

    assert finishes(bench) == {"1": naive(on(9))}


def test_one_decision_holds_for_every_issue_of_the_project_and_for_no_other(bench: LakeFixture) -> None:
    elsewhere = resolved("4")
    elsewhere.project = "11"
    published(bench, resolved("1", FIXED), resolved("2", FIXED), resolved("3"), elsewhere)

    assert finishes(bench) == {"1": naive(on(9)), "2": naive(on(9)), "3": naive(on(9)), "4": "left out"}


def test_a_status_that_few_issues_were_resolved_in_is_not_done(bench: LakeFixture) -> None:
    """Some people set a resolution while they work."""
    published(bench, resolved("1", FIXED), resolved("2"), resolved("3"))

    assert meaning(bench) == ("Resolved", None, None, 1, 2)
    assert set(finishes(bench).values()) == {"left out"}


@pytest.mark.prove
def test_as_many_issues_resolved_in_a_status_as_not_make_it_done(bench: LakeFixture) -> None:
    """Many sites move issues to Done without setting a resolution."""
    published(bench, resolved("1", FIXED), resolved("2"))

    assert meaning(bench) == ("Resolved", "done", "resolutions", 1, 1)
    assert finishes(bench) == {"1": naive(on(9)), "2": naive(on(9))}


@pytest.mark.prove
def test_a_resolution_that_is_cleared_in_the_status_does_not_speak_against_it(bench: LakeFixture) -> None:
    cleared = (
        Story("1").move(on(9), RESOLVED, "Resolved", FIXED).change(on(10), CLEARED).move(on(12), "2", "Doing")
    )
    back = Story("2").move(on(9), RESOLVED, "Resolved", FIXED).move(on(12), "2", "Doing", CLEARED)
    back.move(on(14), RESOLVED, "Resolved").move(on(30), "4", "Done", FIXED)
    published(bench, cleared, back)

    assert meaning(bench) == ("Resolved", "done", "resolutions", 2, 0)
    assert finishes(bench) == {"1": None, "2": naive(on(14))}


@pytest.mark.prove
def test_a_status_that_was_entered_with_an_earlier_resolution_stays_unknown(bench: LakeFixture) -> None:
    """Reopened with the resolution left in place, or moved on from Done: both look the same."""
    published(
        bench,
        Story("1").move(on(6), "4", "Done", FIXED).move(on(9), "8", "Reopened").move(on(10), "4", "Done"),
    )

    assert meaning(bench, "8") == ("Reopened", None, None, 0, 0)


@pytest.mark.prove
def test_what_the_resolution_leaves_behind_is_not_done(bench: LakeFixture) -> None:
    story = Story("1").move(on(6), "7", "Verify").move(on(9), "4", "Done", FIXED)
    published(bench, story)

    assert meaning(bench, "7") == ("Verify", None, None, 0, 1)


@pytest.mark.prove
def test_a_category_that_the_site_tells_is_believed_against_every_resolution(bench: LakeFixture) -> None:
    published(bench, Story("1").move(on(9), "2", "Doing", FIXED).move(on(30), "4", "Done"))

    assert meaning(bench, "2") == ("Doing", "indeterminate", "site", None, None)
    assert finishes(bench) == {"1": naive(on(30))}


def test_the_setting_goes_before_the_resolutions(bench: LakeFixture) -> None:
    published(bench, resolved("1", FIXED), status_categories={"Resolved": "indeterminate"})

    assert meaning(bench)[1:3] == ("indeterminate", "setting")
    assert finishes(bench) == {"1": naive(on(30))}


@pytest.mark.parametrize("entry", sampled(["Behoben", "Resolved", " resolved", RESOLVED], 4))
def test_the_setting_means_a_status_by_its_id_and_by_every_name_that_histories_give_it(
    bench: LakeFixture, entry: str
) -> None:
    translated = Story("2").move(on(9), RESOLVED, "Behoben").move(on(30), "4", "Done")
    published(bench, resolved("1"), translated, status_categories={entry: "done"})

    assert finishes(bench) == {"1": naive(on(9)), "2": naive(on(9))}
    setting = bench.ask_one("select setting from project_statuses where status_id = '5'")
    assert setting == {"setting": entry.strip().lower()}


@pytest.mark.prove
def test_the_setting_means_a_status_that_has_nothing_but_a_name(bench: LakeFixture) -> None:
    story = Story("1").move(on(9), None, "Resolved").move(on(30), "4", "Done")
    published(bench, story, status_categories={"Resolved": "done"}, active_statuses=["resolved"])

    assert finishes(bench) == {"1": naive(on(9))}
    row = bench.ask_one("select status_id, is_active from project_statuses where status = 'Resolved'")
    assert row == {"status_id": None, "is_active": True}


@pytest.mark.prove
def test_a_former_name_of_a_listed_status_is_not_its_name(bench: LakeFixture) -> None:
    published(
        bench,
        Story("1").move(on(9), "2", "Ready").move(on(30), "4", "Done"),
        status_categories={"ready": "done"},
    )

    assert finishes(bench) == {"1": naive(on(30))}
    assert bench.ask("select * from project_statuses where setting is not null") == []


def test_a_status_of_unknown_category_leaves_the_issue_out_and_names_the_repair(bench: LakeFixture) -> None:
    closed = (
        Story("2")
        .move(on(6), "4", "Done", FIXED)
        .move(on(9), "8", "Shelved, for now")
        .move(on(10), "4", "Done")
    )
    published(bench, resolved("1"), closed, Story("3"))

    assert finishes(bench) == {"1": "left out", "2": "left out", "3": None}
    flag = bench.ask_one(
        "select replay, reason, replayed, present from issue_replay_flags where jira_id = '1'"
    )
    assert flag == {
        "replay": "category",
        "reason": "it was in a status of unknown category",
        "replayed": "Resolved",
        "present": "Done",
    }
    found = bench.ask_one("select found, examples, repair from data_quality where finding = 'unknown_status'")
    assert found == {
        "found": 2,
        "examples": ["P10-1", "P10-2"],
        "repair": 'JIRA_ASSETS_STATUS_CATEGORIES="8 = done, Resolved = in progress"',
    }
    assert bench.ask_one("select found from data_quality where finding = 'status_contradicted'") == {
        "found": 0
    }
    for table in ("resolution_trend", "cumulative_flow"):
        assert {row["left_out"] for row in bench.ask(f"select left_out from {table}")} == {2}
    day = bench.ask_one("select to_do, in_progress, done from cumulative_flow where day = date '2026-01-20'")
    assert day == {"to_do": 1, "in_progress": 0, "done": 0}


@pytest.mark.prove
def test_the_repair_keeps_what_is_set_for_the_project(bench: LakeFixture) -> None:
    published(bench, resolved("1"), status_categories={"Doing": "new", "4": "done"})

    found = bench.ask_one("select repair from data_quality where finding = 'unknown_status'")
    assert found == {
        "repair": 'JIRA_ASSETS_STATUS_CATEGORIES="P10: 4 = done, doing = to do, Resolved = in progress"'
    }


@pytest.mark.prove
def test_the_repair_mends_what_it_is_named_for(bench: LakeFixture) -> None:
    published(bench, resolved("1"), status_categories={"resolved": "done"})

    found = bench.ask_one("select found, repair from data_quality where finding = 'unknown_status'")
    assert found == {"found": 0, "repair": None}


@pytest.mark.prove
def test_what_the_site_listed_once_stays_known(bench: LakeFixture) -> None:
    once = {"status_id": RESOLVED, "status": "Resolved", "status_category": "done", "is_listed": False}
    published(bench, resolved("1"), kept=[once])

    assert meaning(bench) == ("Resolved", "done", "lake", None, None)
    assert bench.ask("select status_id from jira_statuses where not is_listed") == [{"status_id": RESOLVED}]


@pytest.mark.parametrize("end", sampled(["issue", "gone"]))
def test_what_an_earlier_version_of_an_issue_said_of_its_status_stays_known(
    bench: LakeFixture, end: str
) -> None:
    status = {"id": RESOLVED, "name": "Resolved", "statusCategory": {"key": "done"}}
    bench.land([seen("7", {"status": status})], asked_at=at(1))
    if end == "issue":
        bench.land([seen("7", {"status": {"id": "4", "name": "Done"}}, updated=at(5))], asked_at=at(6))
    else:
        bench.land([seen("7", kind="gone", payload=b"null")], asked_at=at(6))
    published(bench, resolved("1"))

    assert finishes(bench)["1"] == naive(on(9))
    assert meaning(bench) == ("Resolved", "done", "lake", None, None)


def test_a_change_that_names_its_status_without_an_id_means_the_projects_status_of_that_name(
    bench: LakeFixture,
) -> None:
    story = Story("1").move(on(6), None, "doing").move(on(9), None, "Done")
    published(bench, story)

    spans = bench.ask("select status_id, status, status_category from issue_status_spans order by visit")
    assert [tuple(span.values()) for span in spans] == [
        ("1", "To Do", "new"),
        ("2", "Doing", "indeterminate"),
        ("4", "Done", "done"),
    ]
    assert finishes(bench) == {"1": naive(on(9))}


@pytest.mark.prove
def test_a_name_means_the_projects_own_status_before_a_shared_one_and_never_that_of_another(
    bench: LakeFixture,
) -> None:
    story = Story("1").move(on(6), None, "Review").move(on(9), "4", "Done")
    published(bench, story)
    own = [
        {"status_id": "21", "status": "Review", "status_category": "new", "project_id": "99"},
        {"status_id": "22", "status": "Review", "status_category": "indeterminate", "project_id": "10"},
        {"status_id": "20", "status": "Review", "status_category": "new"},
        {"status_id": "4", "status": "Done", "status_category": "done"},
        {"status_id": "1", "status": "To Do", "status_category": "new"},
    ]
    for rows, expected in ((own, "22"), ([own[0], *own[2:]], "20"), ([own[0], *own[3:]], None)):
        bench.land_site("statuses", *rows)
        bench.preview(metrics=MetricSettings("UTC", date(2026, 2, 8)))
        assert bench.ask_one("select status_id from issue_status_spans where visit = 2") == {
            "status_id": expected
        }
