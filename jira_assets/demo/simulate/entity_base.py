"""What changing comments, worklogs, attachments and remote links of a demo site has in common."""

from __future__ import annotations

from jira_assets.demo.data import Json
from jira_assets.demo.simulate.base import SiteBase

Text = str | Json
"""Plain text, or a document in Atlassian's format."""


class EntityBase(SiteBase):
    """Touch the issue that something belongs to, and hide what is restricted to a group."""

    def hide_group(self, group: str) -> None:
        """Take callers out of a group: they do not see what is restricted to it. Nothing else changes."""
        with self.lock:
            self.switches.hidden_groups.add(group)
            self.render.forget()

    def show_group(self, group: str) -> None:
        """Take callers into a group again."""
        with self.lock:
            self.switches.hidden_groups.discard(group)
            self.render.forget()

    def _touch(self, issue_id: int, author: str, items: list[Json] | None = None, **fields: object) -> None:
        """Move the `updated` of an issue, with an entry in its changelog when there are items."""
        issue = self.issue(issue_id)
        self._changed(issue, issue.fields | fields, items or [], author)

    def _print_afresh(self, issue_id: int) -> None:
        """Show a change of what belongs to an issue that leaves the issue as it is."""
        self.store.documents[issue_id].bodies.clear()

    def _someone(self, author: str | None) -> str:
        return author or self.accounts.first.account_id


def document_of(text: Text) -> Json:
    """Return plain text as a document, a paragraph for each line."""
    if not isinstance(text, str):
        return text
    lines = [{"type": "text", "text": line} for line in text.split("\n")]
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [line]} for line in lines],
    }
