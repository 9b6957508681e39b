"""The fields that an issue of a generated site is created with."""

from __future__ import annotations

from random import Random

from jira_assets.demo.data import Json
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY, jira_date
from jira_assets.demo.generate.changes import Teller
from jira_assets.demo.generate.setup import (
    OLD_POINTS_FIELD,
    RANK_FIELD,
    REVIEWER_FIELD,
    SEVERITIES,
    SEVERITY_FIELD,
    SPRINT_FIELD,
    START_DATE_FIELD,
    TEXT_POINTS_FIELD,
)
from jira_assets.demo.generate.text import Descriptions
from jira_assets.demo.generate.words import (
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
UNUSUAL_EVERY = 25


def first_fields(teller: Teller, birth: Birth, descriptions: Descriptions) -> Json:
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
        # What people create in someone's name is the rare case; Jira shows both.
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
