"""The projects of a generated site, with their boards, sprints, versions and ways of working."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from jira_assets.demo.data import (
    DemoBoard,
    DemoField,
    DemoIssueType,
    DemoProject,
    DemoSprint,
    DemoStatus,
    DemoUser,
    Json,
    SiteData,
)
from jira_assets.demo.generate.calendar import DAY, HOUR, WEEK, jira_date
from jira_assets.demo.generate.setup import KANBAN_WALK, POINTS_FIELD, SCRUM_WALK, Setup, Walk
from jira_assets.demo.generate.words import PROJECT_IDEAS, SPRINT_GOALS, ProjectIdea

MOST_SPRINTS, FEWEST_SPRINTS = 52, 6
ISSUES_A_SPRINT = 16
LATE_VERSION = 5
"""In every other project: its day has passed, and it is not released."""
COMPONENT_DETAILS: Sequence[Mapping[str, str]] = (
    {"description": "What people see first"},
    {"assigneeType": "COMPONENT_LEAD"},
    {"description": "", "assigneeType": "UNASSIGNED"},
)
"""In turn; the second component of a project has a lead."""
KANBAN_LIMITS: Sequence[Mapping[str, int]] = ({"min": 1, "max": 8}, {"max": 5})
"""Of the second and third status."""


@dataclass(slots=True)
class ProjectPlan:
    """A project as its issues need to know it: who works in it, and how."""

    project: DemoProject
    idea: ProjectIdea
    issues: int
    walk: list[DemoStatus]
    types: dict[str, DemoIssueType]
    points: DemoField | None
    effort: DemoField | None
    members: list[DemoUser]
    streams: list[list[DemoSprint]] = field(default_factory=list)
    """The sprints of each board that has some, oldest first."""


def plan_projects(
    rng: Random, data: SiteData, setup: Setup, projects: int, issues: int, now: int
) -> list[ProjectPlan]:
    """Add projects with their boards and sprints to `data`; the first ones get the most issues."""
    shares = issue_shares(projects, issues)
    plans = [_plan(rng, data, setup, place, share, now) for place, share in enumerate(shares)]
    _number_sprints(rng, plans)
    data.sprints += sorted(
        (s for plan in plans for stream in plan.streams for s in stream), key=lambda s: s.id
    )
    return plans


def issue_shares(projects: int, issues: int) -> list[int]:
    """Divide the issues unevenly; the parts add up to the whole."""
    weights = [1 / (place + 1) ** 0.5 for place in range(projects)]
    bounds = [round(issues * sum(weights[:place]) / sum(weights)) for place in range(projects)]
    return [after - before for before, after in zip(bounds, [*bounds[1:], issues], strict=True)]


def _plan(rng: Random, data: SiteData, setup: Setup, place: int, issues: int, now: int) -> ProjectPlan:
    round_, which = divmod(place, len(PROJECT_IDEAS))
    idea = PROJECT_IDEAS[which]
    project = _project(rng, data, idea, place, round_, now)
    own = idea.style == "next-gen"
    points, effort = setup.own_fields(project.id) if own else (_shared_points(data, idea), None)
    plan = ProjectPlan(
        project=project,
        idea=idea,
        issues=issues,
        walk=setup.own_walk(project.id) if own else setup.shared_walk(_walk(idea)),
        types=setup.issue_types(project.id) if own else setup.shared_types(),
        points=points,
        effort=effort,
        members=_members(rng, data),
    )
    project.lead = plan.members[0].account_id
    for component in project.components[1:2]:
        component["lead"] = plan.members[-1].account_id
    plan.streams = _boards(rng, data, plan, now)
    return plan


def _project(
    rng: Random, data: SiteData, idea: ProjectIdea, place: int, round_: int, now: int
) -> DemoProject:
    suffix = "" if round_ == 0 else str(round_ + 1)
    project = DemoProject(
        id=10_000 + 3 * place,
        key=idea.key + suffix,
        name=f"{idea.name} {suffix}".strip(),
        style=idea.style,
        project_type=idea.project_type,
        old_keys=[f"SHOP{suffix}"] if idea.key == "WEB" else [],
        versions=_versions(rng, place, now) if idea.style == "classic" else [],
        components=[
            {"id": str(20_000 + 20 * place + number), "name": name, **COMPONENT_DETAILS[number % 3]}
            for number, name in enumerate(idea.components)
        ],
        category={"id": "10001", "name": "Product", "description": ""} if place % 3 != 2 else None,
    )
    data.projects.append(project)
    return project


def _versions(rng: Random, place: int, now: int) -> list[Json]:
    versions = []
    for number in range(8):
        day = now - (6 - number) * 13 * WEEK + int(rng.random() * WEEK)
        version: Json = {"id": str(30_000 + 20 * place + number), "name": f"2.{number}"}
        released = day < now and not (place % 2 and number == LATE_VERSION)
        version |= {"archived": number < 2, "released": released, "releaseDate": jira_date(day)}
        if number % 2:
            start = jira_date(day - 12 * WEEK)
            version |= {"description": f"Release {number} of the line", "startDate": start}
        versions.append(version)
    versions.append(
        {"id": str(30_008 + 20 * place), "name": "some day", "archived": False, "released": False}
    )
    return versions


def _walk(idea: ProjectIdea) -> Walk:
    return SCRUM_WALK if "scrum" in idea.board_types else KANBAN_WALK


def _shared_points(data: SiteData, idea: ProjectIdea) -> DemoField | None:
    if "scrum" not in idea.board_types:
        return None
    return next(known for known in data.fields if known.id == POINTS_FIELD)


def _members(rng: Random, data: SiteData) -> list[DemoUser]:
    people = [user for user in data.users if user.account_type == "atlassian"]
    return rng.sample(people, min(len(people), 16))


def _boards(rng: Random, data: SiteData, plan: ProjectPlan, now: int) -> list[list[DemoSprint]]:
    streams = []
    for number, kind in enumerate(plan.idea.board_types, 1):
        estimate = plan.points.id if plan.points and kind == "scrum" else None
        name = f"{plan.project.key} board" if number == 1 else f"{plan.project.key} board {number}"
        board = DemoBoard(len(data.boards) + 1, name, kind, plan.project.id, estimate)
        _set_up_columns(board, plan.walk)
        data.boards.append(board)
        if kind != "kanban":
            closed = plan.issues // len(plan.idea.board_types) // ISSUES_A_SPRINT
            streams.append(_sprints(rng, plan, board, number, closed, now))
    return streams


def _set_up_columns(board: DemoBoard, walk: Sequence[DemoStatus]) -> None:
    """Add a column per status to a board; on a kanban board limits, and a column without a status."""
    board.columns = [{"name": status.name, "statuses": [{"id": status.id}]} for status in walk]
    if board.type != "kanban":
        return
    for column, limits in zip(board.columns[1:], KANBAN_LIMITS, strict=False):
        column |= limits
    board.columns.insert(0, {"name": "Backlog", "statuses": []})
    board.constraint = "issueCount"
    board.sub_query = "fixVersion in unreleasedVersions() OR fixVersion is EMPTY"


def _sprints(
    rng: Random, plan: ProjectPlan, board: DemoBoard, number: int, closed: int, now: int
) -> list[DemoSprint]:
    """Make two-week sprints: closed ones, the active one that spans `now`, two to come (one undated)."""
    closed = min(MOST_SPRINTS, max(FEWEST_SPRINTS, closed))
    active_since = now - int((1 + rng.random() * 11) * DAY)
    sprints = []
    for place in range(closed + 3):
        start = active_since + (place - closed) * 2 * WEEK
        sprint = DemoSprint(0, _sprint_name(plan, number, place + 1), "closed", board.id, _goal(rng, plan))
        if place < closed + 2:
            sprint.start, sprint.end = start, start + 2 * WEEK - 2 * HOUR
        if place < closed:
            # Some sprints are closed early, some late, none after the next has begun.
            sprint.complete = start + 2 * WEEK - int((0.2 + rng.random() * 30) * HOUR)
        else:
            sprint.state = "active" if place == closed else "future"
        sprints.append(sprint)
    return sprints


def _sprint_name(plan: ProjectPlan, number: int, place: int) -> str:
    if number > 1:
        return f"{plan.project.key} Team {number}, Sprint {place}"  # names with commas occur
    return f"{plan.project.key} Sprint {place}"


def _goal(rng: Random, plan: ProjectPlan) -> str | None:
    dice = rng.random()
    if dice < 0.3:
        return "" if dice < 0.15 else None
    return rng.choice(SPRINT_GOALS).format(thing=rng.choice(plan.idea.things))


def _number_sprints(rng: Random, plans: list[ProjectPlan]) -> None:
    """Assign ids by planning date: nearly, but not quite, the order in which the sprints start."""
    dated = []
    for plan in plans:
        for stream in plan.streams:
            last = 0
            for sprint in stream:
                last = sprint.start or last + 2 * WEEK
                dated.append((last - rng.random() * 6 * WEEK, sprint))
    numbers = count(1)
    for _, sprint in sorted(dated, key=lambda pair: pair[0]):
        sprint.id = next(numbers)
