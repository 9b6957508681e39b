"""Return what is true of a demo site, for tests to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jira_assets.demo.catalog import reference, references
from jira_assets.demo.clock import moment
from jira_assets.demo.data import DemoIssue
from jira_assets.demo.simulate.base import SiteBase


@dataclass(frozen=True, slots=True)
class IssueTruth:
    """What is true of an issue now; ids are strings as Jira prints them."""

    id: str
    key: str
    project_id: str
    project_key: str
    summary: str | None
    issue_type: str | None
    status: str | None
    status_category: str | None
    assignee: str | None
    points: float | None
    sprint_ids: tuple[str, ...]
    parent_id: str | None
    created: datetime
    updated: datetime
    changes: int


class Truth(SiteBase):
    """Look at a site from inside, past its search index."""

    def truth(self, id_or_key: str | int) -> IssueTruth:
        """Return what is true of one issue now."""
        with self.lock:
            return self._truth(self.issue(id_or_key))

    def issues_truth(self, project_key: str | None = None) -> dict[str, IssueTruth]:
        """Return what is true of every issue that the site shows, by id."""
        with self.lock:
            visible = {each.id for each in self.catalog.visible_projects()}
            if project_key is not None:
                visible &= {self.project(project_key).id}
            issues = (document.issue for document in self.store.documents.values())
            return {
                str(each.id): self._truth(each)
                for each in issues
                if each.project_id in visible and each.id not in self.store.hidden
            }

    def _truth(self, issue: DemoIssue) -> IssueTruth:
        fields = issue.fields
        status = self._status_of(issue)
        kind = fields.get("issuetype")
        named = kind if isinstance(kind, dict) else self.render.issue_type(kind) if kind else None
        points = fields.get(self.catalog.points_field(issue.project_id) or "")
        sprints = [each for name in self.catalog.sprint_fields for each in references(fields.get(name))]
        return IssueTruth(
            id=str(issue.id),
            key=self.render.key(issue),
            project_id=str(issue.project_id),
            project_key=self.catalog.projects[issue.project_id].key,
            summary=fields.get("summary"),
            issue_type=named["name"] if named else None,
            status=status.name if status else None,
            status_category=status.category_key if status else None,
            assignee=reference(fields.get("assignee")),
            points=float(points) if isinstance(points, int | float) else None,
            sprint_ids=tuple(sprints),
            parent_id=reference(fields.get("parent")),
            created=moment(issue.created),
            updated=moment(issue.updated),
            changes=len(issue.histories),
        )
