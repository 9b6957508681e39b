"""The stages of an issue's life. Each says whether the story continues: it ends at the present."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from jira_assets.demo.data import DemoSprint, DemoStatus, Json
from jira_assets.demo.generate.calendar import DAY, working_time
from jira_assets.demo.generate.changes import Story, change
from jira_assets.demo.generate.setup import RANK_FIELD
from jira_assets.demo.generate.words import BULK_LABEL, LABELS

POINTS = (1.0, 2.0, 3.0, 5.0, 8.0, 1.0, 2.0, 3.0, 5.0, 3.0, 13.0, 0.5, 0.0, 20.0)
RESTLESS_ENTRIES = 41

Stage = Callable[[Story], bool]


def triage(story: Story) -> bool:
    """Set for a new issue an owner, a priority, an estimate, a parent: some of it, in one entry or two."""
    dice = story.teller.rng.random
    if not story.wait(1.2):
        return False
    items: list[Json] = []
    if story.fields.get("assignee") is None and dice() < 0.4:
        items.append(story.assign(story.member()))
    if dice() < 0.2:
        items.append(story.prioritise(str(1 + int(dice() * 5))))
    if story.parent is not None and story.fields.get("parent") is None:
        items.append(story.adopt(*story.parent))
    story.write(story.member(), items)
    return True


def estimate(story: Story) -> bool:
    """Estimate, where the project does; every fifth item stays without, a few are estimated again later."""
    dice = story.teller.rng.random
    if story.plan.points is None or dice() < 0.2:
        return True
    if story.fields.get(story.plan.points.id) is None:
        if not story.wait(2):
            return False
        story.write(story.member(), [story.estimate(POINTS[int(dice() * len(POINTS))])])
    if dice() < 0.12 and story.wait(4):
        story.write(story.member(), [story.estimate(None if dice() < 0.1 else POINTS[int(dice() * 5)])])
    return True


def fidget(story: Story) -> bool:
    """Change rank and labels more often than the changelog inside an issue can hold (it is cut at 40)."""
    dice = story.teller.rng.random
    for _ in range(RESTLESS_ENTRIES + int(dice() * 40)):
        if not story.wait_until(story.at + int(dice() * 0.3 * DAY)):
            return False
        if dice() < 0.7:
            item = change(
                "Rank", RANK_FIELD, "", "", "", f"Ranked {'higher' if dice() < 0.5 else 'lower'}", "custom"
            )
        else:
            item = story.label(_other_labels(story))
        story.write(story.member(), [item])
    return True


def give_up(story: Story) -> bool:
    """Close some issues without work, and leave some in the backlog for good."""
    dice = story.teller.rng.random()
    if dice < 0.08:
        if story.wait(20):
            wont_do = story.teller.resolutions[1 + int(story.teller.rng.random() * 3)]
            story.write(story.member(), [story.move_to(story.plan.walk[-1]), story.resolve(wont_do)])
        return False
    return dice > 0.16


def plan_sprint(story: Story) -> bool:
    """Put the issue into a coming sprint, sometimes into the one that runs already."""
    if not story.stream:
        return True
    dice = story.teller.rng.random
    place = _next_sprint(story.stream, story.at) + int(story.teller.rng.expovariate(1.6))
    if dice() < 0.15:
        place -= 1
    if place >= len(story.stream):
        return False  # sprints are not planned that far ahead
    sprint = story.stream[max(place, 0)]
    opens = (sprint.start or story.teller.now) - int(dice() * 3 * DAY)
    # Sprints to come are filled now, so that their plan shows before they start.
    if not story.wait_until(min(opens, story.teller.now - int(dice() * 4 * DAY) - 1)):
        return False
    if sprint.complete is not None and sprint.complete <= story.at:
        return True
    items = [story.put_in_sprints([sprint])]
    if story.fields.get("assignee") is None and dice() < 0.75:
        items.append(story.assign(story.member()))
    story.write(story.member(), items)
    return sprint.state != "future" and story.wait_until(sprint.start or story.at)


def work(story: Story) -> bool:
    """Walk through the workflow up to its end, now and then a step back."""
    dice = story.teller.rng.random
    walk, place = story.plan.walk, 0
    while place < len(walk) - 1:
        if not _work_for(story, 2.5 if story.sprints else 5):
            return False
        place = place - 1 if place > 1 and dice() < 0.1 else place + 1
        if place == len(walk) - 1:
            _finish(story, walk[place])
        else:
            items = [story.move_to(walk[place])]
            if place == 1 and dice() < 0.25:
                items.append(story.assign(story.member()))
            story.write(story.fields.get("assignee") or story.member(), items)
    return True


def reopen(story: Story) -> bool:
    """Open a few finished issues again: the resolution goes, and most are finished a second time."""
    dice = story.teller.rng.random
    if dice() > 0.05 or not story.wait(6):
        return False
    story.write(story.member(), [story.move_to(story.plan.walk[1]), story.resolve(None)])
    if dice() < 0.7 and story.wait(3):
        _finish(story, story.plan.walk[-1])
    return True


def tidy_up(story: Story, at: int) -> None:
    """Take part in a bulk edit: many issues get the same `updated`, to the millisecond."""
    if story.at < at and BULK_LABEL not in story.fields["labels"]:
        story.at = at
        story.write(story.plan.members[0].account_id, [story.label([*story.fields["labels"], BULK_LABEL])])


EPIC: tuple[Stage, ...] = (triage, lambda story: story.wait(60), work)
SUBTASK: tuple[Stage, ...] = (triage, work)
ITEM: tuple[Stage, ...] = (triage, estimate, give_up, plan_sprint, work, reopen)
RESTLESS: tuple[Stage, ...] = (triage, fidget, *ITEM[1:])


def live(story: Story, stages: Sequence[Stage]) -> None:
    """Play the stages up to the present."""
    for stage in stages:
        if not stage(story):
            break


def _work_for(story: Story, mean_days: float) -> bool:
    """Make working time pass; a sprint that closes meanwhile hands the issue on. False: the story ends."""
    rng = story.teller.rng
    at = working_time(rng, story.at + 1000 + int(rng.expovariate(1 / mean_days) * DAY))
    while story.sprints and (closes := story.sprints[-1].complete) is not None and closes < at:
        if not _carry_over(story, closes):
            return False
    if at >= story.teller.now:
        return False
    story.at = at
    return True


def _carry_over(story: Story, closes: int) -> bool:
    """Put the issue into the sprint after the one that closes; false when it falls back into the backlog."""
    after = story.stream.index(story.sprints[-1]) + 1
    if story.teller.rng.random() < 0.12 or after >= len(story.stream):
        return False
    story.at = max(story.at, closes)
    author = story.plan.members[0].account_id  # who closes the sprint
    story.write(author, [story.put_in_sprints([*story.sprints, story.stream[after]])])
    return True


def _finish(story: Story, done: DemoStatus) -> None:
    dice = story.teller.rng.random
    items = [story.move_to(done)]
    if dice() > 0.03:  # some workflows forget the resolution: done, but not resolved
        items.append(story.resolve(story.teller.resolutions[0]))
    versions = [v for v in story.plan.project.versions if not v["archived"]]
    if versions and dice() < 0.5:
        items.append(story.fix_in(versions[int(dice() * len(versions))]))
    robot = story.teller.apps[0] if dice() < 0.1 else None
    story.write(robot or story.fields.get("assignee") or story.member(), items)


def _next_sprint(stream: Sequence[DemoSprint], at: int) -> int:
    """Find the first sprint that starts after `at`; the last one may have no date and counts as later."""
    return bisect_right(stream, at, key=lambda sprint: sprint.start or at + 1)


def _other_labels(story: Story) -> list[str]:
    dice = story.teller.rng.random
    label = LABELS[int(dice() * len(LABELS))]
    present: list[str] = story.fields["labels"]
    return [known for known in present if known != label] if label in present else [*present, label]
