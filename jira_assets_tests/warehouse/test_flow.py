"""What single issues do to the metrics: one rule each, small enough to follow by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from jira_assets.errors import PublishError
from jira_assets.warehouse.metric_settings import MetricSettings, ProjectMetrics
from jira_assets.warehouse.validation import check_warehouse
from jira_assets_tests.lake_fixture import LakeFixture, Row, seen
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.histories import Life, Sprint, State, on, preview_lives

AS_OF = date(2026, 2, 8)


def flow(bench: LakeFixture, life: Life, **given: object) -> Row:
    preview_lives(bench, [life], as_of=AS_OF, **given)
    return bench.ask_one("select * from issue_flow")


def test_a_day_counts_from_its_first_minute_to_its_last(bench: LakeFixture) -> None:
    row = flow(bench, Life("1", on(1)).then(on(2, 9), "status", "2").then(on(2, 17), "status", "4"))

    assert (row["lead_time_days"], row["cycle_time_days"], row["cycle_time_seconds"]) == (2, 1, 8 * 3600)
    assert (row["delivered"], row["age_days"], row["reopened"]) == (True, None, 0)


def test_days_begin_in_the_time_zone_of_the_settings(bench: LakeFixture) -> None:
    life = Life("1", on(1, 23)).then(on(2, 1), "status", "4")
    row = flow(bench, life, time_zone="Asia/Kolkata")

    assert (row["created_on"], row["finished_on"], row["lead_time_days"]) == (
        date(2026, 1, 6),
        date(2026, 1, 6),
        1,
    )


@pytest.mark.prove
def test_a_move_among_done_statuses_is_no_second_finish(bench: LakeFixture) -> None:
    row = flow(bench, Life("1", on(1)).then(on(3), "status", "4").then(on(20), "status", "5"))

    assert row["finished_at"] == on(3).replace(tzinfo=None)
    assert (row["moved_while_done"], row["reopened"]) == (1, 0)
    found = bench.ask_one("select found, examples from data_quality where finding = 'changed_after_done'")
    assert found == {"found": 1, "examples": ["P10-1"]}


def test_what_is_reopened_is_not_finished(bench: LakeFixture) -> None:
    row = flow(bench, Life("1", on(1)).then(on(3), "status", "4").then(on(9), "status", "2"))

    assert (row["finished_at"], row["delivered"], row["reopened"], row["moved_backwards"]) == (
        None,
        False,
        1,
        1,
    )
    assert row["age_days"] == (AS_OF - on(9).date()).days + 1


def test_an_unwanted_resolution_finishes_without_delivering(bench: LakeFixture) -> None:
    life = Life("1", on(1)).then(on(3), "resolution", "Won’t do ").then(on(3), "status", "4")  # noqa: RUF001  # Jira prints both
    row = flow(bench, life)

    assert (row["finished_on"], row["delivered"], row["lead_time_days"]) == (on(3).date(), False, 3)
    trend = bench.ask_one(
        "select sum(resolved) as resolved, sum(closed_without_work) as closed from resolution_trend"
    )
    assert trend == {"resolved": 1, "closed": 1}


def test_resolutions_are_named_by_id_too_since_jira_translates_their_names(bench: LakeFixture) -> None:
    lives = []
    for number, resolution in enumerate(("Won't Do", "Duplicate", "Fixed"), 1):
        life = Life(str(number), on(1), translated=True).then(on(2), "resolution", resolution)
        life.then(on(2), "status", "4").then(on(9), "status", "2").then(on(9), "resolution", None)
        lives.append(life.then(on(10), "status", "4").then(on(10), "resolution", resolution))
    settings = {"10": ProjectMetrics(undelivered_resolutions=["won't do", "12"])}
    preview_lives(bench, lives, as_of=AS_OF, projects=settings)

    delivered = bench.ask("select delivered from issue_flow order by jira_id")
    assert [row["delivered"] for row in delivered] == [True, False, True]
    issues = bench.ask("select resolution, resolution_id from jira_issues order by jira_id")
    assert [tuple(row.values()) for row in issues] == [
        ("de: Won't Do", "11"),
        ("de: Duplicate", "12"),
        ("de: Fixed", "10"),
    ]
    weeks = bench.ask("select resolved, closed_without_work from resolution_trend order by week")
    assert [tuple(row.values()) for row in weeks[:2]] == [(3, 1), (3, 1)]


def test_done_without_a_start_has_a_lead_time_and_no_cycle_time(bench: LakeFixture) -> None:
    row = flow(bench, Life("1", on(1)).then(on(3), "status", "4"))

    assert (row["lead_time_days"], row["cycle_time_days"], row["delivered"]) == (3, None, True)
    found = bench.ask_one("select found from data_quality where finding = 'no_start'")
    assert found == {"found": 1}


def test_settings_may_move_a_status_to_another_category(bench: LakeFixture) -> None:
    settings = {"10": ProjectMetrics(status_categories={"Review": "done", "2": "new"})}
    life = Life("1", on(1)).then(on(2), "status", "2").then(on(4), "status", "3")
    row = flow(bench, life, projects=settings)

    assert (row["started_at"], row["finished_on"], row["status_category"]) == (None, on(4).date(), "done")


@pytest.mark.prove
def test_settings_choose_the_levels_that_count(bench: LakeFixture) -> None:
    settings = {"10": ProjectMetrics(hierarchy_levels=(1,))}
    preview_lives(bench, [Life("1", on(1)), Life("2", on(1), kind="Epic")], as_of=AS_OF, projects=settings)

    assert bench.ask("select jira_id from issue_flow where is_counted") == [{"jira_id": "2"}]
    assert bench.ask_one("select max(created) as created from resolution_trend") == {"created": 1}


def test_flow_efficiency_needs_active_statuses(bench: LakeFixture) -> None:
    life = Life("1", on(1)).then(on(2), "status", "2").then(on(3), "status", "3").then(on(6), "status", "4")
    assert flow(bench, life)["flow_efficiency"] is None

    settings = {"10": ProjectMetrics(active_statuses=("doing",))}
    row = flow(bench, life, projects=settings)
    assert (row["flow_efficiency"], row["active_seconds"]) == (0.25, 24 * 3600)
    assert bench.ask_one("select is_active from status_times where status = 'Doing'") == {"is_active": True}


@pytest.mark.prove
def test_resolved_without_any_change_of_status_is_left_out_and_shown(bench: LakeFixture) -> None:
    done = {"id": "4", "name": "Done", "statusCategory": {"key": "done"}}
    kind = {"id": "1", "name": "Task", "hierarchyLevel": 0}
    created, resolved = "2026-01-05T12:00:00.000+0000", "2026-01-09T12:00:00.000+0000"
    fields = {"status": done, "issuetype": kind, "created": created, "resolutiondate": resolved}
    bench.land_and_derive(seen("1", fields), seen("2", {**fields, "resolutiondate": created}))
    bench.preview(metrics=MetricSettings("UTC", AS_OF))

    rows = bench.ask("select jira_id, is_left_out, delivered from issue_flow order by jira_id")
    assert [tuple(row.values()) for row in rows] == [("1", True, False), ("2", False, True)]
    assert {row["left_out"] for row in bench.ask("select left_out from resolution_trend")} == {1}


@pytest.mark.prove
def test_changes_from_before_the_creation_count_from_it(bench: LakeFixture) -> None:
    row = flow(bench, Life("1", on(5)).then(on(2), "status", "2").then(on(9), "status", "4"))

    assert row["started_at"] == on(5).replace(tzinfo=None)
    spans = bench.ask("select status, hours from issue_status_spans order by visit")
    assert [tuple(span.values()) for span in spans] == [("To Do", 0), ("Doing", 96), ("Done", None)]


def test_a_status_that_the_site_lists_without_a_category_has_that_of_its_issues(bench: LakeFixture) -> None:
    bench.land_site("statuses", {"status_id": "4", "status": "Shipped", "status_category": None})
    fields = {
        "status": {"id": "4", "name": "Shipped", "statusCategory": {"key": "done"}},
        "issuetype": {"id": "1", "name": "Task", "hierarchyLevel": 0},
        "created": "2026-01-05T12:00:00.000+0000",
    }
    bench.land_and_derive(seen("1", fields))

    bench.preview(metrics=MetricSettings("UTC", AS_OF))

    assert bench.ask_one("select status_category from jira_statuses") == {"status_category": "done"}
    assert bench.ask_one("select status_category from issue_status_spans") == {"status_category": "done"}


def test_the_guideline_of_a_sprint_rests_on_weekends(bench: LakeFixture) -> None:
    sprint = Sprint("7", on(33), on(37))  # Friday to Tuesday; the present is the Sunday between
    preview_lives(bench, [Life("1", on(1), State(points=6.0, sprints=("7",)))], sprints=[sprint], as_of=AS_OF)

    rows = bench.ask("select * from sprint_burndown order by day_number")
    assert [row["guideline"] for row in rows] == pytest.approx([6, 4, 4, 4, 2, 0])
    assert [row["remaining"] for row in rows] == [6, 6, 6, 6, None, None]


def test_work_that_comes_into_a_sprint_and_is_done_on_one_day_is_added_and_burned(bench: LakeFixture) -> None:
    planned = Life("1", on(1), State(points=3.0, sprints=("7",)))
    added = (
        Life("2", on(1), State(points=5.0)).then(on(9, 9), "sprints", ("7",)).then(on(9, 15), "status", "4")
    )
    preview_lives(bench, [planned, added], sprints=[Sprint("7", on(8), on(12), on(12))], as_of=AS_OF)

    days = bench.ask("select remaining, added, burned, removed from sprint_burndown order by day_number")
    steps = [tuple(row.values()) for row in days[:4]]
    assert steps == [(3, 0, 0, 0), (3, 0, 0, 0), (3, 5, 5, 0), (3, 0, 0, 0)]
    velocity = bench.ask_one("select added, completed from sprint_velocity")
    assert velocity == {"added": 5, "completed": 5}


@pytest.mark.prove
def test_work_that_is_taken_out_put_back_and_done_is_added_and_burned_again(bench: LakeFixture) -> None:
    life = Life("1", on(1), State(points=5.0, sprints=("7",))).then(on(9), "sprints", ())
    life.then(on(10, 9), "sprints", ("7",)).then(on(10, 15), "status", "4")
    preview_lives(bench, [life], sprints=[Sprint("7", on(8), on(12), on(12))], as_of=AS_OF)

    days = bench.ask("select removed, added, burned from sprint_burndown order by day_number")
    assert [tuple(row.values()) for row in days[:4]] == [(0, 0, 0), (0, 0, 0), (5, 0, 0), (0, 5, 5)]


@pytest.mark.prove
def test_work_that_was_done_before_it_came_into_a_sprint_is_neither(bench: LakeFixture) -> None:
    life = Life("1", on(1), State(points=5.0)).then(on(9, 9), "status", "4").then(on(10), "sprints", ("7",))
    preview_lives(bench, [life], sprints=[Sprint("7", on(8), on(12), on(12))], as_of=AS_OF)

    assert bench.ask("select 1 from sprint_burndown where added <> 0 or burned <> 0 or removed <> 0") == []


@pytest.mark.prove
def test_a_sprint_shows_how_many_it_leaves_out_also_of_those_that_were_taken_out_of_it(
    bench: LakeFixture,
) -> None:
    gone = Life("1", on(1), State(sprints=("7",)), lies="points").then(on(2), "points", 5.0)
    gone.then(on(9), "sprints", ())
    stays = Life("2", on(1), State(points=3.0, sprints=("7",)))
    sub_task = Life("3", on(1), State(sprints=("7",)), kind="Sub-task", lies="points")
    sub_task.then(on(2), "points", 1.0)
    lives = [gone, stays, sub_task]
    preview_lives(bench, lives, sprints=[Sprint("7", on(8), on(12), on(12))], as_of=AS_OF)

    velocity = bench.ask_one("select commitment, removed, left_out from sprint_velocity")
    assert velocity == {"commitment": 3, "removed": 0, "left_out": 1}
    assert {row["left_out"] for row in bench.ask("select left_out from sprint_burndown")} == {1}


@pytest.mark.prove
def test_a_type_of_which_every_issue_is_left_out_still_shows_their_number(bench: LakeFixture) -> None:
    lives = [Life("1", on(1), kind="Bug", lies="status").then(on(3), "status", "2"), Life("2", on(1))]
    preview_lives(bench, lives, as_of=AS_OF)

    rows = bench.ask("select distinct issue_type, left_out from resolution_trend order by all")
    assert [tuple(row.values()) for row in rows] == [("Bug", 1), ("Task", 0)]


@pytest.mark.parametrize(
    "table", sampled(["flow_times_weekly", "throughput_weekly", "cumulative_flow", "status_times"], 4)
)
def test_every_series_shows_how_many_it_leaves_out(bench: LakeFixture, table: str) -> None:
    lives = [
        Life(str(number), on(1), lies="status" if number > 3 else None).then(on(3), "status", "4")
        for number in range(1, 6)
    ]
    preview_lives(bench, lives, as_of=AS_OF)

    assert {row["left_out"] for row in bench.ask(f"select left_out from {table}")} == {2}


@pytest.mark.prove
def test_an_earlier_finish_has_the_resolution_that_was_there_before_it(bench: LakeFixture) -> None:
    life = Life("1", on(1)).then(on(2), "resolution", "Won't Do").then(on(3), "status", "4")
    life.then(on(9), "status", "2").then(on(9), "resolution", None).then(on(10), "status", "4")
    preview_lives(bench, [life], as_of=AS_OF)

    weeks = bench.ask("select resolved, delivered, closed_without_work from resolution_trend order by week")
    assert [tuple(row.values()) for row in weeks[:2]] == [(1, 0, 1), (1, 1, 0)]


def test_an_earlier_finish_has_the_resolution_that_never_changed(bench: LakeFixture) -> None:
    life = Life("1", on(1), State(resolution="Won't Do")).then(on(3), "status", "4")
    life.then(on(9), "status", "2").then(on(10), "status", "4")
    preview_lives(bench, [life], as_of=AS_OF)

    weeks = bench.ask("select resolved, delivered, closed_without_work from resolution_trend order by week")
    assert [tuple(row.values()) for row in weeks[:2]] == [(1, 0, 1), (1, 0, 1)]


@pytest.mark.prove
def test_a_sprint_of_more_than_a_year_has_no_burndown_and_is_named(bench: LakeFixture) -> None:
    life = Life("1", on(1), State(points=5.0, sprints=("7",)))
    preview_lives(bench, [life], sprints=[Sprint("7", on(2), on(12))], as_of=date(2027, 2, 8))

    assert bench.ask("select * from sprint_burndown") == []
    found = bench.ask_one("select found, examples from data_quality where finding = 'sprint_over_a_year'")
    assert found == {"found": 1, "examples": ["Sprint 7"]}


@pytest.mark.prove
def test_an_issue_that_was_done_from_the_first_is_named(bench: LakeFixture) -> None:
    preview_lives(bench, [Life("1", on(1), State(status="4")), Life("2", on(1))], as_of=AS_OF)

    found = bench.ask_one("select found, examples from data_quality where finding = 'done_at_creation'")
    assert found == {"found": 1, "examples": ["P10-1"]}


def test_a_series_that_does_not_end_with_the_present_is_not_published(whole: LakeFixture) -> None:
    with whole.engine.cursor() as engine:
        file = (whole.warehouse_dir / "jira.duckdb").resolve()
        engine.execute(f"attach '{file}' as original (read_only)")
        engine.execute("attach ':memory:' as built; copy from database original to built; detach original")
        engine.execute("update built.resolution_trend set open_at_end = 2")
        with pytest.raises(PublishError, match="resolution_trend of project 10 ends with 2, but the issues"):
            check_warehouse(engine, {})
        engine.execute("detach built")


@pytest.mark.prove
def test_statuses_that_share_a_name_are_one_stay_of_the_issue(bench: LakeFixture) -> None:
    steps = [("1", "To Do", "3"), ("3", "Doing", "9"), ("9", "Doing", "4")]
    histories: list[dict[str, Any]] = [
        {
            "id": str(number),
            "created": f"2026-01-{day:02}T12:00:00.000+0000",
            "items": [{"field": "status", "fieldId": "status", "from": old, "fromString": name, "to": new}],
        }
        for number, (day, (old, name, new)) in enumerate(zip((6, 10, 16), steps, strict=True), 1)
    ]
    for change, (_, name, _) in zip(histories, [*steps[1:], ("4", "Done", "")], strict=True):
        change["items"][0]["toString"] = name
    fields = {
        "status": {"id": "4", "name": "Done", "statusCategory": {"key": "done"}},
        "issuetype": {"id": "1", "name": "Task", "hierarchyLevel": 0},
        "created": "2026-01-05T12:00:00.000+0000",
    }
    bench.land_and_derive(seen("1", fields, histories=histories))
    bench.preview(metrics=MetricSettings("UTC", AS_OF))

    times = bench.ask("select status_id, days, days_by_name from issue_status_times order by first_visit")
    assert [tuple(row.values()) for row in times] == [
        ("1", 1, 1),
        ("3", 4, 10),
        ("9", 6, None),
        ("4", None, None),
    ]
