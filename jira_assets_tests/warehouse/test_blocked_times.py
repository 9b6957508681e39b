"""How long finished issues were blocked, and what is blocked now, compared with looking at every hour."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from jira_assets_tests.lake_fixture import LakeFixture
from jira_assets_tests.sampling import sampled
from jira_assets_tests.warehouse.blockable import (
    HOURS,
    REASONS,
    Blockable,
    Blocker,
    Blocks,
    Times,
    blockable,
    preview,
)
from jira_assets_tests.warehouse.brute_force import World, monday
from jira_assets_tests.warehouse.histories import Life, on
from jira_assets_tests.warehouse.test_metrics import Chance

AS_OF = date(2026, 2, 8)


def rows(bench: LakeFixture, keys: int, query: str) -> dict[Any, Any]:
    found = [tuple(row.values()) for row in bench.ask(query)]
    return {row[:keys]: row[keys:] for row in found}


@pytest.mark.parametrize("seed", sampled([2, 3]))
def test_blocked_work_is_that_of_every_hour(bench: LakeFixture, seed: int) -> None:
    world = Chance(seed).world(80)
    world = World(list(blockable(world.lives, random.Random(seed))), (), world.as_of, world.zone)
    preview(bench, world)
    blocks = Blocks(world)

    check_finished(bench, world, blocks)
    check_present(bench, world, blocks)


def check_finished(bench: LakeFixture, world: World, blocks: Blocks) -> None:
    """Times from start to finish, of each issue and added up by week."""
    by_issue = {
        (life.jira_id, reason): hours
        for life in world.lives
        if not world.is_left_out(life)
        for reason, hours in blocks.hours(life).items()
    }
    found = rows(bench, 2, "select jira_id, reason, days from issue_blocked_times")
    assert found == {key: (pytest.approx(hours / 24, abs=1e-6),) for key, hours in by_issue.items()}
    assert {reason for _, reason in by_issue} == set(REASONS)

    weeks: dict[Any, list[Life]] = {}
    for life in world.delivered():
        end = world.finished(life)
        if end and world.started(life):
            weeks.setdefault((life.project, life.kind, life.team, monday(world.day(end))), []).append(life)
    expected = {}
    for key, lives in weeks.items():
        total = sum(world.flow(life)[4] for life in lives) / 86400
        for reason in REASONS:
            blocked = [by_issue[life.jira_id, reason] for life in lives if (life.jira_id, reason) in by_issue]
            days = sum(blocked) / 24
            figures = (len(lives), len(blocked), days, total, days / total if total else None)
            expected[(*key, reason)] = (*pytest.approx(figures, abs=1e-5).expected, world.left_out(key[:3]))
    query = (
        "select project_id, issue_type, team, week, reason, cycle_time_n, blocked_n, blocked_days, "
        "days_in_all, share_blocked, left_out from blocked_times"
    )
    assert rows(bench, 5, query) == {key: pytest.approx(row, abs=1e-5) for key, row in expected.items()}


def check_present(bench: LakeFixture, world: World, blocks: Blocks) -> None:
    """What is blocked once everything has happened."""
    expected = {}
    for life in world.lives:
        reasons = blocks.reasons(life, HOURS)
        is_open = world.known(life.project).get(life.shown_status) != "done"
        if not life.is_counted or not reasons or not is_open:
            continue
        since = blocks.since(life)
        now = [each for each in getattr(life, "blockers", ()) if blocks.open_at(each, HOURS)]
        expected[life.jira_id,] = (
            since.replace(tzinfo=None),
            (world.as_of - world.day(since)).days + 1,
            sorted(reasons),
            sorted(each.key for each in now),
            sorted(each.key for each in now if each.life is None),
        )
    query = (
        "select jira_id, blocked_at, days_blocked, reasons, blocker_keys, untracked_blocker_keys "
        "from blocked_work"
    )
    assert rows(bench, 1, query) == expected
    assert any(row[3] for row in expected.values())


def life(jira_id: str, flags: Sequence[Times] = (), *blockers: Blocker, until: float | None = 7) -> Blockable:
    """An issue in progress from the third day on, in general up to the seventh."""
    made = Blockable(jira_id, on(1), flags=flags, blockers=blockers)
    made.then(on(3, 0), "status", "2")
    if until is not None:
        made.then(on(until, 0), "status", "4")
    return made


def far(since: float, until: float | None = None, number: int = 9, **given: Any) -> Blocker:
    ((begin, end),) = flag(since, until)
    return Blocker(begin, end, number=number, **given)


def flag(since: float, until: float | None = None) -> list[Times]:
    return [(on(since, 0), None if until is None else on(until, 0))]


CASES: Mapping[str, tuple[Blockable, Mapping[str | None, float]]] = {
    "two reasons overlap": (life("1", flag(4, 6), far(5, 8)), {"flagged": 2, "link": 2, None: 3}),
    "two blockers overlap": (life("2", (), far(4, 5), far(4.5, 6, 8)), {"link": 2, None: 2}),
    "two reasons apart": (life("3", flag(4, 5), far(6, 6.5)), {"flagged": 1, "link": 0.5, None: 1.5}),
    "a flag left on it": (life("4", flag(5)), {"flagged": 2, None: 2}),
    "before its start": (life("5", flag(2, 3)), {}),
    "into its start": (life("6", flag(2, 4)), {"flagged": 1, None: 1}),
    "after its finish": (life("7", flag(7, 9)), {}),
    "throughout": (life("8", flag(2, 9)), {"flagged": 4, None: 4}),
    "finished when it began": (life("9", flag(2, 9), until=3), {}),
    "not finished": (life("10", flag(4), until=None), {}),
    "a link that it does not show": (life("11", (), far(4, is_shown=False)), {}),
}


@pytest.fixture
def cases(bench: LakeFixture) -> LakeFixture:
    """Every case in one site."""
    preview(bench, World([made for made, _ in CASES.values()], (), AS_OF, "UTC"))
    return bench


def test_only_what_lies_between_start_and_finish_counts(cases: LakeFixture) -> None:
    found = rows(cases, 2, "select jira_id, reason, days, share from issue_blocked_times")
    assert found == {
        (made.jira_id, reason): (days, pytest.approx(days / 4))
        for made, expected in CASES.values()
        for reason, days in expected.items()
    }


@pytest.mark.prove
def test_an_issue_that_took_no_time_counts_among_those_that_were_not_blocked(cases: LakeFixture) -> None:
    query = (
        "select week, reason, cycle_time_n, blocked_n, blocked_days, days_in_all, share_blocked "
        "from blocked_times"
    )
    week = on(1).date()
    assert rows(cases, 2, query) == {
        (week, "flagged"): (10, 5, 10.0, 36.0, pytest.approx(10 / 36)),
        (week, "status"): (10, 0, 0.0, 36.0, 0.0),
        (week, "link"): (10, 3, 4.5, 36.0, pytest.approx(4.5 / 36)),
        (week, None): (10, 6, 13.5, 36.0, pytest.approx(13.5 / 36)),
    }


@pytest.mark.prove
def test_weeks_in_which_nothing_took_time_have_no_share(bench: LakeFixture) -> None:
    preview(bench, World([CASES["finished when it began"][0]], (), AS_OF, "UTC"))
    assert rows(bench, 1, "select reason, cycle_time_n, days_in_all, share_blocked from blocked_times") == {
        (reason,): (1, 0.0, None) for reason in REASONS
    }


def test_what_is_blocked_now_is_open_and_names_its_blockers(bench: LakeFixture) -> None:
    open_one = life("20", until=None)
    elsewhere = Blockable("21", on(1), project="11")
    waiting = Blockable("22", on(1)).then(on(2, 0), "status", "3")
    taken_over = life(
        "23", [*flag(2, 3), *flag(4, 6)], far(5), Blocker(on(8, 0), None, elsewhere), until=None
    )
    over = life("24", flag(4, 6), far(5, 6), until=None)
    done = life("25", flag(5), far(4))
    to_do = Blockable("26", on(1), blockers=[Blocker(on(2, 0), None, open_one)])
    denied = life("27", flag(5), far(4, is_shown=False), until=None)
    lives = [open_one, elsewhere, waiting, taken_over, over, done, to_do, denied]
    preview(bench, World(lives, (), date(2026, 1, 14), "UTC"))

    query = (
        "select jira_id, blocked_on, days_blocked, started_on, reasons, blocker_keys, untracked_blocker_keys "
        "from blocked_work"
    )
    day = {number: on(number).date() for number in (2, 3, 4, 5)}
    assert rows(bench, 1, query) == {
        ("22",): (day[2], 9, day[2], ["status"], [], []),
        ("23",): (day[4], 7, day[3], ["link"], ["FAR-9", "P11-21"], ["FAR-9"]),
        ("26",): (day[2], 9, None, ["link"], ["P10-20"], []),
        ("27",): (day[5], 6, day[3], ["flagged"], [], []),
    }


def test_sub_tasks_and_epics_do_not_count_unless_the_settings_say_so(bench: LakeFixture) -> None:
    lives = [life(str(number), flag(4, 5)) for number in range(3)]
    lives += [life(str(number), flag(4), until=None) for number in range(3, 6)]
    for made, kind in zip(lives, ["Task", "Epic", "Sub-task"] * 2, strict=True):
        made.kind = kind
    preview(bench, World(lives, (), AS_OF, "UTC"))

    assert bench.ask("select distinct issue_type from blocked_times") == [{"issue_type": "Task"}]
    assert bench.ask("select jira_id from blocked_work") == [{"jira_id": "3"}]
    assert len(bench.ask("select distinct jira_id from issue_blocked_times")) == 3
