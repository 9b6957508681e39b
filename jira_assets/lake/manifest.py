"""The manifest of a project: the one place that says which files exist.

A file that no manifest names does not exist, so a crash between writing files and replacing the manifest
changes nothing. Replacing the manifest is the commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec


class RawFile(msgspec.Struct, frozen=True):
    """One file of observations; `path` is relative to the lake, `newest` the latest `updated` in it.

    `size` is in bytes, `digest` the SHA-256 of the content in hexadecimal digits; manifests of earlier
    versions have neither. The same holds for the other kinds of files.
    """

    path: str
    rows: int
    asked_at: datetime
    newest: datetime | None = None
    size: int = 0
    digest: str = ""


class Damage(msgspec.Struct, frozen=True):
    """A file that is not as it was written; `reason` continues a sentence that begins with its path."""

    path: str
    reason: str


class SetAside(msgspec.Struct, frozen=True):
    """A damaged raw file that was moved away, and whose issues are still to be read again.

    `held` are the versions that were the present ones of their issues, by id: None where that is not known,
    and then every issue last observed up to `last_seq` is read again.
    """

    path: str
    rows: int
    last_seq: int
    held: dict[str, datetime | None] | None = None


class FullRead(msgspec.Struct, frozen=True):
    """A full read under way: what was last observed before `first_seq` is still to be read again."""

    began_at: datetime
    first_seq: int


class Paused(msgspec.Struct, frozen=True):
    """A read that stopped since its time was up: issues read so far, and of how many (None: not known)."""

    at: datetime
    read: int
    expected: int | None = None


class Proof(msgspec.Struct, frozen=True):
    """Jira listed every issue of the project, and each was compared with the lake.

    `missing` counts the issues that Jira had and the lake lacked when all was done; `fetched` those that the
    lake lacked before. `counted` is Jira's approximate count, None when it could not be had.
    """

    at: datetime
    in_jira: int
    in_lake: int
    missing: int
    fetched: int
    counted: int | None = None


class Unproved(msgspec.Struct, frozen=True):
    """The last full listing of the project was no proof, and why."""

    at: datetime
    reason: str


class UnreadIssue(msgspec.Struct, frozen=True):
    """An issue that Jira lists and that could not be read; it is requested again at every sync.

    `is_left_out` when Jira answers without it, instead of failing to give it. `updated_at` is the version
    that the search listed, `since` when that was first seen.
    """

    jira_id: str
    jira_key: str
    updated_at: datetime | None
    since: datetime
    reason: str
    is_left_out: bool = False


class Disappearance(msgspec.Struct, frozen=True):
    """So many issues were gone at once that it was not believed: nothing was deleted."""

    noticed_at: datetime
    issues: int


class FieldMapping(msgspec.Struct, frozen=True):
    """Which fields of this project hold its story points and its sprints, and how that was decided."""

    story_points_field: str | None = None
    sprint_field: str | None = None
    chosen_by: str = ""
    candidates: tuple[str, ...] = ()


class DerivedFile(msgspec.Struct, frozen=True):
    """One derived table of the project; `path` is relative to the lake."""

    path: str
    rows: int
    size: int = 0
    digest: str = ""


class CutList(msgspec.Struct, frozen=True):
    """A list that Jira embeds only in part: the issues in which it is cut, and entries kept, of how many."""

    issues: int
    kept: int
    total: int


class Derived(msgspec.Struct, frozen=True):
    """Tables that were derived together from what the fingerprint stands for.

    `nulled` counts the values per column that had to become null because their type did not fit; `cut` names
    the embedded lists that did not come whole.
    """

    fingerprint: str
    files: dict[str, DerivedFile]
    nulled: dict[str, int] = {}
    cut: dict[str, CutList] = {}


class Manifest(msgspec.Struct):
    """What the lake holds of one project.

    `watermark` is the time up to which every change is known to be here; None until a full read is whole.
    """

    project_id: str
    project_key: str
    watermark: datetime | None = None
    looked_back_at: datetime | None = None
    next_seq: int = 1
    raw: list[RawFile] = msgspec.field(default_factory=list)
    full: FullRead | None = None
    paused: Paused | None = None
    """Set until the read that stopped has come to its end."""
    proof: Proof | None = None
    unproved: Unproved | None = None
    unread: list[UnreadIssue] = msgspec.field(default_factory=list)
    unidentified: int = 0
    """How many issues the last listings gave without an id."""
    disappearance: Disappearance | None = None
    mapping: FieldMapping = FieldMapping()
    derived: dict[str, Derived] = msgspec.field(default_factory=dict)
    damaged: list[Damage] = msgspec.field(default_factory=list)
    """Raw files that were found damaged: nothing is read or derived until they are repaired."""
    set_aside: list[SetAside] = msgspec.field(default_factory=list)
    """Files that a repair moved away; the next sync to its end makes up for them."""

    @property
    def newest(self) -> datetime | None:
        """The latest `updated` of any observation."""
        return max((file.newest for file in self.raw if file.newest is not None), default=None)

    def file_paths(self) -> set[str]:
        """Name every file this manifest makes exist."""
        derived = (file.path for group in self.derived.values() for file in group.files.values())
        return {file.path for file in self.raw} | set(derived)

    def derived_file(self, table: str) -> DerivedFile | None:
        """Find the present file of a derived table."""
        for group in self.derived.values():
            if table in group.files:
                return group.files[table]
        return None


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


class SiteManifest(msgspec.Struct):
    """What the lake holds of the site beside its issues: projects, users, sprints, statuses, fields, …"""

    tables: dict[str, SiteTable] = msgspec.field(default_factory=dict)
    projects: dict[str, ProjectDetails] = msgspec.field(default_factory=dict)
    people_matched_from: str = ""
    """A digest of everything the people were last matched from."""
    pull_requests_read_from: str = ""
    """A digest of the files that the pull requests were last read from."""
    decisions_followed: str = ""
    """A digest of what people decided and other programs keep, as it was when that was last published."""
    notices: list[Notice] = msgspec.field(default_factory=list)

    def file_paths(self) -> set[str]:
        """Name every file this manifest makes exist."""
        return {table.path for table in self.tables.values()}

    def renew_notices(self, asked: Iterable[tuple[str, str | None]], found: Iterable[Notice]) -> None:
        """Replace the notices about what was asked by those found; what stood before keeps its `since`."""
        before = {notice.key: notice for notice in self.notices}
        fresh = {
            notice.key: msgspec.structs.replace(notice, since=before.get(notice.key, notice).since)
            for notice in found
        }
        over = {*asked, *fresh}
        kept = [notice for notice in self.notices if notice.key not in over]
        self.notices = sorted(
            [*kept, *fresh.values()], key=lambda notice: (notice.part, notice.project_id or "")
        )


def fingerprint(parts: Iterable[object]) -> str:
    """Condense everything a result depends on into a short digest."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(msgspec.json.encode(part, order="deterministic"))
        digest.update(b"\n")
    return digest.hexdigest()[:24]
