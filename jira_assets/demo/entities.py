"""What belongs to the issues of a demo site and has ids of its own: comments, worklogs, files, links out.

Times are epoch milliseconds (UTC); people are account ids. Something may be restricted to a group: callers
do not see it while the site hides that group from them (`Switches.hidden_groups`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from jira_assets.demo.data import Json


@dataclass(slots=True)
class DemoComment:
    """A comment; one that is not `public` is internal to the agents of a service project."""

    id: int
    issue_id: int
    author: str | None
    created: int
    updated: int
    body: Json
    update_author: str | None = None
    public: bool = True
    group: str | None = None


@dataclass(slots=True)
class DemoWorklog:
    """Time that someone logged."""

    id: int
    issue_id: int
    author: str | None
    created: int
    updated: int
    started: int
    seconds: int
    comment: Json | None = None
    update_author: str | None = None
    group: str | None = None


@dataclass(slots=True)
class DemoAttachment:
    """A file, without its content."""

    id: int
    issue_id: int
    author: str | None
    created: int
    filename: str
    mime_type: str
    size: int


@dataclass(slots=True)
class DemoRemoteLink:
    """A link to a page elsewhere; `application` is the name and the type of the program it belongs to."""

    id: int
    issue_id: int
    url: str
    title: str
    summary: str | None = None
    relationship: str | None = None
    application: tuple[str, str] | None = None
    resolved: bool | None = None


DemoEntity = DemoComment | DemoWorklog | DemoAttachment | DemoRemoteLink


@dataclass(slots=True)
class EntityStore:
    """The present entities of a site by their ids, and when which worklogs were deleted."""

    comments: dict[int, DemoComment] = field(default_factory=dict)
    worklogs: dict[int, DemoWorklog] = field(default_factory=dict)
    attachments: dict[int, DemoAttachment] = field(default_factory=dict)
    remote_links: dict[int, DemoRemoteLink] = field(default_factory=dict)
    deleted_worklogs: dict[int, int] = field(default_factory=dict)
    _of_issue: dict[tuple[type, int], list[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, entities: Iterable[DemoEntity]) -> EntityStore:
        """Hold these."""
        store = cls()
        for entity in entities:
            store.put(entity)
        return store

    def put(self, entity: DemoEntity) -> None:
        """Take one that is new."""
        self._all(type(entity))[entity.id] = entity
        self._of_issue.setdefault((type(entity), entity.issue_id), []).append(entity.id)

    def remove(self, entity: DemoEntity) -> None:
        """Forget one."""
        del self._all(type(entity))[entity.id]
        self._of_issue[type(entity), entity.issue_id].remove(entity.id)

    def move(self, entity: DemoEntity, issue_id: int) -> None:
        """Put one to another issue."""
        self.remove(entity)
        entity.issue_id = issue_id
        self.put(entity)

    def comments_of(self, issue_id: int) -> list[DemoComment]:
        """Return the comments of an issue, oldest first."""
        found = self._of(DemoComment, issue_id)
        return sorted((self.comments[each] for each in found), key=lambda each: (each.created, each.id))

    def worklogs_of(self, issue_id: int) -> list[DemoWorklog]:
        """Return the worklogs of an issue, oldest first."""
        found = self._of(DemoWorklog, issue_id)
        return sorted((self.worklogs[each] for each in found), key=lambda each: (each.created, each.id))

    def attachments_of(self, issue_id: int) -> list[DemoAttachment]:
        """Return the attachments of an issue."""
        return [self.attachments[each] for each in self._of(DemoAttachment, issue_id)]

    def remote_links_of(self, issue_id: int) -> list[DemoRemoteLink]:
        """Return the remote links of an issue."""
        return [self.remote_links[each] for each in self._of(DemoRemoteLink, issue_id)]

    def forget_issue(self, issue_id: int) -> None:
        """Forget what belongs to an issue that is deleted; Jira does not list its worklogs as deleted."""
        for kind in (DemoComment, DemoWorklog, DemoAttachment, DemoRemoteLink):
            for entity_id in self._of_issue.pop((kind, issue_id), []):
                del self._all(kind)[entity_id]

    def ids(self) -> Iterator[int]:
        """Yield every id."""
        for kind in (DemoComment, DemoWorklog, DemoAttachment, DemoRemoteLink):
            yield from self._all(kind)

    def _of(self, kind: type, issue_id: int) -> list[int]:
        return self._of_issue.get((kind, issue_id), [])

    def _all(self, kind: type) -> dict[int, DemoEntity]:
        known: dict[type, dict[int, DemoEntity]] = {
            DemoComment: self.comments,  # type: ignore[dict-item]  # each holds its own kind
            DemoWorklog: self.worklogs,  # type: ignore[dict-item]
            DemoAttachment: self.attachments,  # type: ignore[dict-item]
            DemoRemoteLink: self.remote_links,  # type: ignore[dict-item]
        }
        return known[kind]
