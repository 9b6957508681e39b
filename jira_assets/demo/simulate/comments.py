"""Comment on the issues of a demo site; a comment moves `updated` and leaves no changelog entry."""

from __future__ import annotations

from jira_assets.demo.entities import DemoComment
from jira_assets.demo.simulate.entity_base import EntityBase, Text, document_of


class Comments(EntityBase):
    """Add, edit, restrict and delete comments; their ids are texts."""

    def comment(
        self,
        issue: str | int,
        text: Text = "A comment",
        *,
        author: str | None = None,
        public: bool = True,
        group: str | None = None,
    ) -> str:
        """Comment on an issue and return the id of the comment; `group` restricts who sees it."""
        with self.lock:
            found, now = self.issue(issue), self.clock.now_ms()
            author = self._someone(author)
            comment = DemoComment(
                self._new_id(), found.id, author, now, now, document_of(text), public=public, group=group
            )
            self.entities.put(comment)
            self._touch(found.id, author)
            return str(comment.id)

    def edit_comment(self, comment_id: str, text: Text, *, author: str | None = None) -> None:
        """Change the text of a comment."""
        with self.lock:
            comment = self._comment(comment_id)
            comment.body = document_of(text)
            self._note_edit(comment, author)

    def restrict_comment(self, comment_id: str, group: str | None, *, author: str | None = None) -> None:
        """Restrict a comment to a group, or show it to everyone again."""
        with self.lock:
            comment = self._comment(comment_id)
            comment.group = group
            self._note_edit(comment, author)

    def delete_comment(self, comment_id: str, *, silently: bool = False) -> None:
        """Delete a comment; done `silently`, the `updated` of the issue does not move."""
        with self.lock:
            comment = self._comment(comment_id)
            self.entities.remove(comment)
            if silently:
                self._print_afresh(comment.issue_id)
            else:
                self._touch(comment.issue_id, self._someone(None))

    def anonymise(self, account_id: str) -> None:
        """Leave what a person did, and show no one as its author, as for some accounts that were erased."""
        with self.lock:
            for comment in self.entities.comments.values():
                if comment.author == account_id:
                    comment.author = comment.update_author = None
            for worklog in self.entities.worklogs.values():
                if worklog.author == account_id:
                    worklog.author = worklog.update_author = None
            self.render.forget()

    def _comment(self, comment_id: str) -> DemoComment:
        return self.entities.comments[int(comment_id)]

    def _note_edit(self, comment: DemoComment, author: str | None) -> None:
        comment.update_author = self._someone(author)
        comment.updated = self.clock.now_ms()
        self._touch(comment.issue_id, comment.update_author)
