"""Delete the issues of a demo site, hide them, and move them between projects."""

from __future__ import annotations

from dataclasses import replace

from jira_assets.demo.catalog import Catalog, reference
from jira_assets.demo.data import DemoIssue, DemoProject, Json
from jira_assets.demo.simulate.edits import PROJECT_ITEMS, IssueEdits


class IssueMoves(IssueEdits):
    """Take issues out of their project, for good or into another one."""

    def delete_issue(self, id_or_key: str | int, *, silently: bool = False) -> None:
        """Delete an issue with its sub-tasks; other children lose their parent.

        Done `silently`, neither the `updated` of those children nor their history shows it.
        """
        with self.lock:
            issue = self.issue(id_or_key)
            for child in self.store.children(issue.id):
                kind = self.catalog.issue_types.get(reference(child.fields.get("issuetype")) or "")
                if kind is not None and kind.subtask:
                    self.delete_issue(child.id, silently=silently)
                elif silently:
                    self._put(replace(child, fields=child.fields | {"parent": None}))
                else:
                    self.edit_issue(child.id, parent=None)
            self.store.remove(issue)
            self.entities.forget_issue(issue.id)
            self._print_links_afresh(issue)
            self._announce(issue.id, None)

    def hide_issue(self, id_or_key: str | int) -> None:
        """Hide an issue from every caller, as issue security does: it looks exactly like a deleted one.

        Nothing of the issue changes, as when people lose membership in its security level.
        """
        with self.lock:
            issue = self.issue(id_or_key)
            self.store.hidden.add(issue.id)
            self._print_links_afresh(issue)

    def show_issue(self, id_or_key: str | int) -> None:
        """Show an issue again that was hidden, as it is now."""
        with self.lock:
            issue = self.issue(id_or_key)
            self.store.hidden.discard(issue.id)
            self._print_links_afresh(issue)

    def move_issue(self, id_or_key: str | int, to_project: str, *, author: str | None = None) -> DemoIssue:
        """Move an issue and its sub-tasks: the id stays, the key is new, the old one still finds it."""
        with self.lock:
            issue = self.issue(id_or_key)
            target = self.project(to_project)
            if target.id == issue.project_id:
                return issue
            old_key, number = self.render.key(issue), self.store.next_number(target.id)
            items = _move_items(old_key, f"{target.key}-{number}", issue.project_id, target, self.catalog)
            moved = self._changed(
                issue,
                self._fields_elsewhere(issue, target),
                items,
                author or self.accounts.first.account_id,
                project_id=target.id,
                number=number,
                old_keys=[*issue.old_keys, old_key],
            )
            for child in self.store.children(issue.id):
                kind = self.catalog.issue_types.get(reference(child.fields.get("issuetype")) or "")
                if kind is not None and kind.subtask:
                    self.move_issue(child.id, target.key, author=author)
            return moved

    def _print_links_afresh(self, issue: DemoIssue) -> None:
        """Print the issues that are linked to one afresh: they show it no longer, or again."""
        if issue.fields.get("issuelinks"):
            self.render.touch("link", issue.id)

    def _fields_elsewhere(self, issue: DemoIssue, target: DemoProject) -> Json:
        """Return an issue's fields as they are after a move: what the target does not know is dropped."""
        dropped = {
            each.id for each in self.catalog.fields.values() if each.scope_project_id == issue.project_id
        }
        fields = {name: value for name, value in issue.fields.items() if name not in dropped | {"project"}}
        fields |= {name: [] for name in PROJECT_ITEMS if name in fields}
        for name, kind, alike in (
            ("status", "statuses", "category_key"),
            ("issuetype", "issue_types", "subtask"),
        ):
            known = getattr(self.catalog, kind)
            present = known.get(reference(fields.get(name)) or "")
            fitting = self._fitting(known.values(), target.id)
            if present not in fitting and fitting:
                same = [each for each in fitting if getattr(each, alike) == getattr(present, alike, None)]
                fields[name] = (same or fitting)[0].id
        return fields


def _move_items(old_key: str, new_key: str, old_id: int, target: DemoProject, catalog: Catalog) -> list[Json]:
    keys = {"from": None, "fromString": old_key, "to": None, "toString": new_key}
    names = {"fromString": catalog.projects[old_id].name, "toString": target.name}
    return [
        {"field": "Key", "fieldtype": "jira", **keys},
        {
            "field": "project",
            "fieldtype": "jira",
            "fieldId": "project",
            "from": str(old_id),
            "to": str(target.id),
            **names,
        },
    ]
