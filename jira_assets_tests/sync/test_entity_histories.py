"""Whatever people do with comments, worklogs and files: what is here is what the site shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from jira_assets.demo.site import DemoSite
from jira_assets_tests.harness import SyncHarness
from jira_assets_tests.home_templates import HomeTemplates
from jira_assets_tests.sync.entity_homes import differences, synced_with_entities, worklog_differences

GROUP = "board"


@dataclass
class People:
    """What people do, drawn by dice; `restricted` are the comments that were once not for everyone."""

    site: DemoSite
    dice: Random
    restricted: set[str] = field(default_factory=set)

    def act(self) -> None:
        """Do one thing."""
        acts: list[Callable[[], None]] = [
            self.write,
            self.write,
            self.log,
            self.log,
            self.edit,
            self.delete_comment,
            self.restrict,
            self.date_anew,
            self.move_worklog,
            self.delete_worklog,
            self.attach,
            self.link,
            self.move_issue,
            self.delete_issue,
            self.change_group,
        ]
        self.dice.choice(acts)()

    def issue(self) -> str:
        """Choose an issue; some are chosen often."""
        return self.dice.choice(sorted(self.site.issues_truth())[:12])

    def write(self) -> None:
        for _ in range(self.dice.choice((1, 1, 2, 25))):
            self.site.comment(self.issue(), public=self.dice.random() < 0.8)

    def log(self) -> None:
        for _ in range(self.dice.choice((1, 1, 3, 25))):
            self.site.log_work(self.issue(), 60 * self.dice.randint(1, 90))

    def edit(self) -> None:
        if comment := self.some(self.site.comments_truth()):
            self.site.edit_comment(comment, f"Edited at {self.site.clock.now_ms()}")

    def delete_comment(self) -> None:
        if comment := self.some(self.site.comments_truth()):
            self.site.delete_comment(comment, silently=self.dice.random() < 0.3)

    def restrict(self) -> None:
        group = GROUP if self.dice.random() < 0.5 else None
        if comment := self.some(self.site.comments_truth()):
            self.site.restrict_comment(comment, group)
            self.restricted.add(comment)
        if worklog := self.some(self.site.worklogs_truth()):
            self.site.restrict_worklog(worklog, group)

    def date_anew(self) -> None:
        if worklog := self.some(self.site.worklogs_truth()):
            self.site.edit_worklog(worklog, seconds=60 * self.dice.randint(1, 90))

    def move_worklog(self) -> None:
        if worklog := self.some(self.site.worklogs_truth()):
            self.site.move_worklog(worklog, self.issue())

    def delete_worklog(self) -> None:
        if worklog := self.some(self.site.worklogs_truth()):
            self.site.delete_worklog(worklog)

    def attach(self) -> None:
        self.site.attach(self.issue(), "log.txt")
        if (attachment := self.some(self.site.attachments_truth())) and self.dice.random() < 0.5:
            self.site.remove_attachment(attachment)

    def link(self) -> None:
        self.site.link_remotely(self.issue(), "https://wiki.example/1", "Runbook")
        if (link := self.some(self.site.remote_links_truth())) and self.dice.random() < 0.5:
            self.site.unlink_remotely(link)

    def move_issue(self) -> None:
        projects = [project.key for project in self.site.catalog.projects.values()]
        self.site.move_issue(self.issue(), self.dice.choice(projects))

    def delete_issue(self) -> None:
        if self.dice.random() < 0.3:
            self.site.delete_issue(self.issue())

    def change_group(self) -> None:
        change = self.site.hide_group if self.dice.random() < 0.5 else self.site.show_group
        change(GROUP)

    def some(self, truth: Mapping[str, object]) -> str | None:
        """Choose something that is shown."""
        return self.dice.choice(sorted(truth)) if truth else None


def false_tombstones(harness: SyncHarness, excused: Collection[str] = ()) -> list[str]:
    """Name what is said to be deleted and is not: worklogs that exist, and comments that are shown.

    Who comes into a group sees comments that were said to be gone; only the next proof finds that.
    """
    site = harness.site
    here = {str(each) for each in (*site.entities.comments, *site.entities.worklogs)}
    worklogs = {
        each for (each,) in harness.ask("select worklog_id from jira_worklogs where deleted_at is not null")
    }
    comments = {
        each
        for (each,) in harness.ask("select comment_id from jira_comments where deleted_seen_at is not null")
    }
    shown = site.comments_truth().keys() - set(excused)
    return [
        *(f"worklog {each}" for each in sorted(worklogs & here)),
        *(f"comment {each}" for each in comments & shown),
    ]


def false_proofs(harness: SyncHarness) -> list[str]:
    """Name the proofs that say another number than the site has, just after it was compared."""
    site = harness.site
    numbers: dict[str, Callable[[str], Mapping[str, object]]] = {
        "comments": site.comments_truth,
        "worklogs": site.worklogs_truth,
        "attachments": site.attachments_truth,
    }
    rows = harness.ask(
        "select project_key, entity, in_jira, in_lake, missing from entity_status "
        "where proved_at is not null and entity <> 'remote_links'"
    )
    wrong = []
    for key, entity, in_jira, in_lake, missing in rows:
        there = len(numbers[entity](key))
        if (in_jira, in_lake, missing) != (there, there, 0):
            wrong.append(f"{key}: {entity} {in_jira} and {in_lake}, {missing} missing, of {there}")
    return wrong


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(12))
def test_after_a_proof_everything_is_as_on_the_site(
    templates: HomeTemplates, tmp_path: Path, seed: int
) -> None:
    with templates.open(synced_with_entities, tmp_path / "home") as harness:
        people = People(harness.site, Random(seed))
        for round_number in range(8):
            for _ in range(people.dice.randint(1, 10)):
                people.act()
                harness.site.clock.sleep(people.dice.choice((0, 0, 1, 30, 90)))
            harness.site.clock.sleep(people.dice.choice((0, 30, 120)))
            harness.sync()
            generated = {str(each.id) for each in harness.site.entities.comments.values() if each.group}
            assert false_tombstones(harness, people.restricted | generated) == []
            if round_number % 2:
                harness.site.clock.sleep(120)
                harness.reconcile()
                told = [*differences(harness), *worklog_differences_shown(harness)]
                assert told == []
                assert false_tombstones(harness) == []
                assert false_proofs(harness) == []


def worklog_differences_shown(harness: SyncHarness) -> list[str]:
    """Compare worklogs; what is kept, since it is only no longer shown, is no difference."""
    kept = {str(each) for each in harness.site.entities.worklogs} - harness.site.worklogs_truth().keys()
    return [each for each in worklog_differences(harness) if each.split()[1].rstrip(":") not in kept]
