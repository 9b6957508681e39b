"""The issues of a generated site: each one's life is played from its birth to the present."""

from __future__ import annotations

from itertools import pairwise

from jira_assets.demo.data import DemoIssue
from jira_assets.demo.generate import stories
from jira_assets.demo.generate.births import Birth
from jira_assets.demo.generate.calendar import DAY
from jira_assets.demo.generate.changes import Story, Teller, change
from jira_assets.demo.generate.fields import first_fields
from jira_assets.demo.generate.setup import SPRINT_FIELD
from jira_assets.demo.generate.text import Descriptions

RESTLESS_EVERY = 80


def tell_issue(teller: Teller, birth: Birth, descriptions: Descriptions, bulk_edit: int) -> DemoIssue:
    """Play an issue's life from its birth to the present."""
    story = Story(teller, birth.plan, birth.created, first_fields(teller, birth, descriptions))
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
