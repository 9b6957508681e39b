"""Found, rename, archive, trash, hide and delete projects: their issues keep their `updated`."""

from __future__ import annotations

from typing import Literal

from jira_assets.demo.data import DemoProject
from jira_assets.demo.simulate.edits import IssueEdits


class ProjectLife(IssueEdits):
    """Change what is true of a project as a whole."""

    def add_project(
        self, key: str, name: str, *, style: Literal["classic", "next-gen"] = "classic"
    ) -> DemoProject:
        """Add an empty project; it may take a key that another one once had."""
        with self.lock:
            self._last_project_id = max(self._last_project_id, *self.catalog.projects, 10_000) + 1
            project = DemoProject(self._last_project_id, key, name, style)
            self._free_key(key)
            self.catalog.projects[project.id] = project
            return project

    def rename_project_key(self, project: str, key: str) -> None:
        """Change the key of a project, and so every issue of it; the old key still finds them."""
        with self.lock:
            renamed = self.project(project)
            renamed.old_keys.append(renamed.key)
            renamed.key = key
            self._free_key(key)
            self.render.touch("project", renamed.id)

    def rename_project(self, project: str, name: str) -> None:
        """Rename a project."""
        with self.lock:
            renamed = self.project(project)
            renamed.name = name
            self.render.touch("project", renamed.id)

    def archive_project(self, project: str, *, archived: bool = True) -> None:
        """Archive a project, or restore it: search leaves the issues of an archived one out."""
        with self.lock:
            changed = self.project(project)
            changed.archived, changed.since = archived, self.clock.now_ms()

    def trash_project(self, project: str, *, trashed: bool = True) -> None:
        """Put a project into the trash, or restore it: it is listed as deleted, its issues are not found."""
        with self.lock:
            changed = self.project(project)
            changed.trashed, changed.since = trashed, self.clock.now_ms()

    def delete_project(self, project: str) -> None:
        """Delete a project for good, with its issues and boards; its key is free from then on.

        Children of its issues in other projects lose their parent, as when an issue is deleted.
        """
        with self.lock:
            deleted = self.project(project)
            documents = list(self.store.documents.values())
            for issue in [each.issue for each in documents if each.issue.project_id == deleted.id]:
                for child in self.store.children(issue.id):
                    if child.project_id != deleted.id:
                        self.edit_issue(child.id, parent=None)
                self.store.remove(issue)
                self._announce(issue.id, None)
            del self.catalog.projects[deleted.id]
            for board in [each for each in self.catalog.boards.values() if each.project_id == deleted.id]:
                del self.catalog.boards[board.id]
            self.render.forget()

    def forbid_project(self, project: str, *, forbidden: bool = True) -> None:
        """Answer 403 to every question about this project alone; it stays on the list of projects."""
        with self.lock:
            self.project(project).forbidden = forbidden

    def hide_project(self, project: str, *, hidden: bool = True) -> None:
        """Take away the permission to browse a project, or give it back: no answer says that it exists."""
        with self.lock:
            self.project(project).invisible = hidden

    def _free_key(self, key: str) -> None:
        """Stop resolving a key that is given to a project to one that had it before."""
        for other in self.catalog.projects.values():
            other.old_keys = [old for old in other.old_keys if old != key]
