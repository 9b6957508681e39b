"""The issues of a demo site: their present versions, and how they are found."""

from __future__ import annotations

from collections.abc import Iterable

from jira_assets.demo.catalog import Catalog, reference
from jira_assets.demo.data import DemoIssue
from jira_assets.demo.index import Document


class IssueStore:
    """Hold the present version of every issue; what was replaced lives on in the search index only."""

    def __init__(self, catalog: Catalog, issues: Iterable[DemoIssue]) -> None:
        self._catalog = catalog
        self.documents: dict[int, Document] = {}
        self._by_number: dict[tuple[int, int], int] = {}
        self._by_old_key: dict[str, int] = {}
        self._children: dict[int, set[int]] = {}
        self._last_number: dict[int, int] = {}
        self.hidden: set[int] = set()
        """The issues that issue security keeps from every caller."""
        for issue in issues:
            self.put(issue)
        self.last_id = max(self.documents, default=10_000)

    def get(self, issue_id: int) -> DemoIssue | None:
        """Return the present version of an issue."""
        document = self.documents.get(issue_id)
        return None if document is None else document.issue

    def resolve(self, id_or_key: str) -> DemoIssue | None:
        """Find an issue by its id, its key, or a key that it or its project once had."""
        if id_or_key.isdigit():
            return self.get(int(id_or_key))
        prefix, _, number = id_or_key.rpartition("-")
        project = self._catalog.project(prefix) if number.isdigit() and prefix else None
        issue_id = None if project is None else self._by_number.get((project.id, int(number)))
        if issue_id is None:
            issue_id = self._by_old_key.get(id_or_key.upper())
        return None if issue_id is None else self.get(issue_id)

    def put(self, issue: DemoIssue) -> Document:
        """Take a new issue, or a new version of one."""
        before = self.get(issue.id)
        if before is not None:
            self._unlink(before)
        document = self.documents[issue.id] = Document(issue)
        self._by_number[issue.project_id, issue.number] = issue.id
        for key in issue.old_keys:
            self._by_old_key[key.upper()] = issue.id
        if (parent := self._parent_id(issue)) is not None:
            self._children.setdefault(parent, set()).add(issue.id)
        self._last_number[issue.project_id] = max(issue.number, self._last_number.get(issue.project_id, 0))
        return document

    def remove(self, issue: DemoIssue) -> None:
        """Forget an issue for good."""
        self._unlink(issue)
        self.hidden.discard(issue.id)
        del self.documents[issue.id]

    def children(self, issue_id: int) -> list[DemoIssue]:
        """Return the issues that have this one as their parent."""
        return [self.documents[each].issue for each in sorted(self._children.get(issue_id, ()))]

    def next_id(self) -> int:
        """Return an id that no issue had before."""
        self.last_id += 1
        return self.last_id

    def next_number(self, project_id: int) -> int:
        """Return a number that no issue of the project had before."""
        self._last_number[project_id] = self._last_number.get(project_id, 0) + 1
        return self._last_number[project_id]

    def _unlink(self, issue: DemoIssue) -> None:
        self._by_number.pop((issue.project_id, issue.number), None)
        if (parent := self._parent_id(issue)) is not None:
            self._children.get(parent, set()).discard(issue.id)

    def _parent_id(self, issue: DemoIssue) -> int | None:
        found = reference(issue.fields.get("parent"))
        return int(found) if found is not None and found.isdigit() else None
