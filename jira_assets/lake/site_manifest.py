"""The manifest of the site: which tables there are about it as a whole, and what people should know.

As with the manifest of a project, other modules change it by its methods only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from jira_assets.lake.entity_state import EntityProblem, EntityProof
from jira_assets.lake.manifest import RawFile, with_same_rows


class SiteTable(msgspec.Struct, frozen=True):
    """One table about the site as a whole; its path holds a digest of its content."""

    path: str
    rows: int
    refreshed_at: datetime
    size: int = 0
    digest: str = ""
    columns: str = ""
    """A digest of its columns: a release that keeps other ones reads it again."""


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
    columns: str = ""
    """A digest of the columns of the tables that were filled with them."""


class WorklogFiles(msgspec.Struct):
    """The worklogs of a site: raw files, and how far they are read.

    `updated_until` and `deleted_until` are the times of the last ones that Jira named, in epoch
    milliseconds. All that was logged a minute before `asked_at` has been named. `chosen` are the projects
    whose worklogs are wanted, with whether their texts are kept; of other worklogs only the ids are. `stamps`
    change, by project, with what is known of its worklogs.
    """

    raw: Sequence[RawFile] = msgspec.field(default_factory=list)
    next_seq: int = 1
    updated_until: int | None = None
    deleted_until: int | None = None
    asked_at: datetime | None = None
    chosen: Mapping[str, bool] = msgspec.field(default_factory=dict)
    stamps: Mapping[str, str] = msgspec.field(default_factory=dict)
    derived_from: str = ""
    """A digest of what the table of worklogs was made from."""
    proofs: Mapping[str, EntityProof] = msgspec.field(default_factory=dict)
    unseen: Mapping[str, int] = msgspec.field(default_factory=dict)
    """Worklogs by project that the proof did not see in Jira any more, and that no list says are deleted."""
    problem: EntityProblem | None = None

    @property
    def raw_place(self) -> str:
        """What the paths of its raw files begin with."""
        return "site/worklogs-"

    def take_seq(self) -> int:
        """Return the number of the next observations."""
        self.next_seq += 1
        return self.next_seq - 1

    def add_raw(self, file: RawFile) -> None:
        """Make one more raw file exist."""
        self.raw = [*self.raw, file]

    def replace_raw(self, files: Iterable[RawFile]) -> None:
        """Put files with the same observations in the place of all; raises `ValueError` for others."""
        self.raw = with_same_rows(self.raw, files, "observations of worklogs")

    def choose(self, chosen: Mapping[str, bool]) -> None:
        """Keep which projects want them, and whether their texts."""
        self.chosen = dict(chosen)

    def note_asked(self, at: datetime) -> None:
        """Keep that all is named that was logged a minute before."""
        self.asked_at = at

    def note_derived(self, digest: str) -> None:
        """Keep what the table was made from."""
        self.derived_from = digest

    def note_problem(self, problem: EntityProblem | None) -> None:
        """Keep why they could not be read, or not all of them."""
        self.problem = problem

    def note_proofs(self, proofs: Mapping[str, EntityProof], unseen: Mapping[str, int]) -> None:
        """Keep new proofs, and what they did not see, of projects that want worklogs."""
        known, not_seen = {**self.proofs, **proofs}, {**self.unseen, **unseen}
        self.proofs = {key: proof for key, proof in known.items() if key in self.chosen}
        self.unseen = {key: number for key, number in not_seen.items() if key in self.chosen}

    def stamp(self, stamps: Mapping[str, str]) -> bool:
        """Keep what tells one state of the worklogs of each project from another; return if it is news."""
        is_news, self.stamps = self.stamps != stamps, dict(stamps)
        return is_news

    def listed_until(self, *, updated: int | None, deleted: int | None) -> None:
        """Keep up to when Jira named what was updated or deleted; neither goes back."""
        if updated is not None:
            self.updated_until = max(updated, self.updated_until or 0)
        if deleted is not None:
            self.deleted_until = max(deleted, self.deleted_until or 0)


class TargetRecord(msgspec.Struct, frozen=True):
    """What a target of the publish shows: which file, since when, and how many values in another form."""

    place: str
    stamp: str
    published_at: datetime
    since: datetime
    changed_values: int = 0
    fingerprint: str = ""
    """Where hosts share the lake, a digest of what was published: it is the same on all of them."""


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
    worklogs: WorklogFiles = msgspec.field(default_factory=WorklogFiles)
    targets: Mapping[str, TargetRecord] = msgspec.field(default_factory=dict)
    """What was published outside of this home."""
    raw_table_names: str = ""
    """A digest of the raw files that the Delta table of them names."""

    def files(self) -> Iterator[SiteTable | RawFile]:
        """List every file this manifest makes exist."""
        yield from self.tables.values()
        yield from self.worklogs.raw

    def file_paths(self) -> set[str]:
        """Name every file this manifest makes exist."""
        return {file.path for file in self.files()}

    def put_worklogs(self, files: WorklogFiles) -> None:
        """Put the files of worklogs in the place of those before."""
        self.worklogs = files

    def take_over(self, name: str, other: SiteManifest) -> None:
        """Take a table, or that there is none, from another copy of the manifest."""
        others = {key: table for key, table in self.tables.items() if key != name}
        table = other.tables.get(name)
        self.tables = others if table is None else {**others, name: table}

    def forget_worklogs(self) -> None:
        """Drop all worklogs: they are read from the beginning when they are wanted."""
        self.worklogs = WorklogFiles(next_seq=self.worklogs.next_seq)
        self.tables = {name: table for name, table in self.tables.items() if name != "worklogs"}

    def set_table(self, name: str, table: SiteTable) -> None:
        """Make a table exist, in the place of the one before."""
        self.tables = {**self.tables, name: table}

    def drop_tables(self, names: Collection[str]) -> None:
        """Have these tables read again, and with them whatever is read, or made, along with them."""
        self.tables = {name: table for name, table in self.tables.items() if name not in names}
        if "pull_requests" in names:
            self.pull_requests_read_from = ""
        if "worklogs" in names:
            self.worklogs.note_derived("")
        if set(names) - {"pull_requests", "worklogs"}:
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

    def note_raw_table(self, names: str) -> None:
        """Keep which raw files the Delta table of them names."""
        self.raw_table_names = names

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
