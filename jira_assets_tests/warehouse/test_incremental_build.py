"""A warehouse in which some projects were replaced has the rows that building everything gives."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from jira_assets.lake.compact import compact_project
from jira_assets.lake.raw_writer import Kind
from jira_assets.warehouse import changes
from jira_assets.warehouse import publish as publishing
from jira_assets.warehouse.build import Builder
from jira_assets.warehouse.changes import Changes
from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets.warehouse.models import tables
from jira_assets.warehouse.validation import is_whole
from jira_assets_tests.few_tables import REPLACING
from jira_assets_tests.lake_fixture import TEAM_FIELD, LakeFixture, Row, at, seen
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.histories import Life, land_statuses, on
from jira_assets_tests.warehouse.replacing import Outcome, watch_replacing
from jira_assets_tests.warehouse.test_board_columns import land_boards
from jira_assets_tests.warehouse.test_metrics import SPRINTS, Chance

PROJECTS = ("10", "11", "12")
METRICS = MetricSettings("UTC", date(2026, 2, 8))


@pytest.fixture(autouse=True)
def _none_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the rows of touched issues alone in projects of any size."""
    monkeypatch.setattr(changes, "LEAST_ISSUES", 0)


@pytest.fixture
def touched() -> list[list[str]]:
    """Return which issues were made again, each time that was tried."""
    return []


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch, touched: list[list[str]]) -> list[list[str]]:
    """Return which projects were replaced, each time that worked."""
    calls: list[list[str]] = []

    def note(builder: Builder, found: Changes, others: Outcome) -> None:
        if others is not None and not others:
            calls.append(found.projects)
        ids = builder.engine.execute("from touched_issues order by all").fetchall()
        touched.append([jira_id for (jira_id,) in ids])

    watch_replacing(monkeypatch, note)
    return calls


def contents(bench: LakeFixture) -> dict[str, list[Any]]:
    """Every row of every table, in an order of their own."""
    names = set(tables()) - {"warehouse_info"}
    found: dict[str, list[Any]] = {
        table: sorted(repr(row) for row in bench.ask(f"select * from {table}")) for table in names
    }
    found["comments"] = sorted(
        repr(row) for row in bench.ask("select table_name, column_name, comment from duckdb_columns()")
    )
    found["raw_jira_issues"] = sorted(repr(row) for row in bench.ask("select * from raw_jira_issues"))
    return found


def publish_both(bench: LakeFixture, **given: Any) -> None:
    """Publish from the last warehouse, then everything, and compare."""
    bench.publish(*PROJECTS, metrics=METRICS, **given)
    quick = contents(bench)
    bench.publish(*PROJECTS, metrics=METRICS, force=True, **given)
    whole = contents(bench)
    assert {table for table in whole if quick[table] != whole[table]} == set()


class Site:
    """A site in which now and then something happens in a project."""

    def __init__(self, bench: LakeFixture, seed: int) -> None:
        self.bench = bench
        self.chance = Chance(seed)
        self.dice, self.other_dice, self.option_dice = (random.Random(seed) for _ in range(3))
        self.lives: dict[str, Life] = {}
        self.linked: dict[str, list[bytes]] = {}
        self.asked = 0.0
        bench.land_site("sprints", *(sprint.row() for sprint in SPRINTS[:2]))
        land_statuses(bench)
        land_boards(bench)
        bench.land_site("versions", {"version_id": "7", "name": "1.0", "project_id": "10"})
        for project in PROJECTS:
            self.touch(project, [self.born(project) for _ in range(8)])
        self.touch("11", [self.finished("11", day) for day in range(20, 30)])

    def born(self, project: str) -> Life:
        """Begin an issue."""
        life = self.chance.life(len(self.lives) + 1)
        life.project, life.lies = project, None
        self.lives[life.jira_id] = life
        return life

    def finished(self, project: str, day: int) -> Life:
        """Begin an issue that was Done on a day: what was delivered forecasts the rest of its version."""
        life = Life(str(len(self.lives) + 1), on(1), project=project)
        life.then(on(day), "status", "4")
        self.lives[life.jira_id] = life
        return life

    def touch(self, project: str, lives: list[Life]) -> None:
        """Land what Jira says of these issues now."""
        self.asked += 1
        found = [self.observed(life) for life in lives]
        self.bench.land(found, project=project, asked_at=at(self.asked))
        self.bench.derive(project)

    def observed(self, life: Life) -> Any:
        """What Jira says of an issue, with a parent from anywhere and an assignee."""
        parent = self.dice.choice([None, *self.lives])
        assignee = {"accountId": f"a{self.dice.randint(1, 3)}", "displayName": "A"}
        name = "Core" if self.asked < len(PROJECTS) or self.other_dice.random() < 0.95 else "Kernel"
        team = self.other_dice.choice([None, "t-1", {"id": "t-1", "name": name}])
        extra: Row = {"assignee": assignee, "parent": parent and {"id": parent, "key": f"OLD-{parent}"}}
        extra[TEAM_FIELD] = team
        extra["issuelinks"] = self.links_of(life)
        extra["versions"] = [{"id": "7", "name": "1.0"}]
        extra["labels"] = self.option_dice.sample(["slow", "new"], self.option_dice.randint(0, 2))
        extra["components"] = [{"id": "70", "name": self.option_dice.choice(["Core", "Engine"])}]
        # Now and then an option has another name, which issues that were read before have from then on.
        named = "Low" if self.option_dice.random() < 0.9 else "Lowest"
        extra["customfield_90"] = self.option_dice.choice([None, {"id": "901", "value": named}])
        extra["fixVersions"] = extra["versions"] if self.other_dice.random() < 0.7 else []
        extra["description"] = f"Description {self.other_dice.randint(1, 3)}"
        found = life.observation(**extra)
        return msgspec.structs.replace(
            found, histories=[*found.histories, *self.linked.get(life.jira_id, [])]
        )

    def links_of(self, life: Life) -> list[Row]:
        """Link an issue to some of the others, from anywhere, with the ids that they use as well."""
        kind = {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
        found = []
        for number in self.option_dice.sample(range(901, 904), self.option_dice.randint(0, 2)):
            # An issue that is not here is known by the key that links and histories give it.
            name = f"ELSE-{self.option_dice.choice([number, number, number - 900])}"
            found.append(
                {
                    "id": f"{life.jira_id}0{number}",
                    "type": kind,
                    "outwardIssue": {"id": str(number), "key": name},
                }
            )
            if self.option_dice.random() < 0.3:
                said = {"field": "Link", "to": name, "toString": f"This issue blocks {name}"}
                history = {"id": f"9{self.asked:.0f}{number}", "created": "2026-01-09T12:00:00.000+0000"}
                line = json.dumps(history | {"items": [said]}).encode()
                self.linked.setdefault(life.jira_id, []).append(line)
        for other in self.other_dice.sample([*self.lives], 2):
            first, second = sorted((life.jira_id, other))
            end = "outwardIssue" if life.jira_id == first else "inwardIssue"
            found.append(
                {"id": f"{first}00{second}", "type": kind, end: {"id": other, "key": f"OLD-{other}"}}
            )
        return found

    def happen(self) -> None:
        """Let something happen."""
        project = self.dice.choice(PROJECTS)
        mine = [life for life in self.lives.values() if life.project == project]
        event = self.dice.random()
        if event < 0.25:
            self.touch(project, [self.born(project)])
        elif event < 0.7 and mine:
            life = self.dice.choice(mine)
            self.chance.change(life, on(34))
            self.touch(project, [life])
        elif event < 0.8 and mine:
            life = self.dice.choice(mine)
            self.asked += 1
            kind: Kind = self.dice.choice(["gone", "moved", "archived"])
            payload = b'{"key": "ELSE-9", "project_id": "99"}' if kind == "moved" else b"null"
            gone = seen(life.jira_id, project=project, kind=kind, payload=payload)
            self.bench.land([gone], project=project, asked_at=at(self.asked))
            self.bench.derive(project)
        elif event < 0.9 and mine:
            life = self.dice.choice(mine)
            before, life.project = project, self.dice.choice(PROJECTS)
            if before != life.project and self.option_dice.random() < 0.7:
                self.asked += 1
                payload = json.dumps({"key": life.key, "project_id": life.project}).encode()
                moved = seen(life.jira_id, project=before, kind="moved", payload=payload)
                self.bench.land([moved], project=before, asked_at=at(self.asked))
                self.bench.derive(before)
            self.touch(life.project, [life])
        elif event < 0.95:
            compact_project(self.bench.lake, project)
            self.bench.derive(project)


def play(engine: duckdb.DuckDBPyConnection, seed: int, events: int) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        bench = LakeFixture(folder, engine)
        site = Site(bench, seed)
        bench.publish(*PROJECTS, metrics=METRICS)
        for _ in range(events):
            for _ in range(site.dice.randint(1, 3)):
                site.happen()
            publish_both(bench, sync_status=[{"project_id": "10", "last_success_at": at(site.asked)}])
    finally:
        shutil.rmtree(folder)


def test_replaced_projects_give_the_same_rows_as_everything(
    engine: duckdb.DuckDBPyConnection, replaced: list[list[str]]
) -> None:
    play(engine, 3, 1)
    assert replaced


@pytest.mark.prove
@settings(max_examples=10, deadline=None, phases=[Phase.generate], database=None)
@given(seed=st.integers(0, 10**9))
def test_replaced_projects_give_the_same_rows_again_and_again(
    engine: duckdb.DuckDBPyConnection, seed: int
) -> None:
    play(engine, seed, 8)


@pytest.mark.prove
@pytest.mark.few_tables(*REPLACING)
def test_only_the_changed_project_is_replaced(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    for project in PROJECTS:
        bench.land_and_derive(seen(f"{project}1", project=project), project=project)
    bench.publish(*PROJECTS, metrics=METRICS)
    bench.land_and_derive(seen("112", project="11"), project="11")

    publish_both(bench)
    assert replaced == [["11"]]
    assert touched == [["112"]]


@pytest.mark.few_tables(*REPLACING)
def test_only_observed_issues_and_those_below_them_are_made_again(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    below = {"parent": {"id": "1", "key": "P10-1"}}
    bench.land([seen("1"), seen("2", below), *(seen(str(number)) for number in range(3, 9))], asked_at=at(0))
    bench.derive()
    bench.publish(metrics=METRICS)
    bench.land_and_derive(seen("1", kind="gone", payload=b"null"), asked_at=at(1))

    bench.publish(metrics=METRICS)
    assert (replaced, touched) == ([["10"]], [["1", "2"]])
    query = "select parent_id, former_parent_key from jira_issues where jira_id = '2'"
    assert bench.ask_one(query) == {"parent_id": None, "former_parent_key": "P10-1"}
    assert len(bench.ask("from jira_issues")) == 7


@pytest.mark.few_tables("issue_field_spans", *REPLACING)
def test_an_option_that_one_issue_shows_with_another_name_has_it_in_all_of_the_project(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    item = {"field": "Risk", "fieldId": "customfield_90", "from": "901", "fromString": "Low", "to": "902"}
    history = {"id": "7", "created": "2026-01-09T12:00:00.000+0000", "items": [item | {"toString": "High"}]}
    high, low = {"id": "902", "value": "High"}, {"id": "901", "value": "Low"}
    bench.land([seen("1", {"customfield_90": high}, histories=[history])], asked_at=at(0))
    bench.land([seen(str(number), {"customfield_90": low}) for number in range(2, 6)], asked_at=at(0))
    bench.land([seen(str(number), project="11") for number in range(11, 19)], project="11", asked_at=at(0))
    bench.derive()
    bench.derive("11")
    bench.publish("10", "11", metrics=METRICS)
    bench.land_and_derive(seen("2", {"customfield_90": low | {"value": "Minor"}}), asked_at=at(1))

    bench.publish("10", "11", metrics=METRICS)
    assert replaced == [["10"]]
    assert touched == [["2"], ["1", "2", "3", "4", "5"]]
    values = bench.ask(
        "select value from issue_field_spans where jira_id = '1' order by entered_at nulls first"
    )
    assert [row["value"] for row in values] == ["Minor", "High"]


@pytest.mark.few_tables("issue_field_spans", *REPLACING)
def test_a_field_that_only_touched_issues_changed_concerns_no_other_issue(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    bench.land([seen(str(number)) for number in range(1, 6)], asked_at=at(0))
    bench.derive()
    bench.publish(*PROJECTS, metrics=METRICS)
    item = {"field": "summary", "fieldId": "summary", "fromString": "old", "toString": "new"}
    history = {"id": "7", "created": "2026-01-09T12:00:00.000+0000", "items": [item]}
    bench.land_and_derive(seen("2", {"summary": "new"}, histories=[history]), asked_at=at(1))

    publish_both(bench)
    assert (replaced, touched) == ([["10"]], [["2"]])
    values = bench.ask("select value from issue_field_spans order by entered_at nulls first")
    assert [row["value"] for row in values] == ["old", "new"]


@pytest.mark.few_tables(*REPLACING)
def test_an_issue_that_moved_away_keeps_its_rows_when_all_of_its_former_project_are_made_again(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    fields = {"labels": ["slow"], "customfield_90": {"id": "901", "value": "Low"}}
    bench.land([seen("1", fields), *(seen(str(number)) for number in range(2, 6))], asked_at=at(0))
    bench.land([seen(str(number), project="11") for number in range(20, 30)], project="11", asked_at=at(0))
    bench.derive("11")
    payload = b'{"key": "P11-1", "project_id": "11"}'
    bench.land_and_derive(seen("1", kind="moved", payload=payload), asked_at=at(1))
    bench.land_and_derive(seen("1", fields, project="11"), project="11", asked_at=at(2))
    bench.publish(*PROJECTS, metrics=METRICS)
    compact_project(bench.lake, "10")

    publish_both(bench)
    assert replaced == [["10"]]
    assert bench.ask("from jira_issue_labels") == [{"jira_id": "1", "label": "slow"}]


def linked(number: int, key: str) -> Row:
    """A change that adds a link to an issue of that key."""
    item = {"field": "Link", "to": key, "toString": f"This issue blocks {key}"}
    return {"id": f"{number}", "created": "2026-01-09T12:00:00.000+0000", "items": [item]}


BLOCKS = {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}


@pytest.mark.few_tables(*REPLACING, "issue_link_spans")
@pytest.mark.parametrize("project", ["10", "11"])
@pytest.mark.parametrize("key", [None, "NEW-1"])
def test_histories_name_an_issue_that_is_not_here_as_long_as_some_link_shows_its_key(
    bench: LakeFixture, replaced: list[list[str]], project: str, key: str | None
) -> None:
    link = {"id": "70", "type": BLOCKS, "outwardIssue": {"id": "999", "key": "ELSE-1"}}
    other = {"id": "71", "type": BLOCKS, "outwardIssue": {"id": "998", "key": "ELSE-2"}}
    shown = [seen("2", {"issuelinks": [link]}), seen("3", {"issuelinks": [other]}), seen("4")]
    bench.land(shown, asked_at=at(0))
    told = seen("1", histories=[linked(7, "ELSE-1")], project=project)
    bench.land([told, seen("5", project=project)], project=project, asked_at=at(0))
    bench.derive()
    bench.derive(project)
    bench.publish(*PROJECTS, metrics=METRICS)
    query = "select other_jira_id from issue_link_spans where jira_id = '1'"
    before = bench.ask(query)
    links = [link | {"outwardIssue": {"id": "999", "key": key}}] if key else []
    bench.land_and_derive(seen("2", {"issuelinks": links}), asked_at=at(1))

    publish_both(bench)
    assert replaced == [["10"]]
    assert (before, bench.ask(query)) == ([{"other_jira_id": "999"}], [{"other_jira_id": None}])


@pytest.mark.few_tables(*REPLACING, "issue_link_spans")
def test_an_issue_that_is_gone_has_one_key_in_all_links(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    told = [seen(str(number), histories=[linked(7, f"P{9 + number}-50")]) for number in (1, 2)]
    bench.land([*told, seen("3"), seen("4")], asked_at=at(0))
    payload = b'{"key": "P11-50", "project_id": "11"}'
    bench.land_and_derive(seen("50", kind="moved", payload=payload), asked_at=at(1))
    bench.land_and_derive(seen("50", project="11", kind="gone", payload=b"null"), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    bench.land_and_derive(seen("2", {"summary": "new"}, histories=[linked(7, "P11-50")]), asked_at=at(3))

    publish_both(bench)
    assert replaced == [["10"]]
    assert bench.ask("select distinct other_key from issue_link_spans") == [{"other_key": "P10-50"}]


@pytest.mark.few_tables(*REPLACING)
def test_all_issues_of_a_small_project_are_made_again(
    bench: LakeFixture,
    replaced: list[list[str]],
    touched: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(changes, "LEAST_ISSUES", 6)
    bench.land([seen(str(number)) for number in range(1, 6)], asked_at=at(0))
    bench.land([seen(str(number), project="11") for number in range(11, 19)], project="11", asked_at=at(0))
    bench.derive()
    bench.derive("11")
    bench.publish("10", "11", metrics=METRICS)
    bench.land_and_derive(seen("1"), asked_at=at(1))
    bench.land_and_derive(seen("11", project="11"), project="11", asked_at=at(1))

    bench.publish("10", "11", metrics=METRICS)
    assert (replaced, touched) == ([["10", "11"]], [["1", "11", "2", "3", "4", "5"]])


@pytest.mark.few_tables(*REPLACING)
def test_what_was_landed_before_a_publish_and_derived_after_it_is_made_again(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    bench.land([seen(str(number), {"summary": "old"}) for number in range(1, 6)], asked_at=at(0))
    bench.derive()
    bench.publish(metrics=METRICS)
    bench.land([seen("1", {"summary": "new"})], asked_at=at(1))
    assert bench.publish(metrics=METRICS) is None
    bench.land([seen("2", {"summary": "new"})], asked_at=at(2))
    bench.derive()

    bench.publish(metrics=METRICS)
    assert (replaced, touched) == ([["10"]], [["1", "2"]])
    found = bench.ask("select jira_id from jira_issues where summary = 'new' order by all")
    assert found == [{"jira_id": "1"}, {"jira_id": "2"}]


@pytest.mark.few_tables(*REPLACING)
def test_all_issues_of_a_project_are_made_again_where_raw_files_were_replaced(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    for number in range(1, 5):
        bench.land([seen(str(number), {"summary": "old"})], asked_at=at(number))
    bench.land([seen(str(number), project="11") for number in range(11, 19)], project="11", asked_at=at(0))
    bench.derive()
    bench.derive("11")
    bench.publish("10", "11", metrics=METRICS)
    bench.land([seen("1", {"summary": "new"})], asked_at=at(5))
    compact_project(bench.lake, "10")
    bench.derive()

    bench.publish("10", "11", metrics=METRICS)
    assert (replaced, touched) == ([["10"]], [["1", "2", "3", "4"]])
    assert bench.ask_one("select summary from jira_issues where jira_id = '1'") == {"summary": "new"}


@pytest.mark.few_tables("data_quality", "sync_status", *REPLACING)
def test_when_only_the_outcome_of_a_sync_changed_no_project_is_replaced(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    for project in PROJECTS:
        bench.land_and_derive(seen(f"{project}1", project=project), project=project)
    bench.publish(*PROJECTS, metrics=METRICS)

    status = [{"project_id": "10", "status": "error", "last_error": "No answer."}]
    bench.publish(*PROJECTS, metrics=METRICS, sync_status=status)
    assert replaced == [[]]
    assert bench.ask_one("select status, last_error from sync_status where project_id = '10'") == {
        "status": "error",
        "last_error": "No answer.",
    }


@pytest.mark.prove
@pytest.mark.few_tables("teams", *REPLACING)
@pytest.mark.parametrize(("name", "is_replaced"), sampled([("Kernel", False), ("Core", True)]))
def test_a_team_that_has_another_name_has_it_in_all_projects(
    bench: LakeFixture, replaced: list[list[str]], name: str, is_replaced: bool
) -> None:
    for project in PROJECTS:
        issue = seen(f"{project}1", {TEAM_FIELD: {"id": "t-1", "name": "Core"}}, project=project)
        bench.land_and_derive(issue, project=project)
    bench.publish(*PROJECTS, metrics=METRICS)
    renamed = seen("112", {TEAM_FIELD: {"id": "t-1", "name": name}}, project="11")
    bench.land_and_derive(renamed, project="11", asked_at=at(5))

    publish_both(bench)
    assert bool(replaced) is is_replaced
    assert bench.ask("select distinct team from jira_issues") == [{"team": name}]


@pytest.mark.prove
def test_forecasts_of_other_projects_are_taken_over(bench: LakeFixture, replaced: list[list[str]]) -> None:
    for project, issues in zip(PROJECTS, (10, 8), strict=False):
        lives = [Life(f"{project}{number}", on(1), project=project) for number in range(issues)]
        for day, life in enumerate(lives[1:], 2):
            life.then(on(day), "status", "4")
        bench.land([life.observation() for life in lives], project=project)
        bench.derive(project)
    bench.publish(*PROJECTS, metrics=METRICS)
    bench.land([Life("119", on(2), project="11").observation()], project="11", asked_at=at(1))
    bench.derive("11")

    publish_both(bench)
    assert replaced == [["11"]]
    found = bench.ask(
        "select project_key, max(items), count(*) from forecast_completion group by all order by all"
    )
    assert [tuple(row.values()) for row in found] == [("P10", 1, 4), ("P11", 2, 4), (None, 3, 4)]


@pytest.mark.few_tables(*REPLACING)
def test_a_new_day_builds_everything(bench: LakeFixture, replaced: list[list[str]]) -> None:
    bench.land_and_derive(seen("1"))
    bench.publish(metrics=METRICS)
    bench.land_and_derive(seen("2"))

    bench.publish(metrics=MetricSettings("UTC", date(2026, 2, 9)))
    assert replaced == []
    assert len(bench.ask("select * from jira_issues")) == 2


@pytest.mark.few_tables(*REPLACING)
def test_a_key_that_changes_elsewhere_builds_everything(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    bench.land_and_derive(seen("1", {"parent": {"id": "2", "key": "OLD-2"}}))
    bench.land_and_derive(seen("3", project="11"), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    bench.land_and_derive(seen("2", project="11"), project="11")

    bench.publish(*PROJECTS, metrics=METRICS)
    assert replaced == []
    assert bench.ask_one("select parent_key from jira_issues where jira_id = '1'") == {"parent_key": "P11-2"}


@pytest.mark.prove
@pytest.mark.parametrize(
    ("before", "after", "shown"),
    sampled(
        [
            pytest.param(
                [],
                ("gone", b"null"),
                (None, None, "P11-2"),
                marks=pytest.mark.few_tables("issue_flow", *REPLACING),
            ),
            ([], ("moved", b'{"key": "ELSE-9"}'), ("2", "ELSE-9", None)),
            ([("gone", b"null")], ("issue", None), ("2", "P11-2", None)),
            pytest.param(
                [("archived", b"null")],
                ("gone", b"null"),
                (None, None, "P11-2"),
                marks=pytest.mark.few_tables("issue_flow", *REPLACING),
            ),
        ],
        4,
    ),
)
def test_a_parent_that_goes_or_comes_back_elsewhere_builds_everything(
    bench: LakeFixture,
    replaced: list[list[str]],
    before: list[tuple[Kind, bytes]],
    after: tuple[Kind, bytes | None],
    shown: tuple[str | None, ...],
) -> None:
    bench.land_and_derive(seen("1", {"parent": {"id": "2", "key": "P11-2"}}), seen("3"))
    bench.land_and_derive(seen("2", project="11"), project="11")
    for minute, (kind, payload) in enumerate([*before, after], 1):
        bench.publish(*PROJECTS, metrics=METRICS)
        observed = seen("2", project="11", kind=kind, payload=payload)
        bench.land_and_derive(observed, project="11", asked_at=at(minute))

    publish_both(bench)
    assert replaced == [["11"]] * ("archived" in dict(before))
    row = bench.ask_one(
        "select parent_id, parent_key, former_parent_key from jira_issues where jira_id = '1'"
    )
    assert tuple(row.values()) == shown


@pytest.mark.prove
@pytest.mark.few_tables("issue_status_spans", *REPLACING)
def test_a_new_status_that_histories_elsewhere_name_builds_everything(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    done = {"id": "5", "name": "Closed", "statusCategory": {"key": "done"}}
    to_do = {"id": "1", "name": "To Do", "statusCategory": {"key": "new"}}
    item = {"field": "status", "fieldId": "status", "from": "5", "fromString": "Closed", "to": "1"}
    reopened = {"id": "7", "created": "2026-01-09T12:00:00.000+0000", "items": [item]}
    fields = {"status": to_do, "created": "2026-01-01T12:00:00.000+0000"}
    bench.land_and_derive(seen("1", fields, histories=[reopened]))
    bench.land_and_derive(seen("2", {"status": to_do}, project="11"), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    bench.land_and_derive(seen("3", {"status": done}, project="11"), project="11")

    bench.publish(*PROJECTS, metrics=METRICS)
    assert replaced == []
    categories = bench.ask(
        "select status_category from issue_status_spans where jira_id = '1' order by visit"
    )
    assert [row["status_category"] for row in categories] == ["done", "new"]


@pytest.mark.prove
@pytest.mark.few_tables("issue_link_spans", *REPLACING)
def test_a_link_with_another_name_changes_how_changes_elsewhere_are_read(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    item = {"field": "Link", "to": "P99-7", "toString": "Dieser Vorgang is cloned by P99-7"}
    linked = {"id": "7", "created": "2026-01-09T12:00:00.000+0000", "items": [item]}
    bench.land_and_derive(seen("1", histories=[linked]))
    bench.land_and_derive(seen("2", project="11"), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    before = bench.ask("select link from issue_link_spans where jira_id = '1'")
    cloned = {"id": "9", "name": "Cloners", "inward": "is cloned by", "outward": "clones"}
    link = {"id": "70", "type": cloned, "outwardIssue": {"id": "99", "key": "P99-1"}}
    bench.land_and_derive(seen("2", {"issuelinks": [link]}, project="11"), project="11", asked_at=at(1))

    bench.publish(*PROJECTS, metrics=METRICS)
    assert replaced == [["11"]]
    assert before == [{"link": "Dieser Vorgang is cloned by"}]
    assert bench.ask("select link from issue_link_spans where jira_id = '1'") == [{"link": "is cloned by"}]


@pytest.mark.few_tables("blocked_work", *REPLACING)
def test_a_type_of_links_that_blocks_from_now_on_blocks_issues_elsewhere(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    needs = {"id": "1", "name": "Depends", "inward": "needs", "outward": "is needed by"}
    link = {"id": "70", "type": needs, "inwardIssue": {"id": "2", "key": "P10-2"}}
    lives = [Life(key, on(1)).then(on(2), "status", "2") for key in ("1", "2")]
    land_statuses(bench)
    bench.land([lives[0].observation(issuelinks=[link]), lives[1].observation()], project="10")
    bench.derive("10")
    bench.land_and_derive(Life("3", on(1), project="11").observation(), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    before = bench.ask("from blocked_work")
    blocks = {"id": "71", "type": needs | {"name": "Blocks"}, "inwardIssue": {"id": "9", "key": "P99-1"}}
    bench.land_and_derive(Life("3", on(1), project="11").observation(issuelinks=[blocks]), project="11")

    publish_both(bench)
    assert replaced == [["11"]]
    assert before == []
    assert bench.ask("select jira_id from blocked_work order by all") == [{"jira_id": "1"}, {"jira_id": "3"}]


@pytest.mark.few_tables("issue_field_spans", *REPLACING)
@pytest.mark.parametrize("project", ["10", "11"])
def test_a_new_sprint_that_the_history_of_an_untouched_issue_names_builds_everything(
    bench: LakeFixture, replaced: list[list[str]], project: str
) -> None:
    bench.land_site("sprints", *(sprint.row() for sprint in SPRINTS[:2]))
    was_in = Life("1", on(1)).then(on(15), "sprints", ("8",)).then(on(35), "sprints", ())
    bench.land_and_derive(was_in.observation())
    bench.land_and_derive(Life("2", on(1), project=project).observation(), project=project)
    bench.publish(*PROJECTS, metrics=METRICS)
    before = bench.ask("select sprint_id from sprint_items")
    copy = {"id": 8, "name": "Renamed", "state": "active", "boardId": 1}
    copy |= {"startDate": on(27).isoformat(), "endDate": on(40).isoformat()}
    joined = Life("2", on(1), project=project).then(on(28), "sprints", ("8",))
    bench.land_and_derive(joined.observation(customfield_20=[copy]), project=project, asked_at=at(1))

    publish_both(bench)
    assert replaced == []
    assert before == []
    found = bench.ask("select jira_id, sprint_id from sprint_items order by all")
    assert [tuple(row.values()) for row in found] == [("1", "8"), ("2", "8")]


@pytest.mark.few_tables(*REPLACING)
def test_an_issue_that_joins_a_sprint_and_is_left_out_is_counted_in_its_burndown(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    bench.land_site("sprints", *(sprint.row() for sprint in SPRINTS))
    land_statuses(bench)
    counted = Life("1", on(1)).then(on(15), "sprints", ("8",))
    bench.land_and_derive(counted.observation())
    left_out = Life("2", on(1), project="11", lies="points")
    bench.land_and_derive(Life("2", on(1), project="11").observation(), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    left_out.then(on(20), "points", 2.0).then(on(28), "sprints", ("8",))
    bench.land_and_derive(left_out.observation(), project="11", asked_at=at(1))

    publish_both(bench)
    assert replaced == [["11"]]
    shown = bench.ask("select distinct left_out from sprint_burndown where sprint_id = '8'")
    assert shown == [{"left_out": 1}]


@pytest.mark.few_tables(*REPLACING)
def test_a_list_that_becomes_empty_or_unknown_and_nothing_else_is_replaced(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    bench.land([seen(str(number), project="11") for number in range(2, 5)], project="11", asked_at=at(0))
    bench.derive("11")
    seen_in: tuple[dict[str, Any], ...] = ({"versions": []}, {}, {"versions": []})
    for versions in seen_in:
        bench.land([seen("1", versions)], project="10", asked_at=at(0))
        bench.derive("10")
        bench.publish("10", "11", metrics=METRICS)
        (shown,) = bench.ask("select affects_versions from jira_issues where jira_id = '1'")
        assert shown == {"affects_versions": versions.get("versions")}
    assert replaced == [["10"], ["10"]]


@pytest.mark.few_tables("blocked_work", "issue_blocked_times", *REPLACING)
def test_a_blocker_that_is_done_in_another_project_unblocks_at_once(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    kind = {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    link = {"id": "70", "type": kind, "inwardIssue": {"id": "2", "key": "P11-2"}}
    waiting, finished = (Life(key, on(1)).then(on(2), "status", "2") for key in ("1", "3"))
    finished.then(on(9), "status", "4")
    land_statuses(bench)
    blocker = Life("2", on(1), project="11")
    bench.land_and_derive(waiting.observation(issuelinks=[link]))
    bench.land_and_derive(finished.observation(issuelinks=[link | {"id": "71"}]), asked_at=at(1))
    bench.land_and_derive(blocker.observation(), project="11")
    bench.publish(*PROJECTS, metrics=METRICS)
    before = bench.ask("select jira_id, blocker_keys from blocked_work")
    blocker.then(on(4), "status", "4")
    bench.land_and_derive(blocker.observation(), project="11", asked_at=at(2))

    bench.publish(*PROJECTS, metrics=METRICS)
    assert replaced == [["11"]]
    assert before == [{"jira_id": "1", "blocker_keys": ["P11-2"]}]
    assert bench.ask("from blocked_work") == []
    assert bench.ask("select jira_id, days from issue_blocked_times where reason is null") == [
        {"jira_id": "3", "days": 2.0}
    ]


@pytest.mark.few_tables(*REPLACING)
def test_everything_is_built_where_blocks_of_the_last_warehouse_are_damaged(
    bench: LakeFixture, replaced: list[list[str]]
) -> None:
    for project in PROJECTS:
        issues = [seen(f"{project}{number}", {"summary": "s" * 500}, project=project) for number in range(50)]
        bench.land(issues, project=project, asked_at=at(0))
        bench.derive(project)
    published = bench.publish(*PROJECTS, metrics=METRICS)
    assert published
    damage_blocks(published.file)
    bench.land_and_derive(seen("101", {"summary": "new"}), asked_at=at(1))

    bench.publish(*PROJECTS, metrics=METRICS)
    assert replaced == []
    assert is_whole(published.path)
    assert bench.ask("select jira_id from jira_issues where summary = 'new'") == [{"jira_id": "101"}]


def damage_blocks(file: Path) -> None:
    """Change bytes of its blocks, but not of what says which tables there are, nor its time."""
    times, content = file.stat(), bytearray(file.read_bytes())
    for place in range(len(content) // 5, len(content) // 2, 4096):
        content[place] ^= 0xFF
    file.chmod(0o644)
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.few_tables(*REPLACING)
def test_all_issues_of_a_project_are_made_again_where_its_new_observations_are_damaged(
    bench: LakeFixture, replaced: list[list[str]], touched: list[list[str]]
) -> None:
    bench.land([seen(str(number)) for number in range(1, 4)], asked_at=at(0))
    bench.land([seen(str(number), project="11") for number in range(11, 19)], project="11", asked_at=at(0))
    bench.derive()
    bench.derive("11")
    bench.publish("10", "11", metrics=METRICS)
    bench.land_and_derive(seen("1", {"summary": "new"}), asked_at=at(1))
    bench.lake.path(bench.manifest().raw[-1].path).write_bytes(b"no Parquet file")

    bench.publish("10", "11", metrics=METRICS)
    assert (replaced, touched) == ([["10"]], [["1", "2", "3"]])
    assert bench.ask_one("select summary from jira_issues where jira_id = '1'") == {"summary": "new"}


@pytest.mark.prove
def test_everything_is_built_when_projects_of_many_issues_changed(
    bench: LakeFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "replace_projects", None)  # calling it would fail
    monkeypatch.setattr(changes, "MOST_ISSUES", 3)
    bench.land_and_derive(*(seen(str(number)) for number in range(1, 5)))
    bench.publish(metrics=METRICS)
    bench.land_and_derive(seen("1"), asked_at=at(1))
    assert bench.publish(metrics=METRICS) is not None


@pytest.mark.prove
def test_everything_is_built_when_most_issues_changed(
    bench: LakeFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "replace_projects", None)  # calling it would fail
    bench.land_and_derive(seen("1"), seen("2"), seen("3"))
    bench.publish(metrics=METRICS)
    bench.land_and_derive(seen("1"), seen("2"), asked_at=at(1))
    assert bench.publish(metrics=METRICS) is not None
