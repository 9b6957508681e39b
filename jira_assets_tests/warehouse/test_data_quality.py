"""The findings about boards, sub-tasks and blockers, compared with what the histories say."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from jira_assets.warehouse.metric_settings import MetricSettings
from jira_assets_tests.lake_fixture import LakeFixture, Row
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.brute_force import World
from jira_assets_tests.warehouse.histories import Life, State, land_statuses, on
from jira_assets_tests.warehouse.test_board_columns import PROJECTS, land_boards, level_of
from jira_assets_tests.warehouse.test_metrics import Chance

FINDINGS = (
    "moved_left_on_board",
    "not_on_board",
    "in_progress_at_creation",
    "sub_tasks_started_first",
    "unfinished_sub_tasks",
    "blocked_by_done",
)
BLOCKS = {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
COLUMNS: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]] = {
    "1": [("To do", ("1",)), ("Doing", ("2",)), ("Done", ("4", "5"))],
    "2": [("Review", ("3",)), ("Doing", ("2",))],
}
AS_OF = date(2026, 2, 8)


@dataclass
class Plan:
    """Issues with their parents and with what blocks them, by id."""

    world: World
    parents: Mapping[str, str] = field(default_factory=dict)
    blockers: Mapping[str, str] = field(default_factory=dict)

    @property
    def lives(self) -> dict[str, Life]:
        return {life.jira_id: life for life in self.world.lives}

    def preview(self, bench: LakeFixture) -> None:
        """Put everything into the lake."""
        land_statuses(bench)
        land_boards(bench, columns_of=COLUMNS)
        projects = sorted({life.project for life in self.world.lives})
        for project in projects:
            mine = [life for life in self.world.lives if life.project == project]
            bench.land_and_derive(
                *(life.observation(**self.relations(life)) for life in mine), project=project
            )
        bench.preview(*projects, metrics=MetricSettings(self.world.zone, self.world.as_of))

    def relations(self, life: Life) -> Row:
        """What Jira says of the parent and the links of an issue."""
        parent, blocker = self.parents.get(life.jira_id), self.blockers.get(life.jira_id)
        other = blocker and {"id": blocker, "key": self.lives[blocker].key}
        links = (
            [{"id": f"{life.jira_id}00{blocker}", "type": BLOCKS, "inwardIssue": other}] if blocker else []
        )
        return {"parent": parent and {"id": parent, "key": self.lives[parent].key}, "issuelinks": links}

    # what is found, the slow way

    def found(self) -> Iterator[tuple[str, Life]]:
        """Every finding with its issue."""
        for life in self.world.lives:
            if not life.is_counted:
                continue
            checks = (
                self.moved_left(life),
                self.is_off_board(life),
                next(life.states())[1].category == "indeterminate",
                self.began_below(life),
                self.ended_before_its_parts(life),
                self.is_blocked_by_done(life),
            )
            yield from ((name, life) for name, is_found in zip(FINDINGS, checks, strict=True) if is_found)

    def places(self, life: Life) -> Iterator[Mapping[str, int]]:
        """The place of each status on each board of the project."""
        for board, columns in COLUMNS.items():
            if life.project in PROJECTS[board]:
                yield {status: place for place, (_, statuses) in enumerate(columns) for status in statuses}

    def moved_left(self, life: Life) -> bool:
        states = [state for _, state in life.states()]
        return any(
            place.get(new.status, 99) < place.get(old.status, -1)
            and new.categories.get(new.status) == old.categories.get(old.status)
            for old, new in itertools.pairwise(states)
            for place in self.places(life)
        )

    def is_off_board(self, life: Life) -> bool:
        places = list(self.places(life))
        shown = life.shown_status
        is_done = self.world.known(life.project).get(shown) == "done"
        return bool(places) and not is_done and not any(shown in place for place in places)

    def parts(self, life: Life) -> list[Life]:
        """Its sub-tasks of which anything can be said."""
        kept = [each for each in self.world.lives if not self.world.is_left_out(each)]
        return [
            each for each in kept if level_of(each) < 0 and self.parents.get(each.jira_id) == life.jira_id
        ]

    def began_below(self, life: Life) -> bool:
        if self.world.is_left_out(life) or self.world.started(life) or self.world.finished(life):
            return False
        return any(self.world.started(part) or self.world.finished(part) for part in self.parts(life))

    def ended_before_its_parts(self, life: Life) -> bool:
        finish = None if self.world.is_left_out(life) else self.world.finished(life)
        if finish is None:
            return False
        ends = [self.world.finished(part) for part in self.parts(life)]
        return any(end is None or end > finish for end in ends)

    def is_blocked_by_done(self, life: Life) -> bool:
        blocker = self.lives.get(self.blockers.get(life.jira_id, ""))
        if blocker is None or blocker.project != life.project:
            return False
        known = self.world.known(life.project)
        return known.get(blocker.shown_status) == "done" != known.get(life.shown_status)


def plan(seed: int) -> Plan:
    """Make a world of issues, some of them below or behind another one."""
    dice = random.Random(seed)
    world = Chance(seed).world(200)
    parents, blockers = {}, {}
    for life in world.lives:
        mine = [other.jira_id for other in world.lives if other.project == life.project and other.is_counted]
        if level_of(life) < 0:
            parents[life.jira_id] = dice.choice(mine)
        blockers[life.jira_id] = dice.choice([each for each in world.lives if each is not life]).jira_id
    return Plan(world, parents, blockers)


def shown(bench: LakeFixture) -> dict[tuple[str, str], tuple[Any, ...]]:
    names = ", ".join(f"'{name}'" for name in FINDINGS)
    rows = bench.ask(
        f"select project_id, finding, found, examples from data_quality where finding in ({names})"
    )
    return {(row["project_id"], row["finding"]): (row["found"], row["examples"]) for row in rows}


@pytest.mark.parametrize("seed", sampled([1, 2, 3]))
def test_findings_are_those_of_the_histories(bench: LakeFixture, seed: int) -> None:
    planned = plan(seed)
    planned.preview(bench)

    expected: dict[tuple[str, str], list[str]] = {
        (project, name): [] for project in ("10", "11") for name in FINDINGS
    }
    for name, life in planned.found():
        expected[life.project, name].append(life.key)
    assert shown(bench) == {key: (len(keys), sorted(keys)[:5]) for key, keys in expected.items()}
    assert all(any(expected[project, name] for project in ("10", "11")) for name in FINDINGS)


@pytest.mark.prove
def test_a_project_without_boards_has_nothing_off_the_board(bench: LakeFixture) -> None:
    lives = [Life("1", on(1), State(status="2"))]
    Plan(World(lives, [], AS_OF, "UTC")).preview(bench)
    assert shown(bench)["10", "not_on_board"] == (0, [])

    bench.land_site("boards")
    bench.preview("10", metrics=MetricSettings("UTC", AS_OF))
    assert shown(bench)["10", "moved_left_on_board"] == (0, [])
    assert shown(bench)["10", "in_progress_at_creation"] == (1, ["P10-1"])
