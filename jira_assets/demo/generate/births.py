"""Which issues of a generated site come into being, when, and under which parent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from operator import attrgetter
from random import Random

from jira_assets.demo.generate.calendar import creation_times
from jira_assets.demo.generate.projects import ProjectPlan


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
        """Return the issue's key."""
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
    """Use half of the unused numbers as the old keys of issues that moved to another project."""
    for old_key in gaps[::2]:
        project_key = old_key.rsplit("-", 1)[0]
        chosen = rng.sample(births, min(len(births), 10))
        movers = [b for b in chosen if b.role in ("task", "bug") and b.plan.project.key != project_key]
        if movers:
            movers[0].old_keys.append(old_key)
