"""What the people of a demo site do all day: one believable change at a time, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from jira_assets.demo.catalog import reference
from jira_assets.demo.generate.stories import POINTS
from jira_assets.demo.generate.text import Descriptions
from jira_assets.demo.generate.words import LABELS
from jira_assets.demo.simulate.cast import Cast
from jira_assets.demo.simulate.talk import Talk
from jira_assets.demo.site import DemoSite
from jira_assets.demo.things import LINK_TYPES

Act = Callable[[], str | None]


class Life:
    """Change a site as its people do; `most_lag` is how late a change may become searchable."""

    def __init__(self, site: DemoSite, seed: int = 0, *, most_lag: timedelta = timedelta(0)) -> None:
        self._site = site
        self._dice = Random(seed)
        self._most_lag = most_lag
        self._descriptions = Descriptions(self._dice, None)
        self._cast = Cast(site, self._dice)
        talk = Talk(site, self._dice, self._cast, self._descriptions)
        self._acts: dict[Act, int] = {
            self._edit: 40,
            self._walk_on: 28,
            self._create: 12,
            self._plan: 10,
            self._turn_sprint: 2,
            self._rename_sprint: 2,
            self._move: 3,
            self._delete: 2,
            self._link: 3,
            self._unlink: 1,
            talk.comment: 8,
            talk.log_work: 4,
            talk.attach: 1,
        }

    def step(self) -> str:
        """Make one change and return it in words."""
        with self._site.lock, self._site.indexed_late(self._most_lag * self._dice.random()):
            while True:
                (act,) = self._dice.choices(list(self._acts), list(self._acts.values()))
                if done := act():
                    return done

    def _edit(self) -> str | None:
        issue = self._cast.some_issue()
        if issue is None:
            return self._create()
        changes: dict[str, Any] = {
            "assignee": self._cast.person(),
            "priority": self._dice.choice(list(self._site.catalog.priorities) or [None]),
            "labels": sorted({*issue.fields.get("labels", []), self._dice.choice(LABELS)}),
            "summary": self._cast.summary(issue.project_id),
            "description": self._descriptions.draw(),
        }
        if self._site.catalog.points_field(issue.project_id) is not None:
            changes["points"] = self._dice.choice(POINTS)
        name = self._dice.choice(list(changes))
        edited = self._site.edit_issue(issue.id, author=self._cast.person(), **{name: changes[name]})
        return None if edited is issue else f"{self._cast.key(issue)}: {name} edited"

    def _walk_on(self) -> str | None:
        issue = self._cast.some_issue()
        walk = self._cast.walks.get(issue.project_id) if issue else None
        if issue is None or not walk:
            return None
        present = reference(issue.fields.get("status")) or ""
        place = walk.index(present) if present in walk else 0
        # Work goes forward, now and then a step back; what is done is sometimes opened again.
        place = place - 1 if place and self._dice.random() < 0.12 else place + 1
        if place >= len(walk):
            return None
        self._site.transition(issue.id, walk[place], author=self._cast.person())
        return f"{self._cast.key(issue)}: now {self._site.catalog.statuses[walk[place]].name}"

    def _create(self) -> str | None:
        projects = self._cast.live_projects()
        if not projects:
            return None
        project, author = self._dice.choice(projects), self._cast.person()
        issue = self._site.create_issue(
            project.key,
            author=author,
            summary=self._cast.summary(project.id),
            description=self._descriptions.draw(),
            assignee=self._cast.person() if self._dice.random() < 0.3 else None,
        )
        return f"{self._cast.key(issue)}: created"

    def _plan(self) -> str | None:
        issue = self._cast.some_issue()
        sprints = self._cast.open_sprints(issue.project_id) if issue else []
        if issue is None or not sprints:
            return None
        if self._dice.random() < 0.2:
            planned, words = self._site.remove_from_sprint(issue.id), "back to the backlog"
        else:
            sprint = self._dice.choice(sprints)
            planned, words = self._site.add_to_sprint(issue.id, sprint.id), f"planned for {sprint.name}"
        return None if planned is issue else f"{self._cast.key(issue)}: {words}"

    def _turn_sprint(self) -> str | None:
        """Close an active sprint, whose open issues continue to the next one, and start that."""
        sprints = self._cast.open_sprints()
        active = [each for each in sprints if each.state == "active"]
        if not active:
            return None
        closed = self._dice.choice(active)
        coming = [each for each in sprints if each.state == "future" and each.board_id == closed.board_id]
        following = coming[0] if coming else self._site.create_sprint(closed.board_id, f"{closed.name} +")
        for issue_id in list(self._site.store.documents):
            if closed.id in self._site.sprints_of(issue_id) and not self._cast.is_done(issue_id):
                sprints_then = [*self._site.sprints_of(issue_id), following.id]
                self._site.set_sprints(issue_id, list(dict.fromkeys(sprints_then)))
        self._site.close_sprint(closed.id)
        self._site.start_sprint(following.id)
        return f"{closed.name} closed, {following.name} started"

    def _rename_sprint(self) -> str | None:
        sprints = self._cast.open_sprints()
        if not sprints:
            return None
        sprint = self._dice.choice(sprints)
        name = f"{sprint.name.partition(' (')[0]} ({self._dice.choice(LABELS)})"
        if name == sprint.name:
            return None
        self._site.rename_sprint(sprint.id, name)
        return f"{name}: renamed"

    def _move(self) -> str | None:
        issue = self._cast.some_issue()
        others = [each for each in self._cast.live_projects() if issue and each.id != issue.project_id]
        if issue is None or not others:
            return None
        before = self._cast.key(issue)
        self._site.move_issue(issue.id, self._dice.choice(others).key, author=self._cast.person())
        return f"{before}: moved to {self._cast.key(self._site.issue(issue.id))}"

    def _delete(self) -> str | None:
        issue = self._cast.some_issue()
        if issue is None:
            return None
        self._site.delete_issue(issue.id)
        return f"{self._cast.key(issue)}: deleted"

    def _link(self) -> str | None:
        issue, other = self._cast.some_issue(), self._cast.some_issue()
        name = self._dice.choice(list(LINK_TYPES))
        if issue is None or other is None or other.id in self._cast.linked(issue, name):
            return None
        self._site.link_issues(issue.id, other.id, name, author=self._cast.person())
        return f"{self._cast.key(issue)}: linked to {self._cast.key(other)}"

    def _unlink(self) -> str | None:
        issue, name = self._cast.some_issue(), self._dice.choice(list(LINK_TYPES))
        linked = [] if issue is None else self._cast.linked(issue, name)
        if issue is None or not linked:
            return None
        self._site.unlink_issues(issue.id, linked[0], name, author=self._cast.person())
        return f"{self._cast.key(issue)}: link taken off"
