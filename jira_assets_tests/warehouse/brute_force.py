"""Every metric computed the slow way: by playing each story up to each moment that matters."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jira_assets_tests.warehouse.histories import GONE, STATUSES, Life, Sprint, State

UNWANTED = {"Won't Do", "Duplicate"}
ACTIVE = {"2"}
RANK = {"new": 0, "indeterminate": 1, "done": 2}
NOT_YET = State("0")
Table = dict[Any, Any]


def quantile(values: Iterable[Any], share: float) -> Any:
    """The smallest value with at least that share of all at or below it; None under five values."""
    found = sorted(values)
    return found[max(math.ceil(share * len(found) - 1e-9) - 1, 0)] if len(found) >= 5 else None


def monday(day: date) -> date:
    """The Monday of the week."""
    return day - timedelta(days=day.weekday())


def until(first: date, last: date, step: int = 1) -> list[date]:
    """The days from the first to the last."""
    return [first + timedelta(days=number) for number in range(0, (last - first).days + 1, step)]


Group = tuple[str, str, str | None]
"""Project, type and team."""


def group_of(life: Life) -> Group:
    """What the series tell apart."""
    return life.project, life.kind, life.team


@dataclass
class World:
    """All issues and sprints, and what the metrics are asked for."""

    lives: Sequence[Life]
    sprints: Sequence[Sprint]
    as_of: date
    zone: str

    def __post_init__(self) -> None:
        """Find out what is known of the statuses, and have every issue know it."""
        for life in self.lives:
            life.first = replace(life.first, categories=self.known(life.project))

    # statuses

    def known(self, project: str) -> Mapping[str, str]:
        """The category of each status in a project; those of which none is known are missing."""
        shown = {life.shown_status for life in self.lives}
        told = {key: kind for key, (_, kind) in (STATUSES | GONE).items() if key in STATUSES or key in shown}
        mine = [life for life in self.lives if life.project == project]
        done = {key: "done" for key in GONE if key not in told and self.is_judged_done(key, mine)}
        return told | done

    def is_judged_done(self, status: str, lives: Iterable[Life]) -> bool:
        """Whether issues were resolved in the status, and no fewer than passed it unresolved."""
        votes = [self.vote(status, life) for life in lives]
        return True in votes and votes.count(True) >= votes.count(False)

    def vote(self, status: str, life: Life) -> bool | None:
        """Whether the issue was resolved in the status, or passed it before it ever was; None if neither."""
        resolved = [at for at, what, value in life.changes if what == "resolution" and value]
        where = [life.at(at + timedelta(seconds=1)) for at in resolved]
        if any(state and state.status == status for state in where):
            return True
        visits = [at for at, state in life.states() if state.status == status]
        return False if any(not any(moment < at for moment in resolved) for at in visits) else None

    def is_unknown(self, life: Life) -> bool:
        """Whether it was ever in a status of unknown category."""
        return any(state.status not in state.categories for _, state in life.states())

    def is_left_out(self, life: Life) -> bool:
        """Whether no series has it."""
        return life.lies == "status" or self.is_unknown(life)

    def day(self, moment: datetime) -> date:
        """The local day."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def end_of(self, day: date) -> datetime:
        """The last moment of a local day."""
        midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.zone))
        return midnight.astimezone(UTC) - timedelta(microseconds=1)

    @property
    def counted(self) -> list[Life]:
        """The issues that series are made of."""
        return [life for life in self.lives if life.is_counted and not self.is_left_out(life)]

    # one issue

    def started(self, life: Life) -> datetime | None:
        """When it was first in progress."""
        return next((at for at, state in life.states() if state.category == "indeterminate"), None)

    def finished(self, life: Life) -> datetime | None:
        """When it came into Done to stay."""
        found, before = None, "none"
        for at, state in life.states():
            if state.category == "done" and before != "done":
                found = at
            before = state.category
        return found if before == "done" else None

    def is_delivered(self, life: Life) -> bool:
        """Whether it is finished and was wanted."""
        return self.finished(life) is not None and life.now.resolution not in UNWANTED

    def flow(self, life: Life) -> tuple[Any, ...]:
        """The row of issue_flow: lead, cycle, age, efficiency, moves."""
        if self.is_left_out(life):
            return (None,) * 10
        start, end = self.started(life), self.finished(life)
        moves = [
            (before.category, after.category)
            for (_, before), (_, after) in self.pairs(life)
            if before.status != after.status
        ]
        active = None if not start or not end or start == end else self.active_seconds(life, start, end)
        return (
            self.naive(start),
            self.naive(end),
            end and (self.day(end) - self.day(life.created)).days + 1,
            end and start and (self.day(end) - self.day(start)).days + 1,
            end and start and (end - start).total_seconds(),
            (self.as_of - self.day(start)).days + 1 if start and life.now.category != "done" else None,
            None if active is None or not start or not end else active / (end - start).total_seconds(),
            sum(a == "done" != b for a, b in moves),
            sum(RANK[b] < RANK[a] for a, b in moves),
            sum(a == b == "done" for a, b in moves),
        )

    def pairs(self, life: Life) -> list[tuple[tuple[datetime, State], tuple[datetime, State]]]:
        """Each state with the next."""
        states = list(life.states())
        return list(itertools.pairwise(states))

    def active_seconds(self, life: Life, start: datetime, end: datetime) -> float:
        """Seconds of that time spent in active statuses."""
        return sum(
            (min(until_, end) - max(since, start)).total_seconds()
            for (since, state), (until_, _) in self.pairs(life)
            if state.status in ACTIVE and max(since, start) < min(until_, end)
        )

    def naive(self, moment: datetime | None) -> datetime | None:
        """The moment the way the warehouse has it."""
        return moment and moment.replace(tzinfo=None)

    # series

    def projects(self) -> list[str]:
        """The projects."""
        return sorted({life.project for life in self.counted})

    def of(self, project: str) -> list[Life]:
        """The issues of a project."""
        return [life for life in self.counted if life.project == project]

    def groups(self) -> dict[Group, list[Life]]:
        """The issues of each project, type and team."""
        found: dict[Group, list[Life]] = {}
        for life in self.counted:
            found.setdefault(group_of(life), []).append(life)
        return found

    def cumulative_flow(self) -> Table:
        """Issues of each type in each category at the end of each day."""
        return {
            (*group, day): tuple(
                sum(1 for life in lives if self.category(life, day) == category) for category in RANK
            )
            for group, lives in self.groups().items()
            for day in until(min(self.day(life.created) for life in lives), self.as_of)
        }

    def category(self, life: Life, day: date) -> str | None:
        """The category at the end of the day."""
        state = life.at(self.end_of(day))
        return state.category if state else None

    def left_out(self, group: Group) -> int:
        """The issues of a project, type and team that no series has."""
        lives = [life for life in self.lives if group_of(life) == group]
        return sum(life.is_counted and self.is_left_out(life) for life in lives)

    def resolution_trend(self) -> Table:
        """Created, resolved, delivered, reopened, open and left out of each week, by type and team."""
        found = {
            (*group, week): (*self.week_of(lives, week), self.left_out(group))
            for group, lives in self.groups().items()
            for week in until(monday(min(self.day(life.created) for life in lives)), self.as_of, step=7)
        }
        lost = {group_of(life) for life in self.lives if life.is_counted} - self.groups().keys()
        return found | {(*group, monday(self.as_of)): (*[0] * 5, self.left_out(group)) for group in lost}

    def week_of(self, lives: Sequence[Life], week: date) -> tuple[int, ...]:
        """The same for one week."""
        resolved, delivered, reopened = 0, 0, 0
        for life in lives:
            for at, resolution, is_entry in self.turns(life):
                if monday(self.day(at)) == week:
                    resolved += is_entry
                    delivered += is_entry and resolution not in UNWANTED
                    reopened += not is_entry
        last = min(week + timedelta(days=6), self.as_of)
        ends = [self.category(life, last) for life in lives]
        return (
            sum(monday(self.day(life.created)) == week for life in lives),
            resolved,
            delivered,
            reopened,
            sum(kind not in (None, "done") for kind in ends),
        )

    def turns(self, life: Life) -> list[tuple[datetime, str | None, bool]]:
        """When it came into Done and left it; an entry with the resolution that it left with."""
        entries: list[datetime] = []
        exits: list[datetime] = []
        before = NOT_YET
        for at, state in life.states():
            was_done = before is not NOT_YET and before.category == "done"
            if (state.category == "done") != was_done:
                (exits if was_done else entries).append(at)
            before = state
        found: list[tuple[datetime, str | None, bool]] = [(at, None, False) for at in exits]
        for number, at in enumerate(entries):
            left = exits[number] if number < len(exits) else None
            is_last = left is None or at == self.finished(life)
            found.append((at, life.now.resolution if is_last else self.resolved(life, left), True))
        return found

    def resolved(self, life: Life, left: datetime | None) -> str | None:
        """The resolution that it had when it left Done."""
        before = [state for since, state in life.states() if left is None or since < left]
        return (before or [life.first])[-1].resolution

    def delivered(self, project: str | None = None) -> list[Life]:
        """The delivered issues."""
        return [life for life in self.counted if self.is_delivered(life) and project in (None, life.project)]

    def throughput(self) -> Table:
        """Delivered issues of each week by type and team, with the mean of twelve weeks."""
        found: Table = {}
        for project in self.projects():
            lives = [
                (monday(self.day(self.finished(life) or life.created)), life.kind, life.team)
                for life in self.delivered(project)
            ]
            for kind, team in {(kind, team) for _, kind, team in lives}:
                weeks = until(min(week for week, *_ in lives), self.as_of, step=7)
                counts = [lives.count((week, kind, team)) for week in weeks]
                for number, week in enumerate(weeks):
                    recent = counts[max(number - 11, 0) : number + 1]
                    found[project, week, kind, team] = (counts[number], sum(recent) / len(recent))
        return found

    def flow_times(self) -> Table:
        """Lead and cycle times of each week, by project and for all."""
        found: Table = {}
        for project in [*self.projects(), None]:
            found |= self.times_of(project, self.delivered(project))
        return found

    def team_flow_times(self) -> Table:
        """The same by team, for all projects."""
        found: Table = {}
        for team in {life.team for life in self.delivered()} - {None}:
            found |= self.times_of(team, [life for life in self.delivered() if life.team == team])
        return found

    def times_of(self, name: str | None, lives: Iterable[Life]) -> Table:
        """The same of some issues."""
        found: Table = {}
        flows = [self.flow(life) for life in lives]
        for week in {monday(self.day(flow[1].replace(tzinfo=UTC))) for flow in flows}:
            mine = [flow for flow in flows if monday(self.day(flow[1].replace(tzinfo=UTC))) == week]
            leads = [flow[2] for flow in mine]
            cycles = [flow[3] for flow in mine if flow[3] is not None]
            found[name, week] = (
                len(leads),
                quantile(leads, 0.5),
                quantile(leads, 0.85),
                len(cycles),
                quantile(cycles, 0.5),
                quantile(cycles, 0.85),
            )
        return found

    def status_times(self) -> Table:
        """Days that delivered issues spent in each status, and their ages when they left it for good."""
        found: Table = {}
        for project in self.projects():
            for status in {state.status for life in self.of(project) for _, state in life.states()}:
                stays = [self.stay(life, status) for life in self.delivered(project)]
                days = [stay for stay, _ in stays if stay is not None]
                ages = [age for _, age in stays if age is not None]
                found[project, status] = (
                    len(days),
                    quantile(days, 0.5),
                    quantile(days, 0.85),
                    len(ages),
                    *(quantile(ages, share) for share in (0.5, 0.7, 0.85, 0.95)),
                )
        return found

    def issue_status_times(self) -> Table:
        """Days, age at the last leaving, and number of stays of each issue in each of its statuses."""
        found: Table = {}
        for life in self.lives:
            if self.is_left_out(life):
                continue
            visited = [status for status, _ in itertools.groupby(state.status for _, state in life.states())]
            for status in visited:
                days, age = self.stay(life, status)
                found[life.jira_id, status] = (days, age, visited.count(status), visited.index(status) + 1)
        return found

    def stay(self, life: Life, status: str) -> tuple[float | None, int | None]:
        """How long one issue was in a status, and its age when it left it for the last time."""
        spans = [
            (since, left) for (since, state), (left, after) in self.pairs(life) if state.status == status
        ]
        leavings = [
            left for (_, state), (left, after) in self.pairs(life) if state.status == status != after.status
        ]
        if not leavings:
            return None, None
        days = sum((left - since).total_seconds() for since, left in spans if since < max(leavings)) / 86400
        start = self.started(life)
        after_start = [left for left in leavings if start and left >= start]
        age = (self.day(max(after_start)) - self.day(start)).days + 1 if after_start and start else None
        return days, age

    # sprints

    def in_sprints(self) -> list[Life]:
        """The issues that sprints count."""
        return [life for life in self.counted if life.lies is None]

    def took_part(self, life: Life, sprint: Sprint) -> bool:
        """Whether it was in the sprint at any time while that ran."""
        states = [*life.states(), (None, life.now)]
        return any(
            sprint.sprint_id in state.sprints
            and (sprint.completed is None or since <= sprint.completed)
            and (until_ is None or until_ > sprint.started)
            for (since, state), (until_, _) in itertools.pairwise(states)
            if since
        )

    def is_known(self, sprint: Sprint) -> bool:
        """Whether anything of a sprint is known: an issue of it, or that it has none."""
        taking_part = [life for life in self.lives if life.is_counted and self.took_part(life, sprint)]
        shown = [life for life in self.lives if life.is_counted and sprint.sprint_id in life.now.sprints]
        counted = [life.jira_id for life in self.in_sprints()]
        return any(life.jira_id in counted for life in taking_part) or all(
            life.jira_id in counted for life in [*taking_part, *shown]
        )

    def velocity(self) -> Table:
        """What each sprint promised and kept."""
        return {sprint.sprint_id: self.velocity_of(sprint) for sprint in self.sprints}

    def velocity_of(self, sprint: Sprint) -> tuple[float | None, ...]:
        """The same for one sprint; what was Done before it is work of it only when it is not any more."""
        if not self.is_known(sprint):
            return (None,) * 8
        return self.points_of(sprint, self.in_sprints())

    def team_velocity(self) -> Table:
        """The same by team, of the teams that had issues in the sprint."""
        return {
            (sprint.sprint_id, team): self.points_of(
                sprint, [life for life in self.in_sprints() if life.team == team]
            )
            for sprint in self.sprints
            for team in self.teams_in(sprint)
        }

    def teams_in(self, sprint: Sprint) -> set[str | None]:
        """The teams that had issues in the sprint while it ran."""
        return {life.team for life in self.in_sprints() if self.took_part(life, sprint)}

    def team_means(self) -> Table:
        """The mean of what a team completed in closed sprints, up to each: there are fewer than seven."""
        found: Table = {}
        completed: dict[str | None, list[float]] = {}
        sums = self.team_velocity()
        for sprint in sorted(self.sprints, key=lambda sprint: sprint.started):
            for team in self.teams_in(sprint) if sprint.completed else ():
                results = completed.setdefault(team, [])
                results.append(sums[sprint.sprint_id, team][1])
                found[sprint.sprint_id, team] = sum(results) / len(results)
        return found

    def points_of(self, sprint: Sprint, lives: Iterable[Life]) -> tuple[float, ...]:
        """What some issues are in a sprint."""
        sums = [0.0] * 8
        for life in lives:
            start, end = life.at(sprint.started) or NOT_YET, self.at_end(life, sprint)
            then, now = start.points or 0, end.points or 0
            stayed, done = sprint.sprint_id in end.sprints, end is not NOT_YET and end.category == "done"
            was_done = self.is_done_before(life, sprint)
            if was_done and done:
                sums[7] += now if stayed else 0
                continue
            promised = sprint.sprint_id in start.sprints and not was_done
            sums[0] += then if promised else 0
            sums[1] += now if stayed and done else 0
            sums[2] += now if stayed and not promised else 0
            sums[3] += then if promised and not stayed else 0
            sums[4] += now - then if promised and stayed else 0
            sums[5] += now if stayed and not done else 0
            sums[6] += then if promised and stayed and done else 0
        return tuple(sums)

    def is_done_before(self, life: Life, sprint: Sprint) -> bool:
        """Whether it was Done before the sprint began, and still was when it did."""
        states = [life.at(sprint.started - timedelta(microseconds=1)), life.at(sprint.started)]
        return all(state is not None and state.category == "done" for state in states)

    def at_end(self, life: Life, sprint: Sprint) -> State:
        """What an issue was when the sprint was closed, or is now."""
        return (life.at(sprint.completed) if sprint.completed else life.now) or NOT_YET

    def burndown(self) -> Table:
        """What remained at the start and at the end of each day of each sprint."""
        return {
            (sprint.sprint_id, number): sum(self.left(life, sprint, moment) for life in self.in_sprints())
            for sprint in self.sprints
            if self.is_known(sprint)
            for number, moment in enumerate(self.moments(sprint))
        }

    def moments(self, sprint: Sprint) -> list[datetime | None]:
        """The start of a sprint and the ends of its days; None is now."""
        last = self.day(sprint.completed) if sprint.completed else self.as_of
        days = until(self.day(sprint.started), last)
        return [sprint.started, *(self.end_of(day) for day in days[:-1]), sprint.completed]

    def left(self, life: Life, sprint: Sprint, moment: datetime | None) -> float:
        """What remained of one issue."""
        state = (life.at(moment) if moment else life.now) or NOT_YET
        is_open = state is not NOT_YET and state.category != "done"
        return state.points or 0 if is_open and sprint.sprint_id in state.sprints else 0


def finished_in_days(daily: Sequence[int], goal: int) -> list[float]:
    """The chance that so many are delivered, after each day from 0 to 180: each day is equally likely."""
    chances, finished = {goal: 1.0}, []
    for _ in range(181):
        chances = {left: chance for left, chance in chances.items() if left > 0 and chance > 1e-15}
        finished.append(1 - sum(chances.values()))
        chances = _a_day_later(chances, [-count for count in daily])
    return finished


def first_day(daily: Sequence[int], goal: int, percent: int) -> int | None:
    """The first day of 180 after which so many issues are delivered with that chance."""
    chances = enumerate(finished_in_days(daily, goal))
    return next((day for day, chance in chances if chance >= percent / 100 - 1e-9), None)


def reached(daily: Sequence[int], days: int, percent: int) -> int:
    """The highest count that so many days reach with that chance: each day is equally likely."""
    chances = {0: 1.0}
    for _ in range(days):
        chances = _a_day_later(chances, daily)
    counts = sorted(chances, reverse=True)
    sums = itertools.accumulate(chances[count] for count in counts)
    return next(count for count, sure in zip(counts, sums, strict=True) if sure >= percent / 100 - 1e-9)


def _a_day_later(chances: Mapping[int, float], daily: Sequence[int]) -> dict[int, float]:
    times = Counter(daily)
    following: dict[int, float] = defaultdict(float)
    for count, chance in chances.items():
        for more, days in times.items():
            following[count + more] += chance * days / len(daily)
    return following
