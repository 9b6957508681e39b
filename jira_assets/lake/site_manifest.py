"""The manifest of the site: which tables there are about it as a whole, and what people should know.

As with the manifest of a project, other modules change it by its methods only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec


class SiteTable(msgspec.Struct, frozen=True):
    """One table about the site as a whole; its path holds a digest of its content."""

    path: str
    rows: int
    refreshed_at: datetime
    size: int = 0
    digest: str = ""


class Notice(msgspec.Struct, frozen=True):
    """Something that is not as it should be and stops no sync; it stands until it is over.

    There is one for each part, such as "people", of the site or of one project. `since` is when it began.
    """

    part: str
    reason: str
    instruction: str
    since: datetime
    project_id: str | None = None
    is_unread: bool = False
    """Whether the part could not be read, so that it is worth asking again soon."""

    @property
    def key(self) -> tuple[str, str | None]:
        """What it is about."""
        return self.part, self.project_id


class ProjectDetails(msgspec.Struct, frozen=True):
    """Facts of one project that rarely change: its boards, and the fields those estimate with."""

    refreshed_at: datetime
    is_team_managed: bool = False
    boards: tuple[str, ...] = ()
    estimated_with: tuple[str, ...] = ()


class TargetRecord(msgspec.Struct, frozen=True):
    """What a target of the publish shows: which file, since when, and how many values in another form."""

    place: str
    stamp: str
    published_at: datetime
    since: datetime
    changed_values: int = 0


class SiteManifest(msgspec.Struct):
    """What the lake holds of the site beside its issues: projects, users, sprints, statuses, fields, …"""

    tables: Mapping[str, SiteTable] = msgspec.field(default_factory=dict)
    projects: Mapping[str, ProjectDetails] = msgspec.field(default_factory=dict)
    people_matched_from: str = ""
    """A digest of everything the people were last matched from."""
    pull_requests_read_from: str = ""
    """A digest of the files that the pull requests were last read from."""
    decisions_followed: str = ""
    """A digest of what people decided and other programs keep, as it was when that was last published."""
    notices: Sequence[Notice] = msgspec.field(default_factory=list)
    targets: Mapping[str, TargetRecord] = msgspec.field(default_factory=dict)
    """What was published outside of this home."""

    def file_paths(self) -> set[str]:
        """Name every file this manifest makes exist."""
        return {table.path for table in self.tables.values()}

    def set_table(self, name: str, table: SiteTable) -> None:
        """Make a table exist, in the place of the one before."""
        self.tables = {**self.tables, name: table}

    def drop_tables(self, names: Collection[str]) -> None:
        """Have these tables read again, and with them whatever is read, or made, along with them."""
        self.tables = {name: table for name, table in self.tables.items() if name not in names}
        if "pull_requests" in names:
            self.pull_requests_read_from = ""
        if set(names) - {"pull_requests"}:
            self.projects = {}  # with them sprints, versions and components are read again
        self.match_people_again()

    def set_project(self, project_id: str, details: ProjectDetails) -> None:
        """Keep the details of a project."""
        self.projects = {**self.projects, project_id: details}

    def set_pull_requests(self, table: SiteTable | None, read_from: str) -> None:
        """Keep the pull requests (None: there are none any more) and what they were read from."""
        others = {name: known for name, known in self.tables.items() if name != "pull_requests"}
        self.tables = others if table is None else {**others, "pull_requests": table}
        self.pull_requests_read_from = read_from

    def note_matched(self, inputs: str) -> None:
        """Keep what the people are matched from now."""
        self.people_matched_from = inputs

    def match_people_again(self) -> None:
        """Have the next sync match all people."""
        self.people_matched_from = ""

    def note_followed(self, decisions: str) -> bool:
        """Keep which decisions are published; return whether those are others than before."""
        is_news = self.decisions_followed != decisions
        self.decisions_followed = decisions
        return is_news

    def note_target(self, name: str, record: TargetRecord | None) -> None:
        """Keep what a target shows; None: it is no target any more."""
        others = {each: known for each, known in self.targets.items() if each != name}
        self.targets = others if record is None else {**others, name: record}

    def renew_notices(self, asked: Iterable[tuple[str, str | None]], found: Iterable[Notice]) -> bool:
        """Replace the notices about what was asked by those found; what stood before keeps its `since`.

        Returns whether any notice is another than before.
        """
        before = {notice.key: notice for notice in self.notices}
        fresh = {
            notice.key: msgspec.structs.replace(notice, since=before.get(notice.key, notice).since)
            for notice in found
        }
        over = {*asked, *fresh}
        kept = [notice for notice in self.notices if notice.key not in over]
        present = self.notices
        self.notices = sorted(
            [*kept, *fresh.values()], key=lambda notice: (notice.part, notice.project_id or "")
        )
        return self.notices != present
