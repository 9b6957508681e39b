"""The issues of a generated site: who is born when, with which fields, under which parent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from operator import attrgetter
from random import Random

from jira_assets.demo import generate_stories as stories
from jira_assets.demo.data import DemoIssue, Json
from jira_assets.demo.generate_calendar import DAY, creation_times, jira_date
from jira_assets.demo.generate_changes import Story, Teller, change
from jira_assets.demo.generate_projects import ProjectPlan
from jira_assets.demo.generate_setup import (
    OLD_POINTS_FIELD,
    RANK_FIELD,
    REVIEWER_FIELD,
    SEVERITIES,
    SEVERITY_FIELD,
    SPRINT_FIELD,
    START_DATE_FIELD,
    TEXT_POINTS_FIELD,
)
from jira_assets.demo.generate_text import Descriptions
from jira_assets.demo.words import (
    BUG_SHAPES,
    EPIC_SHAPES,
    LABELS,
    STORY_SHAPES,
    SUBTASK_SHAPES,
    TASK_SHAPES,
    UNUSUAL_SUMMARIES,
)

SHAPES = {
    "epic": EPIC_SHAPES,
    "story": STORY_SHAPES,
    "task": TASK_SHAPES,
    "bug": BUG_SHAPES,
    "subtask": SUBTASK_SHAPES,
}
RESTLESS_EVERY = 80
UNUSUAL_EVERY = 25


@dataclass(slots=True)
class Birth:
    """An issue before anything has happened to it."""

    plan: ProjectPlan
    number: int
    created: int
    role: str
    parent: Birth | None = None
    id: int = 0
    old_keys: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Give the issue's key."""
        return f"{self.plan.project.key}-{self.number}"


def plan_births(rng: Random, plans: list[ProjectPlan], now: int) -> list[Birth]:
    """Decide which issues come into being, in order of birth, which is the order of their ids."""
    gaps: list[str] = []
    births = [birth for plan in plans for birth in _project_births(rng, plan, gaps, now)]
    births.sort(key=attrgetter("created"))
    ids = count(10_000)
    for birth in births:
        birth.id = next(ids)
        if rng.random() < 0.03:
            next(ids)  # deleted since
    _move_some(rng, births, gaps)
    return births


def _project_births(rng: Random, plan: ProjectPlan, gaps: list[str], now: int) -> Iterator[Birth]:
    epics: list[Birth] = []
    items: list[Birth] = []
    number = 0
    for created in creation_times(rng, plan.issues, now):
        number += 1
        if rng.random() < 0.02:
            gaps.append(f"{plan.project.key}-{number}")
            number += 1
        birth = Birth(plan, number, created, _role(rng, epics, items))
        if birth.role == "epic":
            epics.append(birth)
        elif birth.role == "subtask":
            birth.parent = rng.choice(items[-30:])
        else:
            items.append(birth)
            birth.parent = rng.choice(epics[-4:]) if rng.random() < 0.6 else None
        yield birth


def _role(rng: Random, epics: list[Birth], items: list[Birth]) -> str:
    dice = rng.random()
    if dice < 0.04 or not epics:
        return "epic"
    if dice < 0.14 and items:
        return "subtask"
    return ("story", "story", "task", "bug")[int(rng.random() * 4)]


def _move_some(rng: Random, births: list[Birth], gaps: list[str]) -> None:
    """Let half of the unused numbers be the old keys of issues that moved to another project."""
    for old_key in gaps[::2]:
        project_key = old_key.rsplit("-", 1)[0]
        chosen = rng.sample(births, min(len(births), 10))
        movers = [b for b in chosen if b.role in ("task", "bug") and b.plan.project.key != project_key]
        if movers:
            movers[0].old_keys.append(old_key)


def tell_issue(teller: Teller, birth: Birth, descriptions: Descriptions, bulk_edit: int) -> DemoIssue:
    """Play an issue's life from its birth to the present."""
    story = Story(teller, birth.plan, birth.created, _first_fields(teller, birth, descriptions))
    if birth.parent is not None:
        story.parent = birth.parent.id, birth.parent.key
    if birth.plan.streams:
        story.stream = teller.rng.choice(birth.plan.streams)
        if story.stream[0].start is not None and birth.created < story.stream[0].start - 30 * DAY:
            story.stream = ()  # the team had no sprints yet
    _arrive(story, birth)
    stories.live(story, _stages(birth))
    if teller.rng.random() < 0.04:
        stories.tidy_up(story, bulk_edit)
    return _issue(story, birth)


def _stages(birth: Birth) -> tuple[stories.Stage, ...]:
    if birth.role == "epic":
        return stories.EPIC
    if birth.role == "subtask":
        return stories.SUBTASK
    return stories.RESTLESS if birth.number % RESTLESS_EVERY == 7 else stories.ITEM


def _arrive(story: Story, birth: Birth) -> None:
    """Write down how an issue came from another project."""
    if birth.old_keys and story.wait(0.5):
        keys = [*birth.old_keys, birth.key]
        story.write(
            story.member(),
            [change("Key", None, None, old, None, new) for old, new in pairwise(keys)],
        )


def _issue(story: Story, birth: Birth) -> DemoIssue:
    rng = story.teller.rng
    fields = story.fields
    if len(story.sprints) > 1 and rng.random() < 0.75:
        rng.shuffle(fields[SPRINT_FIELD])  # Jira lists sprints in no order one could rely on
    updated = story.histories[-1]["created"] if story.histories else birth.created
    commented = updated + int(rng.expovariate(0.3) * DAY)
    if commented < story.teller.now and rng.random() < 0.3:
        updated = commented  # a comment moves `updated` and leaves no entry
    return DemoIssue(
        id=birth.id,
        project_id=birth.plan.project.id,
        number=birth.number,
        created=birth.created,
        updated=updated,
        fields=fields,
        histories=story.histories,
        old_keys=birth.old_keys,
    )


def _first_fields(teller: Teller, birth: Birth, descriptions: Descriptions) -> Json:
    """Make the fields that an issue is created with; team-managed projects have fewer."""
    rng = teller.rng
    plan = birth.plan
    reporter = _reporter(teller, birth)
    fields: Json = {
        "summary": _summary(rng, birth),
        "issuetype": plan.types[birth.role].id,
        "priority": str(2 + int(rng.random() * 3)),
        "resolution": None,
        "resolutiondate": None,
        "assignee": plan.members[int(rng.random() * len(plan.members))].account_id
        if rng.random() < 0.25
        else None,
        "reporter": reporter,
        # What people create in somebody's name is the rare case; Jira shows both.
        "creator": reporter if rng.random() < 0.9 else rng.choice(plan.members).account_id,
        "labels": [rng.choice(LABELS)] if rng.random() < 0.3 else [],
        "components": [c["id"] for c in plan.project.components if rng.random() < 0.3],
        "fixVersions": [],
        "versions": [],
        "description": descriptions.draw(),
        RANK_FIELD: f"0|i{birth.id:06d}:",
    }
    if birth.parent is not None and (birth.role == "subtask" or rng.random() < 0.5):
        fields["parent"] = birth.parent.id
    if plan.project.style == "classic":
        _add_classic(rng, birth, fields)
    else:
        _add_team_managed(rng, birth, fields)
    return fields


def _add_classic(rng: Random, birth: Birth, fields: Json) -> None:
    """Company-managed projects send every field of the site, most of them null."""
    dice = rng.random()
    plan = birth.plan
    fields |= {
        "duedate": jira_date(birth.created + int(dice * 90 * DAY)) if dice < 0.15 else None,
        "environment": None,
        SPRINT_FIELD: None,
        OLD_POINTS_FIELD: None,
        TEXT_POINTS_FIELD: "5 (a guess)" if 0.5 < dice < 0.52 else None,
        START_DATE_FIELD: jira_date(birth.created + 5 * DAY) if 0.6 < dice < 0.65 else None,
        SEVERITY_FIELD: _severity(rng) if birth.role == "bug" else None,
        REVIEWER_FIELD: rng.choice(plan.members).account_id if 0.7 < dice < 0.8 else None,
    }
    if plan.points is not None and birth.role not in ("epic", "subtask") and dice > 0.05:
        fields[plan.points.id] = None
    if plan.points is not None and birth.number <= 12 and birth.role == "story":
        fields[OLD_POINTS_FIELD] = 100.0  # left over from before the team changed to another field
    if birth.role == "bug" and plan.project.versions:
        fields["versions"] = [rng.choice(plan.project.versions)["id"]]


def _add_team_managed(rng: Random, birth: Birth, fields: Json) -> None:
    """Team-managed projects leave out what they do not use."""
    if birth.plan.effort is not None and rng.random() < 0.2:
        fields[birth.plan.effort.id] = round(rng.random() * 10, 1)
    if rng.random() < 0.15:
        fields["duedate"] = jira_date(birth.created + int(rng.random() * 60 * DAY))
    if birth.role != "epic" and rng.random() < 0.5:
        fields[SPRINT_FIELD] = None


def _severity(rng: Random) -> Json:
    place = int(rng.random() * len(SEVERITIES))
    return {"id": str(10_300 + place), "value": SEVERITIES[place]}


def _reporter(teller: Teller, birth: Birth) -> str:
    dice = teller.rng.random()
    if dice < 0.03:
        return teller.rng.choice(teller.apps)
    if dice < 0.08 and birth.role == "bug":
        return teller.rng.choice(teller.customers)
    return teller.rng.choice(birth.plan.members).account_id


def _summary(rng: Random, birth: Birth) -> str:
    things = birth.plan.idea.things
    shapes = UNUSUAL_SUMMARIES if birth.number % UNUSUAL_EVERY == 3 else SHAPES[birth.role]
    text = shapes[int(rng.random() * len(shapes))].format(thing=things[int(rng.random() * len(things))])
    return text[0].upper() + text[1:]
