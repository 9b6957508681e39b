from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import duckdb
import pytest
import vl_convert
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from starlette.testclient import TestClient

from jira_assets.settings.load import Settings
from jira_assets.web.application import create_app
from jira_assets.web.queries.flow import answer_panel, panel_question
from jira_assets.web.queries.flow_filter import CHOICES, WINDOWS, FlowFilter
from jira_assets.web.queries.headlines import headline
from jira_assets.web.queries.panels import PANELS, chart
from jira_assets.web.warehouse_reader import PublishedWarehouse
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.present import PresentWarehouse
from jira_assets_tests.sampling import sampled
from jira_assets_tests.web.conftest import Page
from jira_assets_tests.web.hand_made import write_warehouse

ADDRESSES = [
    {"weeks": "0"},
    {"project": "*", "weeks": "0"},
    {"project": "PAY", "type": "Story", "weeks": "52"},
    {"project": "PAY", "from": "2026-03-01", "to": "2026-10-31"},
    {"project": "*", "team": "Payments Core", "weeks": "0"},
    {"project": "PAY", "label": "x", "component": "y", "epic": "PAY-1", "version": "z", "assignee": "a"},
]
HOSTILE = [
    "' or 1=1 --",
    "'; drop table issue_flow; --",
    "$project",
    "\\",
    "\x00",
    "9" * 50,
    "2026-13-99",
    "*",
]
PARAMETERS = ("project", "sprint", "type", "weeks", "from", "to", "bucket", "board", *CHOICES)


@pytest.fixture(scope="module")
def settings(full_site: SyncHarness) -> Settings:
    return full_site.pipeline.settings


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: settings), "http://localhost") as opened:
        yield opened


@cache
def warehouse_of(file: Path) -> PresentWarehouse:
    return PresentWarehouse(file)


def rows_of(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    return warehouse_of(settings.warehouse_file).opened().execute(sql).fetchall()


def named_fields(spec: Any) -> tuple[set[str], set[str]]:
    """Find the fields that a spec reads, and those that its own transforms make."""
    read: set[str] = set()
    made: set[str] = set()
    if isinstance(spec, dict):
        made |= {spec["as"]} if isinstance(spec.get("as"), str) else set(spec.get("as", ()))
        read |= {spec["field"]} if isinstance(spec.get("field"), str) else set()
        read |= set(spec.get("fold", ())) | set(spec.get("groupby", ()))
        for part in spec.values():
            deeper_read, deeper_made = named_fields(part)
            read, made = read | deeper_read, made | deeper_made
    elif isinstance(spec, list):
        for part in spec:
            deeper_read, deeper_made = named_fields(part)
            read, made = read | deeper_read, made | deeper_made
    return read, made


@pytest.mark.parametrize("name", sampled(PANELS))
def test_every_field_that_a_chart_names_is_a_column_of_its_rows(settings: Settings, name: str) -> None:
    columns = set(answer_panel(PublishedWarehouse(settings.warehouse_file), name, {}).rows.columns)
    read, made = named_fields(chart(name))
    assert read - made <= columns
    assert len(read & columns) >= 2
    assert PANELS[name].enough in columns


@pytest.mark.parametrize("name", sampled(PANELS, 15))
def test_every_chart_is_drawn_elsewhere_as_the_docs_say(settings: Settings, name: str) -> None:
    answer = answer_panel(PublishedWarehouse(settings.warehouse_file), name, {"weeks": "0"})
    spec = json.loads(json.dumps(chart(name)))
    spec["data"] = {"name": "rows", "values": json.loads(json.dumps(list(answer.rows), default=str))}
    spec["config"] = {"params": [{"name": key, "value": colour} for key, colour in documented_colours()]}
    spec["width"] = 600
    assert "<path" in vl_convert.vegalite_to_svg(spec)


def documented_colours() -> Iterator[tuple[str, str]]:
    """The colours that docs/page.md gives to whoever draws a chart in a notebook."""
    text = (Path(__file__).parents[3] / "docs" / "page.md").read_text(encoding="utf-8")
    block = text.partition("colours = {")[2].partition("}")[0]
    yield from re.findall(r'"(\w+)": "(#\w{6})"', block)


@pytest.mark.parametrize("name", sampled(PANELS))
def test_the_site_gives_every_panel_something_to_draw(
    client: TestClient, settings: Settings, name: str
) -> None:
    found = client.get(f"/flow/{name}.json?project=PAY&weeks=0").json()
    assert found["is_enough"], found["rows"]
    assert found["headline"]
    assert (
        datetime.fromisoformat(found["as_of"]) == PublishedWarehouse(settings.warehouse_file).published_at()
    )
    assert all(len(row) == len(found["columns"]) for row in found["rows"])


@pytest.mark.parametrize(("name", "given_query"), sampled(product(PANELS, ADDRESSES), 13))
def test_the_sql_that_is_shown_finds_the_rows_that_are_drawn(
    client: TestClient, settings: Settings, name: str, given_query: dict[str, str]
) -> None:
    found = client.get(f"/flow/{name}.json", params=given_query).json()
    assert "$" not in found["sql"]
    assert json.loads(json.dumps(rows_of(settings, found["sql"]), default=iso)) == found["rows"]


@pytest.mark.parametrize("name", sampled(PANELS, 5))
def test_the_csv_has_the_rows_that_are_drawn(client: TestClient, name: str) -> None:
    found = client.get(f"/flow/{name}.json?project=PAY&weeks=26").json()
    answer = client.get(f"/flow/{name}.csv?project=PAY&weeks=26")
    read = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(read) == len(found["rows"])
    for drawn, row in zip(found["rows"], read, strict=True):
        assert list(row.values()) == [as_csv(value) for value in drawn]


def iso(value: Any) -> str:
    return str(value.isoformat())


def as_csv(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(value) if isinstance(value, list) else str(value)


def test_a_panel_of_a_whole_project_has_the_figures_of_the_published_tables(settings: Settings) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    weekly = answer_panel(published, "flow_times", {"project": "PAY", "weeks": "52"})
    table = rows_of(
        settings,
        """select week, cycle_time_median, cycle_time_p85, cycle_time_n, lead_time_median, lead_time_p85,
        lead_time_n from flow_times_weekly where project_key = 'PAY' order by week""",
    )
    inner = [row for row in weekly.rows.rows if row[0] > weekly.filter.since]  # the first week may be cut
    assert inner
    assert inner == [row for row in table if row[0] > weekly.filter.since]

    times = answer_panel(published, "status_times", {"project": "PAY", "weeks": "0"})
    table = rows_of(
        settings,
        """select status, time_n, days_median, days_p85 from status_times
        where project_key = 'PAY' and time_n > 0 order by status""",
    )
    chosen = [(row["status"], row["items"], row["days_median"], row["days_p85"]) for row in times.rows]
    assert sorted(chosen) == table


def test_work_in_progress_is_that_of_one_board_and_its_columns_in_progress(settings: Settings) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    boards = rows_of(settings, "select board_id, board_name from jira_boards")
    assert len(boards) > 1
    for board, name in boards:
        answer = answer_panel(published, "board_wip", {"project": "*", "weeks": "6", "board": board})
        table = rows_of(
            settings,
            f"""select day, column_name, limit_counts, max_issues from board_column_wip
            where board_id = '{board}' and day > date '2026-11-23' - 42
            and column_name not in ('Backlog', 'To Do', 'Open')""",
        )
        drawn = [
            (row["day"], row["column_name"], row["limit_counts"], row["max_issues"]) for row in answer.rows
        ]
        assert sorted(drawn) == sorted(table) != []
        assert {row["board_name"] for row in answer.rows} == {name}
    assert answer_panel(published, "board_wip", {"project": "*", "board": "nothing"}).rows.rows == []


@pytest.mark.parametrize(("kind", "title"), [("epic", "jira_key"), ("version", "version")])
def test_progress_is_that_of_today_with_its_forecast(settings: Settings, kind: str, title: str) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    answer = answer_panel(published, f"{kind}_forecast", {"project": "PAY"})
    key = "epic_key" if kind == "epic" else "version"
    table = rows_of(
        settings,
        f"""select progress.{key}, done_issues, scope_issues, finished_by
        from {kind}_progress as progress
        left join progress_forecasts as forecast
            on progress.{kind}_id = forecast.subject_id and forecast.kind = '{kind}' and forecast.percent = 85
        where is_open and progress.project_key = 'PAY'
        qualify week = max(week) over (partition by progress.{kind}_id) and scope_issues > 0""",
    )
    drawn = {(row[title], row["done_issues"], row["scope_issues"], row["finished_by"]) for row in answer.rows}
    assert drawn <= set(table)
    assert len(drawn) == min(len(table), 12) > 0
    assert all(row["open_issues"] == row["scope_issues"] - row["done_issues"] for row in answer.rows)
    (one, *_) = answer.rows
    chosen = answer_panel(published, f"{kind}_forecast", {"project": "PAY", kind: one[title]})
    assert [row[title] for row in chosen.rows] == [one[title]]


def wip_row(day: int, issues: int, limit: int | None) -> dict[str, Any]:
    return {
        "board_name": "Board",
        "day": date(2026, 11, day),
        "issues": issues,
        "max_issues": limit,
        "is_over_limit": None if limit is None else issues > limit,
    }


def test_headlines_of_boards_count_what_is_over_a_limit() -> None:
    rows = [wip_row(1, 5, 3), wip_row(2, 2, 3), wip_row(1, 9, None), wip_row(2, 7, None)]
    assert headline("board_wip", rows) == (
        "Board: 9 in these columns; 0 of 1 over the limit now, some column on 1 day of the window"
    )
    assert headline("board_wip", rows[2:]) == "Board: 7 in these columns; none of them has a limit"


def test_blocked_time_of_a_whole_project_is_that_of_the_published_tables(settings: Settings) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    answer = answer_panel(published, "blocked_times", {"project": "PAY", "weeks": "52"})
    table = rows_of(
        settings,
        """select week, coalesce(reason, 'any'), sum(cycle_time_n), sum(blocked_n),
        round(sum(blocked_days), 3)
        from blocked_times where project_key = 'PAY' group by all""",
    )
    drawn = [
        (row["period"], row["cause"], row["items"], row["items_blocked"], round(row["days_blocked"], 3))
        for row in answer.rows
        if row["period"] > answer.filter.since  # the first week may be cut
    ]
    assert drawn
    assert {"any", "status"} <= {cause for _, cause, *_ in drawn}
    assert set(drawn) <= set(table)


def test_what_is_blocked_now_is_listed_from_the_longest_on(settings: Settings) -> None:
    answer = answer_panel(PublishedWarehouse(settings.warehouse_file), "blocked_work", {"project": "PAY"})
    table = rows_of(
        settings,
        """select jira_key, days_blocked, reasons, blocker_keys from blocked_work where project_key = 'PAY'
        order by days_blocked desc, jira_key limit 12""",
    )
    columns = ("jira_key", "days_blocked", "reasons", "blocker_keys")
    assert [tuple(row[name] for name in columns) for row in answer.rows] == table != []


def test_headlines_of_blocked_work_name_the_cause_and_the_longest() -> None:
    weeks: list[dict[str, Any]] = [
        {"cause": cause, "days_blocked": days, "days_in_all": 40.0}
        for cause, days in (("any", 10.0), ("flagged", 2.0), ("link", 9.0), ("any", 0.0), ("link", 0.0))
    ]
    assert headline("blocked_times", weeks) == (
        "Blocked 12.5\u202f% of the time from start to finish; most by open issues: 11.2\u202f%"
    )
    assert headline("blocked_times", weeks[3:]) == "Blocked 0\u202f% of the time from start to finish"
    assert headline("blocked_times", [weeks[0] | {"days_in_all": 0.0}]) == ""
    item = {"jira_key": "PAY-1", "days_blocked": 1, "items": 1, "items_started": 0}
    assert headline("blocked_work", [item]) == "1 open item blocked, 0 started; PAY-1 for 1 day"
    assert headline("blocked_work", [item | {"items": 30}]).endswith("; the longest 1 are shown")


def test_headlines_of_forecasts_name_the_first_that_is_delivered() -> None:
    rows = [
        {"epics": 20, "jira_key": "PAY-1", "finished_by": None, "has_forecast": True, "open_issues": 3},
        {
            "epics": 20,
            "jira_key": "PAY-2",
            "finished_by": date(2026, 12, 1),
            "has_forecast": True,
            "open_issues": 1,
        },
    ]
    assert headline("epic_forecast", rows) == (
        "20 open epics with items; 2 are shown; PAY-2 delivered by 2026-12-01, with a chance of 85 %"
    )
    assert headline("epic_forecast", rows[:1]).endswith("1 are shown; all take longer than 180 days")
    version: dict[str, Any] = {
        "versions": 1,
        "version": "2.0",
        "finished_by": None,
        "has_forecast": False,
        "is_late": None,
        "open_issues": 2,
    }
    assert headline("version_forecast", [version]) == (
        "1 unreleased version with items; too few delivered items for a forecast"
    )
    assert headline("version_forecast", [version | {"open_issues": 0}]).endswith("all their items are done")
    late = version | {"has_forecast": True, "is_late": True}
    assert headline("version_forecast", [late]).endswith("1 later than planned, with a chance of 85 %")


@pytest.mark.parametrize(
    ("window", "bucket", "weeks"), [({"weeks": "52"}, "week", 1), ({"from": "2021-02-03"}, "month", 4.348)]
)
def test_throughput_has_the_figures_of_the_published_table(
    settings: Settings, window: dict[str, str], bucket: str, weeks: float
) -> None:
    answer = answer_panel(
        PublishedWarehouse(settings.warehouse_file), "throughput", {"project": "PAY", **window}
    )
    table = rows_of(
        settings,
        f"""select date_trunc('{bucket}', week)::date as period, sum(delivered)::bigint,
        arg_max(mean, week), case when max(nth) >= 12 then arg_max(mean, week) * {weeks} end
        from (
            select week, sum(delivered) as delivered, sum(mean_12_weeks) as mean,
            row_number() over (order by week) as nth from throughput_weekly
            where project_key = 'PAY' group by week
        )
        where week >= date_trunc('week', date '{answer.filter.since}') group by period order by period""",
    )
    drawn: dict[date, list[float]] = {}
    for row in answer.rows:
        period = drawn.setdefault(row["period"], [0, row["mean_12_weeks"], row["usual"]])
        period[0] += row["delivered"]

    assert answer.filter.bucket == bucket
    assert len(drawn) > 3
    assert list(drawn) == [row[0] for row in table]
    assert [period[0] for period in drawn.values()] == [row[1] for row in table]
    assert [period[1] for period in drawn.values()] == pytest.approx([row[2] for row in table])
    assert [period[2] for period in drawn.values()] == [
        usual if usual is None else pytest.approx(usual) for *_, usual in table
    ]


@pytest.mark.parametrize(("parameter", "value"), sampled(product(PARAMETERS, HOSTILE), 29))
def test_sql_in_an_address_changes_nothing(
    client: TestClient, settings: Settings, parameter: str, value: str
) -> None:
    before = settings.warehouse_file.read_bytes()
    assert client.get("/flow", params={parameter: value}).status_code == 200
    for name in ("cycle_time", "velocity"):
        assert client.get(f"/flow/{name}.json", params={parameter: value}).status_code == 200
    assert client.get(f"/flow/{value}.json".replace("\x00", "%00")).status_code == 404
    assert settings.warehouse_file.read_bytes() == before


def test_the_sql_that_is_shown_is_safe_to_run_whatever_the_address_said(settings: Settings) -> None:
    hostile = "x' or 1=1; drop table issue_flow; --"
    answer = answer_panel(PublishedWarehouse(settings.warehouse_file), "cycle_time", {"project": hostile})
    assert rows_of(settings, answer.sql) == []


@pytest.mark.parametrize("name", sampled(PANELS, 5))
def test_a_filter_that_is_not_set_is_not_in_the_sql(client: TestClient, name: str) -> None:
    whole = client.get(f"/flow/{name}.json?project=*&weeks=26").json()["sql"]
    assert "null is null" not in whole
    assert "sprint_id = null" not in whole
    assert "item filters" not in whole
    narrow = client.get(f"/flow/{name}.json?project=PAY&type=Bug&sprint=7&team=A&label=b").json()["sql"]
    assert "'PAY' is null" not in narrow
    assert "'A' is null" not in narrow


def test_a_question_that_needs_more_memory_than_usual_gets_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    expected = answer_panel(published, "cycle_time", {"weeks": "0"}).rows.rows
    monkeypatch.setattr("jira_assets.web.warehouse_reader.USUAL_MEMORY", "1MB")
    assert answer_panel(published, "cycle_time", {"weeks": "0"}).rows.rows == expected


def test_no_question_writes_beside_the_published_file(settings: Settings) -> None:
    with PublishedWarehouse(settings.warehouse_file).opened() as connection:
        assert connection.execute("select current_setting('temp_directory')").fetchone() == ("",)


def test_a_question_that_needs_too_much_memory_says_what_to_choose_instead(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jira_assets.web.warehouse_reader.USUAL_MEMORY", "1MB")
    monkeypatch.setattr("jira_assets.web.warehouse_reader.MOST_MEMORY", "1MB")
    answer = client.get("/flow/cycle_time.json?weeks=0")
    assert answer.status_code == 400
    assert "shorter time" in answer.json()["instruction"]


def test_sprints_without_any_estimate_are_nothing_to_draw(tmp_path: Path) -> None:
    file = tmp_path / "jira.duckdb"
    sprints = """
        create table sprint_velocity as
        select 'S' as sprint_name, 'closed' as state, ['PAY'] as project_keys, {points} as completed,
            timestamp '2026-11-02' as ended_at, '1' as sprint_id,
            0.0 as commitment, 0.0 as completed_as_planned, 0.0 as completed_before, 0.0 as carried_over,
            0.0 as carried_over_again, 0.0 as removed, null::double as planning_accuracy,
            null::double as capacity_accuracy,
            0.0 as velocity, 0 as items_unestimated, 0 as left_out"""
    for points, is_enough in ((0.0, False), (30.0, True)):
        file.unlink(missing_ok=True)
        with duckdb.connect(str(file)) as made:
            made.execute(sprints.format(points=points))
            made.execute("create table warehouse_info as select 'published_at' as key, '2026-11-24' as value")
            made.execute("create table metric_settings as select date '2026-11-24' as as_of")
        answer = answer_panel(PublishedWarehouse(file), "velocity", {"project": "PAY", "weeks": "0"})
        assert answer.is_enough is is_enough


def test_what_is_not_drawn_is_counted_nevertheless() -> None:
    rows = [{"items": 5000, "items_overdue": 12, "is_overdue": True}] * 2000
    told = headline("aging_work", rows)
    assert told.replace("\u202f", "") == (
        "5000 in progress; 12 older than 85 % of the finished items; the oldest 2000 are shown"
    )


def test_the_age_of_work_is_not_judged_where_too_little_was_finished() -> None:
    rows = [{"items": 1, "items_overdue": 0, "is_overdue": None}]
    assert headline("aging_work", rows) == "1 in progress; too few finished items for a comparison"


def burndown_row(remaining: float | None, scope_change: float | None = 0) -> dict[str, Any]:
    return {
        "sprint_name": "Sprint 4",
        "remaining": remaining,
        "scope_change": None if remaining is None else scope_change,
        "is_working_day": True,
    }


def test_what_is_left_of_a_sprint_is_compared_with_its_scope_of_now() -> None:
    rows = [burndown_row(35.5), burndown_row(92, 60), burndown_row(84), burndown_row(None)]
    told = headline("burndown", rows)
    assert told == "Sprint 4: 84 points left of 95.5 (35.5 at the start), 1 working day left"
    steady = [burndown_row(20), burndown_row(8)]
    assert headline("burndown", steady) == "Sprint 4: 8 points left of 20"


def test_a_logarithmic_axis_says_so() -> None:
    def axes(part: Any) -> Iterator[dict[str, Any]]:
        if isinstance(part, dict):
            if "log" in str((part.get("scale") or {}).get("type", "")):
                yield part
            for value in part.values():
                yield from axes(value)
        elif isinstance(part, list):
            for value in part:
                yield from axes(value)

    found = [axis for name in PANELS for axis in axes(chart(name))]
    assert len(found) == 2
    assert all("log scale" in axis["title"] for axis in found)


def test_days_to_come_are_in_no_window(settings: Settings) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    now = answer_panel(published, "throughput", {"project": "PAY", "from": "2026-10-01"})
    later = answer_panel(
        published, "throughput", {"project": "PAY", "from": "2026-10-01", "to": "9999-12-31"}
    )
    assert later.rows.rows == now.rows.rows
    assert later.filter.until == now.filter.until


@pytest.mark.parametrize("weeks", ["9" * 5000, "26.5", "-1", "٢٦"])
def test_weeks_that_make_no_sense_are_the_usual_ones(weeks: str) -> None:
    today = date(2026, 11, 24)
    usual = FlowFilter.read({}, usual_project="PAY", today=today)
    assert FlowFilter.read({"weeks": weeks}, usual_project="PAY", today=today) == usual


def test_the_address_says_what_is_shown(client: TestClient) -> None:
    answer = client.get("/flow")
    assert answer.url.query.decode().startswith("project=")
    assert "weeks=26" in str(answer.url)
    fixed = re.search(r'href="(/flow\?[^"]*from=[^"]*)">a link with these fixed dates', answer.text)
    assert fixed is not None
    assert "to=2026-11-23" in fixed[1]
    assert "weeks" not in fixed[1]


def test_a_damaged_file_is_told_with_what_makes_another(settings: Settings, tmp_path: Path) -> None:
    damaged = replace(settings, home=tmp_path)
    damaged.warehouse_dir.mkdir(parents=True)
    content = bytearray(settings.warehouse_file.read_bytes())
    content[:4096] = bytes(4096)
    damaged.warehouse_file.write_bytes(content)
    app = create_app(lambda: damaged)
    with TestClient(app, "http://localhost", raise_server_exceptions=False) as visitor:
        for address in ("/", "/flow", "/people", "/flow/velocity.json", "/people.csv"):
            answer = visitor.get(address)
            assert answer.status_code == (200 if address == "/" else 503)
            assert "jira-assets publish" in answer.text


def test_no_question_is_put_together_from_what_an_address_says() -> None:
    for name in PANELS:
        assert "{" not in panel_question(name)
    assert "{" not in panel_question("velocity", by_team=True)


def test_a_filter_that_a_panel_does_not_follow_is_told(client: TestClient) -> None:
    expected = {
        "forecast": ["label", "sprint", "team", "type"],
        "cumulative_flow": ["label", "sprint"],
        "velocity": ["label", "sprint", "type"],
        "burndown": ["label", "team", "type"],
        "cycle_time": [],
        "board_wip": ["label", "sprint", "team", "type"],
    }
    for name, told in expected.items():
        found = client.get(f"/flow/{name}.json?type=Bug&sprint=7&team=A&label=b").json()
        assert found["not_followed"] == told
        assert found["whole"] == {"forecast": "project", "board_wip": "project"}.get(name)
    assert client.get("/flow/velocity.json?board=1").json()["not_followed"] == ["board"]
    assert client.get("/flow/burndown.json?team=A").json()["whole"] == "sprint"
    assert client.get("/flow/velocity.json?label=b").json()["whole"] == "project"


CHOSEN = {
    "team": "select team, jira_id from jira_issues where team is not null",
    "assignee": "select assignee_account_id, jira_id from jira_issues where assignee_account_id is not null",
    "label": "select label, jira_id from jira_issue_labels",
    "component": "select component, jira_id from jira_issue_components",
    "epic": "select parent_key, jira_id from jira_issues where parent_key is not null",
    "version": "select version, jira_id from jira_issue_versions where kind = 'fix'",
}
"""Which issues have what."""


@pytest.mark.parametrize("name", CHOICES)
def test_a_panel_of_items_shows_the_items_that_have_what_was_chosen(settings: Settings, name: str) -> None:
    has: dict[str, set[str]] = {}
    for value, jira_id in rows_of(settings, CHOSEN[name]):
        has.setdefault(value, set()).add(jira_id)
    query = "select jira_id, jira_key from cycle_time_scatter where project_key = 'PAY'"
    dots = dict(rows_of(settings, query))
    value = max(has, key=lambda each: (len(has[each] & dots.keys()), each))
    published = PublishedWarehouse(settings.warehouse_file)
    answer = answer_panel(published, "cycle_time", {"project": "PAY", "weeks": "0", name: value})
    expected = {dots[jira_id] for jira_id in has[value] & dots.keys()}
    assert 0 < len(expected) < len(dots)
    assert {row["jira_key"] for row in answer.rows} == expected
    nothing = answer_panel(published, "cycle_time", {"project": "PAY", "weeks": "0", name: "nothing"})
    assert nothing.rows.rows == []


@pytest.mark.parametrize("name", sampled(sorted(name for name in PANELS if "team" in PANELS[name].follows)))
def test_every_panel_of_a_team_has_something_to_draw(settings: Settings, name: str) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    given = {"project": "PAY", "weeks": "0", "team": "Payments Core"}
    answer = answer_panel(published, name, given)
    assert answer.is_enough
    assert answer.rows.rows != answer_panel(published, name, given | {"team": ""}).rows.rows
    assert answer.rows.columns == answer_panel(published, name, given | {"team": ""}).rows.columns
    read, made = named_fields(chart(name))
    assert read - made <= set(answer.rows.columns)


def test_the_series_of_teams_add_up_to_those_of_the_project(settings: Settings) -> None:
    published = PublishedWarehouse(settings.warehouse_file)
    whole = answer_panel(published, "resolution_trend", {"project": "PAY", "weeks": "0"})
    teams = ["Payments Core", "Payments Growth"]
    parts = [
        answer_panel(published, "resolution_trend", {"project": "PAY", "weeks": "0", "team": team})
        for team in teams
    ]
    without = rows_of(
        settings, "select count(*) from issue_flow where project_key = 'PAY' and is_counted and team is null"
    )
    created = [sum(row["created"] for row in answer.rows) for answer in (whole, *parts)]
    assert created[0] == sum(created[1:]) + without[0][0]


def test_the_page_offers_what_issues_have_and_keeps_little_in_sight(client: TestClient) -> None:
    text = client.get("/flow?project=PAY&weeks=26").text
    assert [f'<select name="{name}">' in text for name in CHOICES] == [True] * len(CHOICES)
    assert '<option value="Payments Core">' in text
    assert '<details class="more"><summary>' in text
    assert client.get("/flow?project=PAY&team=Payments+Core").text.count('<details class="more" open>') == 0
    chosen = client.get("/flow?project=PAY&label=%3Cb%3E&epic=PAY-1").text
    assert '<details class="more" open>' in chosen
    assert '<option value="&lt;b&gt;" selected>' in chosen
    assert "label &lt;b&gt;" in chosen


def test_too_little_to_draw_says_what_it_needs(client: TestClient) -> None:
    found = client.get("/flow/cycle_time.json?type=Nothing+of+the+kind").json()
    assert (found["is_enough"], found["rows"]) == (False, [])
    assert "delivered item" in found["needs"]
    assert "fewer filters" in found["needs"]


def test_the_page_offers_what_there_is_and_names_what_is_odd(client: TestClient) -> None:
    text = client.get("/flow?project=PAY&type=Bug").text
    assert '<option value="PAY" selected>' in text
    assert "<option selected>Bug</option>" in text
    assert "unmatched people" in text
    assert text.count('data-panel="') == len(PANELS) == 15
    assert "weeks=52" in text


def test_a_window_without_a_finish_offers_the_newest_one(client: TestClient) -> None:
    text = client.get("/flow?from=2031-01-01&to=2031-02-01").text
    assert "No item was finished in this window" in text
    assert "Show the year before that date" in text


def test_without_a_published_file_the_page_says_what_to_do(page: Page) -> None:
    assert "There is no data yet" in page.get("/flow")
    answer = page.client.get("/flow/velocity.json")
    assert answer.status_code == 400
    assert "jira-assets sync" in answer.json()["instruction"]


def test_a_file_of_another_version_says_what_to_do(page: Page) -> None:
    write_warehouse(page.settings)  # it has no metric in it
    answer = page.client.get("/flow")
    assert answer.status_code == 503
    assert "jira-assets publish" in answer.text
    assert "jira-assets publish" in page.client.get("/flow/velocity.json").json()["instruction"]


days = st.dates(date(2000, 1, 1), date(2030, 1, 1))


@settings_of_hypothesis(max_examples=40)
@given(
    project=st.none() | st.text(min_size=1),
    sprint=st.none() | st.text(min_size=1),
    issue_type=st.none() | st.text(min_size=1),
    choices=st.dictionaries(st.sampled_from(CHOICES), st.text(min_size=1)),
    weeks=st.sampled_from([*WINDOWS, None]),
    window=st.tuples(days, days),
)
def test_an_address_shows_others_the_same(
    project: str | None,
    sprint: str | None,
    issue_type: str | None,
    choices: dict[str, str],
    weeks: int | None,
    window: tuple[date, date],
) -> None:
    query = {"project": project, "sprint": sprint, "type": issue_type, **choices}
    query |= (
        {"weeks": str(weeks)} if weeks is not None else {"from": str(min(window)), "to": str(max(window))}
    )
    asked = {name: value for name, value in query.items() if value is not None}
    chosen = FlowFilter.read(asked, usual_project="PAY", today=date(2026, 11, 24))
    again = dict(parse_qsl(chosen.query(), keep_blank_values=True))
    assert FlowFilter.read(again, usual_project="OTHER", today=date(2026, 11, 24)) == chosen
    assert chosen.since <= chosen.until
    assert weeks in (None, 0) or chosen.until - chosen.since == timedelta(weeks=weeks or 0, days=-1)
