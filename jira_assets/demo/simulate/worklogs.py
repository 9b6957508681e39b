"""Log time on the issues of a demo site; the time spent of an issue is the sum of its worklogs."""

from __future__ import annotations

from datetime import datetime

from jira_assets.demo.clock import epoch_ms
from jira_assets.demo.data import Json
from jira_assets.demo.entities import DemoWorklog
from jira_assets.demo.simulate.entity_base import EntityBase, Text, document_of


class Worklogs(EntityBase):
    """Add, edit, restrict, move and delete worklogs; their ids are texts."""

    def log_work(
        self,
        issue: str | int,
        seconds: int = 3600,
        *,
        started: datetime | None = None,
        author: str | None = None,
        comment: Text | None = None,
        group: str | None = None,
    ) -> str:
        """Log time on an issue and return the id of the worklog; `group` restricts who sees it."""
        with self.lock:
            found, now = self.issue(issue), self.clock.now_ms()
            author = self._someone(author)
            worklog = DemoWorklog(
                self._new_id(),
                found.id,
                author,
                created=now,
                updated=now,
                started=epoch_ms(started) if started else now,
                seconds=seconds,
                comment=document_of(comment) if comment else None,
                group=group,
            )
            self.entities.put(worklog)
            self._sum_up(found.id, author)
            return str(worklog.id)

    def edit_worklog(
        self,
        worklog_id: str,
        *,
        seconds: int | None = None,
        started: datetime | None = None,
        comment: Text | None = None,
        author: str | None = None,
    ) -> None:
        """Change how much was logged, for when, or the text."""
        with self.lock:
            worklog = self._worklog(worklog_id)
            worklog.seconds = worklog.seconds if seconds is None else seconds
            worklog.started = worklog.started if started is None else epoch_ms(started)
            worklog.comment = worklog.comment if comment is None else document_of(comment)
            self._edited(worklog, author)

    def restrict_worklog(self, worklog_id: str, group: str | None, *, author: str | None = None) -> None:
        """Restrict a worklog to a group, or show it to everyone again."""
        with self.lock:
            worklog = self._worklog(worklog_id)
            worklog.group = group
            self._edited(worklog, author)

    def move_worklog(self, worklog_id: str, to_issue: str | int, *, author: str | None = None) -> None:
        """Move a worklog to another issue; it keeps its id."""
        with self.lock:
            worklog, target = self._worklog(worklog_id), self.issue(to_issue)
            source = worklog.issue_id
            self.entities.move(worklog, target.id)
            self._edited(worklog, author)
            self._sum_up(source, self._someone(author))

    def delete_worklog(self, worklog_id: str, *, author: str | None = None) -> None:
        """Delete a worklog."""
        with self.lock:
            worklog = self._worklog(worklog_id)
            self.entities.remove(worklog)
            self.entities.deleted_worklogs[worklog.id] = self.clock.now_ms()
            self._sum_up(worklog.issue_id, self._someone(author))

    def _worklog(self, worklog_id: str) -> DemoWorklog:
        return self.entities.worklogs[int(worklog_id)]

    def _edited(self, worklog: DemoWorklog, author: str | None) -> None:
        worklog.update_author = self._someone(author)
        worklog.updated = self.clock.now_ms()
        self._sum_up(worklog.issue_id, worklog.update_author)

    def _sum_up(self, issue_id: int, author: str) -> None:
        """Bring the time spent of an issue up to date, as Jira does for all worklogs, restricted or not."""
        before = self.issue(issue_id).fields.get("timespent")
        spent = sum(each.seconds for each in self.entities.worklogs_of(issue_id)) or None
        if spent == before:
            self._touch(issue_id, author)
            return
        item: Json = {"field": "timespent", "fieldtype": "jira", "fieldId": "timespent"}
        for end, value in (("from", before), ("to", spent)):
            text = None if value is None else str(value)
            item |= {end: text, f"{end}String": text}
        self._touch(issue_id, author, [item], timespent=spent, aggregatetimespent=spent)
