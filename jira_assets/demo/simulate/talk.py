"""What people of a demo site say and log: comments, worklogs and files, added, edited and deleted again."""

from __future__ import annotations

from random import Random

from jira_assets.demo.generate.text import Descriptions
from jira_assets.demo.simulate.cast import Cast
from jira_assets.demo.simulate.entity_base import document_of
from jira_assets.demo.site import DemoSite

QUARTER = 900


class Talk:
    """Say or log one thing at a time, by the dice; each returns it in words, or None where nothing fits."""

    def __init__(self, site: DemoSite, dice: Random, cast: Cast, texts: Descriptions) -> None:
        self._site = site
        self._dice = dice
        self._cast = cast
        self._texts = texts

    def comment(self) -> str | None:
        """Comment on an issue; now and then edit or delete what was said before."""
        issue = self._cast.some_issue()
        if issue is None:
            return None
        said, chance, author = self._site.render.comments(issue.id), self._dice.random(), self._cast.person()
        key = self._cast.key(issue)
        if said and chance < 0.1:
            self._site.delete_comment(str(said[-1].id))
            return f"{key}: comment deleted"
        if said and chance < 0.25:
            self._site.edit_comment(str(said[-1].id), document_of("On second thought, no."), author=author)
            return f"{key}: comment edited"
        text = self._texts.draw()
        self._site.comment(issue.id, text if isinstance(text, dict) else "Done.", author=author)
        return f"{key}: comment added"

    def log_work(self) -> str | None:
        """Log time on an issue; now and then correct or delete what was logged before."""
        issue = self._cast.some_issue()
        if issue is None:
            return None
        logged, chance, author = (
            self._site.render.worklogs(issue.id),
            self._dice.random(),
            self._cast.person(),
        )
        seconds, key = QUARTER * self._dice.randint(1, 16), self._cast.key(issue)
        if logged and chance < 0.1:
            self._site.delete_worklog(str(logged[-1].id), author=author)
            return f"{key}: worklog deleted"
        if logged and chance < 0.3:
            self._site.edit_worklog(str(logged[-1].id), seconds=seconds, author=author)
            return f"{key}: worklog edited"
        self._site.log_work(issue.id, seconds, author=author)
        return f"{key}: work logged"

    def attach(self) -> str | None:
        """Attach a file to an issue."""
        issue = self._cast.some_issue()
        if issue is None:
            return None
        self._site.attach(issue.id, "screenshot.png", size=self._dice.randint(1_000, 900_000))
        return f"{self._cast.key(issue)}: file attached"
