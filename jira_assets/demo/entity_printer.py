"""Print comments, worklogs, attachments and remote links as Jira prints them (Cloud v3 JSON)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from jira_assets.demo.data import DemoUser, Json
from jira_assets.demo.entities import (
    DemoAttachment,
    DemoComment,
    DemoRemoteLink,
    DemoWorklog,
    EntityStore,
)
from jira_assets.demo.things import FORMER_USER, ThingPrinter

MOST_EMBEDDED = 20
"""An issue comes with so many of its comments and worklogs, and says how many there are."""


@dataclass
class EntityPrinter(ThingPrinter):
    """Print what belongs to issues; nothing is shown of what is restricted to one of the `hidden_groups`."""

    entities: EntityStore
    hidden_groups: Collection[str] = field(default_factory=set, kw_only=True)

    def comments(self, issue_id: int) -> list[DemoComment]:
        """Return the comments of an issue that callers see."""
        return [each for each in self.entities.comments_of(issue_id) if self.shows(each)]

    def worklogs(self, issue_id: int) -> list[DemoWorklog]:
        """Return the worklogs of an issue that callers see."""
        return [each for each in self.entities.worklogs_of(issue_id) if self.shows(each)]

    def shows(self, entity: DemoComment | DemoWorklog) -> bool:
        """Return whether callers see it, as far as its own restriction goes."""
        return entity.group is None or entity.group not in self.hidden_groups

    def embedded(self, name: str, issue_id: int) -> Any:
        """Print one of the fields that hold lists (`comment`, `worklog`, `attachment`) of an issue."""
        if name == "attachment":
            return [self.attachment(each) for each in self.entities.attachments_of(issue_id)]
        if name == "comment":
            found = self.comments(issue_id)
            printed: Sequence[Json] = [self.comment(each) for each in found[:MOST_EMBEDDED]]
            address = {"self": f"{self.base_url}/rest/api/3/issue/{issue_id}/comment"}
            page = {"maxResults": len(printed), "total": len(found), "startAt": 0}
            return {"comments": printed, **address, **page}
        logs = self.worklogs(issue_id)
        page = {"startAt": 0, "maxResults": MOST_EMBEDDED, "total": len(logs)}
        return {**page, "worklogs": [self.worklog(each) for each in logs[:MOST_EMBEDDED]]}

    def comment(self, comment: DemoComment) -> Json:
        """Print a comment."""
        address = f"{self.base_url}/rest/api/3/issue/{comment.issue_id}/comment/{comment.id}"
        return {
            "self": address,
            "id": str(comment.id),
            **self._author("author", comment.author),
            "body": comment.body,
            **self._author("updateAuthor", comment.update_author or comment.author),
            "created": self.time(comment.created),
            "updated": self.time(comment.updated),
            **_visibility(comment.group),
            "jsdPublic": comment.public,
        }

    def worklog(self, worklog: DemoWorklog) -> Json:
        """Print a worklog."""
        address = f"{self.base_url}/rest/api/3/issue/{worklog.issue_id}/worklog/{worklog.id}"
        return {
            "self": address,
            **self._author("author", worklog.author),
            **self._author("updateAuthor", worklog.update_author or worklog.author),
            **({"comment": worklog.comment} if worklog.comment else {}),
            "created": self.time(worklog.created),
            "updated": self.time(worklog.updated),
            **_visibility(worklog.group),
            "started": self.time(worklog.started),
            "timeSpent": f"{worklog.seconds // 3600}h {worklog.seconds % 3600 // 60}m",
            "timeSpentSeconds": worklog.seconds,
            "id": str(worklog.id),
            "issueId": str(worklog.issue_id),
        }

    def attachment(self, attachment: DemoAttachment) -> Json:
        """Print what is known of a file."""
        address = f"{self.base_url}/rest/api/3/attachment"
        return {
            "self": f"{address}/{attachment.id}",
            "id": str(attachment.id),
            "filename": attachment.filename,
            **self._author("author", attachment.author),
            "created": self.time(attachment.created),
            "size": attachment.size,
            "mimeType": attachment.mime_type,
            "content": f"{address}/content/{attachment.id}",
        }

    def remote_link(self, link: DemoRemoteLink) -> Json:
        """Print a link to a page elsewhere; its id is a number."""
        page: Json = {"url": link.url, "title": link.title, "icon": {}}
        page |= {"summary": link.summary} if link.summary else {}
        page |= {"status": {"icon": {}} | ({} if link.resolved is None else {"resolved": link.resolved})}
        name, kind = link.application or ("", "")
        return {
            "id": link.id,
            "self": f"{self.base_url}/rest/api/3/issue/{link.issue_id}/remotelink/{link.id}",
            **({"globalId": f"url={link.url}"} if link.application else {}),
            "application": {"type": kind, "name": name} if link.application else {},
            **({"relationship": link.relationship} if link.relationship else {}),
            "object": page,
        }

    def _author(self, name: str, account_id: str | None) -> Json:
        """Print a person; Jira leaves out who is not known any more, and has a name for former users."""
        if account_id is None:
            return {}
        return {
            name: self.user(
                self.catalog.users.get(account_id) or DemoUser(account_id, FORMER_USER, active=False)
            )
        }


def _visibility(group: str | None) -> Json:
    if group is None:
        return {}
    return {"visibility": {"type": "group", "value": group, "identifier": f"id-of-{group}"}}
