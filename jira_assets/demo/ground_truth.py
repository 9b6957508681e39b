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


@dataclass(frozen=True, slots=True)
class LinkTruth:
    """What is true of a link now."""

    id: str
    source_id: str
    target_id: str
    type: str


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

    def links_truth(self) -> set[LinkTruth]:
        """Return every link that an issue shows which the site shows."""
        shown = self.issues_truth()
        with self.lock:
            return {
                _link_of(issue_id, *str(text).split("/"))
                for issue_id in shown
                for text in self.issue(issue_id).fields.get("issuelinks") or []
                if (other := self.store.resolve(str(text).rpartition("/")[2])) is not None
                and other.id not in self.store.hidden
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


def _link_of(issue_id: str, link_id: str, direction: str, name: str, other_id: str) -> LinkTruth:
    source, target = (issue_id, other_id) if direction == "outward" else (other_id, issue_id)
    return LinkTruth(link_id, source, target, name)
