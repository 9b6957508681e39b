"""Whom and what the next change of a demo site is about."""

from __future__ import annotations

from random import Random

from jira_assets.demo.catalog import reference
from jira_assets.demo.data import DemoIssue, DemoProject, DemoSprint
from jira_assets.demo.generate.words import BUG_SHAPES, PROJECT_IDEAS, STORY_SHAPES, TASK_SHAPES
from jira_assets.demo.site import DemoSite

CATEGORIES = ("new", "indeterminate", "done")
SHAPES = STORY_SHAPES + TASK_SHAPES + BUG_SHAPES
THINGS_OF_ANY_PROJECT = ("login page", "export", "search", "weekly report")


class Cast:
    """Pick issues, people, sprints and words by the dice; `walks` are the workflows of the projects."""

    def __init__(self, site: DemoSite, dice: Random) -> None:
        self._site = site
        self._dice = dice
        self.walks = _walks_in_use(site)

    def some_issue(self) -> DemoIssue | None:
        """Pick an issue of a live project; people work on what is new more than on what is old."""
        live = {each.id for each in self.live_projects()}
        documents = self._site.store.documents
        ids = [each for each in documents if documents[each].issue.project_id in live]
        return documents[ids[int(len(ids) * self._dice.random() ** 0.4)]].issue if ids else None

    def live_projects(self) -> list[DemoProject]:
        """Return the projects that are there to be worked in."""
        return self._site.catalog.visible_projects()

    def open_sprints(self, project_id: int | None = None) -> list[DemoSprint]:
        """Return the sprints that are not closed, of one project or of all."""
        boards = self._site.catalog.boards.values()
        wanted = {each.id for each in boards if project_id in (None, each.project_id)}
        sprints = self._site.catalog.sprints.values()
        return [each for each in sprints if each.board_id in wanted and each.state != "closed"]

    def is_done(self, issue_id: int) -> bool:
        """Return whether an issue's status is a done one."""
        status = reference(self._site.issue(issue_id).fields.get("status")) or ""
        known = self._site.catalog.statuses.get(status)
        return known is not None and known.category_key == "done"

    def linked(self, issue: DemoIssue, name: str) -> list[int]:
        """Return the issues to which this one has an outward link of a type."""
        links = [text.split("/") for text in issue.fields.get("issuelinks") or [] if isinstance(text, str)]
        ends = [int(other) for _, direction, kind, other in links if (direction, kind) == ("outward", name)]
        return [each for each in ends if self._site.store.get(each) is not None]

    def person(self) -> str | None:
        """Pick someone; the first few do most of the work."""
        users = self._site.catalog.users.values()
        people = [each.account_id for each in users if each.active and each.account_type == "atlassian"]
        return people[int(len(people) * self._dice.random() ** 1.7)] if people else None

    def summary(self, project_id: int) -> str:
        """Think of something that a project could work on."""
        key = self._site.catalog.projects[project_id].key
        things = next((each.things for each in PROJECT_IDEAS if each.key == key), THINGS_OF_ANY_PROJECT)
        text = self._dice.choice(SHAPES).format(thing=self._dice.choice(things))
        return text[0].upper() + text[1:]

    def key(self, issue: DemoIssue) -> str:
        """Return the key of an issue."""
        return self._site.render.key(issue)


def _walks_in_use(site: DemoSite) -> dict[int, list[str]]:
    """Find the workflow of each project: the statuses its issues are in, from new to done."""
    used: dict[int, set[str]] = {}
    for document in site.store.documents.values():
        status = reference(document.issue.fields.get("status"))
        if status in site.catalog.statuses:
            used.setdefault(document.issue.project_id, set()).add(status)
    order = [
        each for name in CATEGORIES for each in site.catalog.statuses.values() if each.category_key == name
    ]
    return {project: [each.id for each in order if each.id in ids] for project, ids in used.items()}
