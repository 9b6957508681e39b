"""Attach files to the issues of a demo site, and link them to pages elsewhere, with the changelog of Jira."""

from __future__ import annotations

from jira_assets.demo.data import Json
from jira_assets.demo.entities import DemoAttachment, DemoRemoteLink
from jira_assets.demo.simulate.entity_base import EntityBase

CONFLUENCE = ("Confluence", "com.atlassian.confluence")


class Attachments(EntityBase):
    """Add and remove attachments and remote links; their ids are texts."""

    def attach(
        self, issue: str | int, filename: str, *, size: int = 1024, mime_type: str = "image/png"
    ) -> str:
        """Attach a file to an issue and return the id of the attachment."""
        with self.lock:
            found, author = self.issue(issue), self._someone(None)
            attachment = DemoAttachment(
                self._new_id(), found.id, author, self.clock.now_ms(), filename, mime_type, size
            )
            self.entities.put(attachment)
            self._touch(found.id, author, [attachment_item(attachment, is_new=True)])
            return str(attachment.id)

    def remove_attachment(self, attachment_id: str) -> None:
        """Remove a file from its issue."""
        with self.lock:
            attachment = self.entities.attachments[int(attachment_id)]
            self.entities.remove(attachment)
            items = [attachment_item(attachment, is_new=False)]
            self._touch(attachment.issue_id, self._someone(None), items)

    def link_remotely(
        self, issue: str | int, url: str, title: str, *, application: tuple[str, str] | None = CONFLUENCE
    ) -> str:
        """Link an issue to a page elsewhere and return the id of the link."""
        with self.lock:
            found = self.issue(issue)
            link = DemoRemoteLink(self._new_id(), found.id, url, title, application=application)
            self.entities.put(link)
            self._touch(found.id, self._someone(None), [remote_link_item(link, is_new=True)])
            return str(link.id)

    def unlink_remotely(self, link_id: str) -> None:
        """Take a link to a page elsewhere off."""
        with self.lock:
            link = self.entities.remote_links[int(link_id)]
            self.entities.remove(link)
            self._touch(link.issue_id, self._someone(None), [remote_link_item(link, is_new=False)])


def attachment_item(attachment: DemoAttachment, *, is_new: bool) -> Json:
    """Return the changelog item of a file."""
    return _item("Attachment", str(attachment.id), attachment.filename, is_new) | {"fieldId": "attachment"}


def remote_link_item(link: DemoRemoteLink, *, is_new: bool) -> Json:
    """Return the changelog item of a remote link, which has no field id."""
    application = f" ({link.application[0]})" if link.application else ""
    return _item("RemoteIssueLink", str(link.id), f'This issue links to "{link.title}{application}"', is_new)


def _item(field: str, thing_id: str, text: str, is_new: bool) -> Json:
    shown: Json = {"": thing_id, "String": text}
    nothing: Json = dict.fromkeys(shown)
    before, after = (nothing, shown) if is_new else (shown, nothing)
    ends = {
        "from": before[""],
        "fromString": before["String"],
        "to": after[""],
        "toString": after["String"],
    }
    return {"field": field, "fieldtype": "jira", **ends}
