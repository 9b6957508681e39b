"""Return what is true of the comments, worklogs, attachments and remote links of a demo site."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from jira_assets.demo.clock import moment
from jira_assets.demo.entities import DemoAttachment, DemoComment, DemoRemoteLink, DemoWorklog
from jira_assets.demo.ground_truth import Truth

Kind = TypeVar("Kind", DemoComment, DemoWorklog, DemoAttachment, DemoRemoteLink)


@dataclass(frozen=True, slots=True)
class CommentTruth:
    """What is true of a comment now."""

    issue_id: str
    author: str | None
    created: datetime
    updated: datetime
    is_internal: bool
    group: str | None


@dataclass(frozen=True, slots=True)
class WorklogTruth:
    """What is true of a worklog now."""

    issue_id: str
    author: str | None
    started: datetime
    seconds: int
    updated: datetime
    group: str | None


class EntityTruth(Truth):
    """Look from inside at what callers see; the answers are by id."""

    def comments_truth(self, project_key: str | None = None) -> dict[str, CommentTruth]:
        """Return what is true of every comment that the site shows."""
        return {
            str(each.id): CommentTruth(
                str(each.issue_id),
                each.author,
                moment(each.created),
                moment(each.updated),
                not each.public,
                each.group,
            )
            for each in self._shown(self.entities.comments.values(), project_key)
        }

    def worklogs_truth(self, project_key: str | None = None) -> dict[str, WorklogTruth]:
        """Return what is true of every worklog that the site shows."""
        return {
            str(each.id): WorklogTruth(
                str(each.issue_id),
                each.author,
                moment(each.started),
                each.seconds,
                moment(each.updated),
                each.group,
            )
            for each in self._shown(self.entities.worklogs.values(), project_key)
        }

    def attachments_truth(self, project_key: str | None = None) -> dict[str, str]:
        """Return the issue of every attachment that the site shows."""
        shown = self._shown(self.entities.attachments.values(), project_key)
        return {str(each.id): str(each.issue_id) for each in shown}

    def remote_links_truth(self, project_key: str | None = None) -> dict[str, str]:
        """Return the issue of every remote link that the site shows."""
        shown = self._shown(self.entities.remote_links.values(), project_key)
        return {str(each.id): str(each.issue_id) for each in shown}

    def _shown(self, entities: Iterable[Kind], project_key: str | None) -> list[Kind]:
        with self.lock:
            issues = self.issues_truth(project_key)
            return [
                each
                for each in entities
                if str(each.issue_id) in issues
                and not (isinstance(each, DemoComment | DemoWorklog) and not self.render.shows(each))
            ]
