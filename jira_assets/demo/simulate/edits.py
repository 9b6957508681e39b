"""Change the issues of a demo site as people do, with the changelog that Jira would write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from jira_assets.demo.catalog import items_called, reference, references
from jira_assets.demo.clock import epoch_ms
from jira_assets.demo.data import DemoIssue, DemoProject, Json
from jira_assets.demo.simulate.base import SiteBase
from jira_assets.demo.simulate.history import change_items

_ALIASES = {
    "issue_type": "issuetype",
    "fix_versions": "fixVersions",
    "affects_versions": "versions",
    "due": "duedate",
}
_THINGS = {
    "status": "statuses",
    "issuetype": "issue_types",
    "priority": "priorities",
    "resolution": "resolutions",
}
PROJECT_ITEMS = {"fixVersions": "versions", "versions": "versions", "components": "components"}


class IssueEdits(SiteBase):
    """Create and edit issues.

    Changes are named like Jira's fields, or `points`, `sprints`, `issue_type`, `fix_versions`, `due`.
    Statuses, types, priorities, versions and components go by id or name, people by account id,
    parents by id or key, sprints by a list of ids or names.
    """

    def create_issue(
        self, project_key: str, *, author: str | None = None, at: datetime | None = None, **fields: Any
    ) -> DemoIssue:
        """Create an issue and return it; `at` (an aware time) back-dates it."""
        with self.lock:
            project = self.project(project_key)
            now = self.clock.now_ms() if at is None else epoch_ms(at)
            stored = self._blank_fields(project, author or self.accounts.first.account_id)
            for name, value in fields.items():
                field_id = self._field_id(name, project.id)
                stored[field_id] = self._stored(field_id, value, project)
            number = self.store.next_number(project.id)
            issue = DemoIssue(self.store.next_id(), project.id, number, now, now, stored)
            self._date_resolution(stored, now)
            stored["statuscategorychangedate"] = self.render.time(now)
            return self._put(issue)

    def edit_issue(self, id_or_key: str | int, *, author: str | None = None, **changes: Any) -> DemoIssue:
        """Change fields of an issue; what is the same already leaves no trace."""
        with self.lock:
            issue = self.issue(id_or_key)
            project = self.catalog.projects[issue.project_id]
            fields, items = dict(issue.fields), []
            for name, value in changes.items():
                field_id = self._field_id(name, project.id)
                new = self._stored(field_id, value, project)
                if not _same(fields.get(field_id), new):
                    items += change_items(self.catalog, self.store, field_id, fields.get(field_id), new)
                    fields[field_id] = new
            if not items:
                return issue
            now = max(self.clock.now_ms(), issue.updated)
            self._date_resolution(fields, now)
            self._date_category(issue.fields, fields, now)
            return self._changed(issue, fields, items, author or self.accounts.first.account_id)

    def transition(self, id_or_key: str | int, status: str, *, author: str | None = None) -> DemoIssue:
        """Move an issue to a status; entering a done one resolves it, leaving one clears that."""
        with self.lock:
            issue = self.issue(id_or_key)
            status_id = self._id_of(self.catalog.statuses, status, issue.project_id)
            done = self.catalog.statuses[status_id].category_key == "done"
            changes: Json = {"status": status_id}
            if done and issue.fields.get("resolution") is None and self.catalog.resolutions:
                changes["resolution"] = next(iter(self.catalog.resolutions))
            elif not done:
                changes["resolution"] = None
            return self.edit_issue(id_or_key, author=author, **changes)

    def bulk_edit(self, ids_or_keys: Iterable[str | int], **changes: Any) -> list[DemoIssue]:
        """Make the same changes to many issues at once."""
        with self.lock:
            return [self.edit_issue(each, **changes) for each in ids_or_keys]

    def set_sprints(self, id_or_key: str | int, sprints: Sequence[str | int]) -> DemoIssue:
        """Put an issue into exactly these sprints."""
        return self.edit_issue(id_or_key, sprints=list(sprints))

    def add_to_sprint(self, id_or_key: str | int, sprint: str | int) -> DemoIssue:
        """Put an issue into one more sprint; it leaves the others that are not closed, as in Jira."""
        with self.lock:
            kept = [each for each in self.sprints_of(id_or_key) if self._is_closed(each)]
            wanted = self.sprint(sprint).id
            return self.set_sprints(id_or_key, [*(each for each in kept if each != wanted), wanted])

    def remove_from_sprint(self, id_or_key: str | int) -> DemoIssue:
        """Send an issue back to the backlog; the closed sprints it was in stay with it."""
        with self.lock:
            kept = [each for each in self.sprints_of(id_or_key) if self._is_closed(each)]
            return self.set_sprints(id_or_key, kept)

    def sprints_of(self, id_or_key: str | int) -> list[int]:
        """Return the ids of the sprints an issue is or was in."""
        fields = self.issue(id_or_key).fields
        return [int(each) for name in self.catalog.sprint_fields for each in references(fields.get(name))]

    def _is_closed(self, sprint_id: int) -> bool:
        return self.catalog.sprints[sprint_id].state == "closed"

    def _field_id(self, name: str, project_id: int) -> str:
        if name == "points":
            field_id = self.catalog.points_field(project_id)
        elif name == "sprints":
            field_id = next(iter(self.catalog.sprint_fields), None)
        else:
            field_id = _ALIASES.get(name, name)
        if field_id is None:
            raise KeyError(f"the project has no field for {name}")
        return field_id

    def _stored(self, field_id: str, value: Any, project: DemoProject) -> Any:
        """Turn what a caller gives into what an issue stores: names become ids."""
        if field_id in PROJECT_ITEMS:
            items = getattr(project, PROJECT_ITEMS[field_id])
            return [min(items_called(items, str(each))) for each in value]
        if value is None:
            return None
        if field_id in _THINGS:
            return self._id_of(getattr(self.catalog, _THINGS[field_id]), str(value), project.id)
        if field_id == "parent":
            return self.issue(value).id
        if field_id in self.catalog.sprint_fields:
            return [self.sprint(each).id for each in value] or None
        return value

    def _blank_fields(self, project: DemoProject, creator: str) -> Json:
        kinds = self._fitting(self.catalog.issue_types.values(), project.id)
        statuses = self._fitting(self.catalog.statuses.values(), project.id)
        kind = next((each for each in kinds if each.hierarchy_level == 0), None)
        status = next((each for each in statuses if each.category_key == "new"), None)
        blank: Json = {
            "summary": "A new issue",
            "issuetype": kind and kind.id,
            "status": status and status.id,
        }
        blank |= {"priority": next(iter(self.catalog.priorities), None), "resolution": None}
        blank |= {"assignee": None, "reporter": creator, "creator": creator, "description": None}
        blank |= {"labels": [], "components": [], "fixVersions": [], "versions": [], "duedate": None}
        blank |= dict.fromkeys(self.catalog.sprint_fields)
        blank |= {"environment": None, "issuelinks": [], "security": None}
        blank |= {"votes": self.render.votes(0), "watches": self.render.watchers(1)}
        points = self.catalog.points_field(project.id)
        return blank | ({points: None} if points else {}) | {"resolutiondate": None}

    def _date_resolution(self, fields: Json, now: int) -> None:
        """Set or clear the resolution date, which has no changelog item of its own."""
        resolved = fields.get("resolution") is not None
        fields["resolutiondate"] = (
            (fields.get("resolutiondate") or self.render.time(now)) if resolved else None
        )

    def _date_category(self, before: Json, fields: Json, now: int) -> None:
        """Note when an issue came into a status of another category; that has no changelog item either."""
        old, new = (
            self.catalog.statuses.get(reference(each.get("status")) or "") for each in (before, fields)
        )
        if old is not None and new is not None and old.category_key != new.category_key:
            fields["statuscategorychangedate"] = self.render.time(now)


def _same(old: Any, new: Any) -> bool:
    """Compare what is stored with what is wanted, be the stored value an id or verbatim JSON."""
    if isinstance(old, dict) or (isinstance(old, list) and any(isinstance(each, dict) for each in old)):
        return references(old) == references(new)
    return bool(old == new)
