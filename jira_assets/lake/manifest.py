"""The manifest of a project: the one place that says which files exist.

A file that no manifest names does not exist, so a crash between writing files and replacing the manifest
changes nothing. Replacing the manifest is the commit.

Other modules change a manifest by its methods only: they keep what has to hold of it, and each change is
written once. Nothing exists before `Lake.commit`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from jira_assets.lake.entity_state import EntityProblem, EntityState
from jira_assets.qualified import qualify_field, split


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
    """Which fields of this project hold its story points, its sprints and the teams of its issues.

    `chosen_by` says how the story-point field was chosen. The first of the `team_fields` that is set counts.
    """

    story_points_field: str | None = None
    sprint_field: str | None = None
    chosen_by: str = ""
    candidates: tuple[str, ...] = ()
    team_fields: tuple[str, ...] = ()


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
    """What the lake holds of one project; `project_key` is the key under which it is tracked.

    `watermark` is the time up to which every change is known to be here; None until a full read is whole.
    """

    project_id: str
    project_key: str
    watermark: datetime | None = None
    looked_back_at: datetime | None = None
    next_seq: int = 1
    raw: Sequence[RawFile] = msgspec.field(default_factory=list)
    full: FullRead | None = None
    paused: Paused | None = None
    """Set until the read that stopped has come to its end."""
    proof: Proof | None = None
    unproved: Unproved | None = None
    unread: Sequence[UnreadIssue] = msgspec.field(default_factory=list)
    unidentified: int = 0
    """How many issues the last listings gave without an id."""
    disappearance: Disappearance | None = None
    mapping: FieldMapping = FieldMapping()
    derived: Mapping[str, Derived] = msgspec.field(default_factory=dict)
    damaged: Sequence[Damage] = msgspec.field(default_factory=list)
    """Raw files that were found damaged: nothing is read or derived until they are repaired."""
    set_aside: Sequence[SetAside] = msgspec.field(default_factory=list)
    """Files that a repair moved away; the next sync to its end makes up for them."""
    entity_raw: Sequence[RawFile] = msgspec.field(default_factory=list)
    """Lists of what belongs to issues, as Jira gave them, apart from the issues."""
    entities: Mapping[str, EntityState] = msgspec.field(default_factory=dict)
    """How far each kind of them is read, by name; only what is chosen is there."""
    entity_problem: EntityProblem | None = None

    def as_in_home(self, prefix: str, folder: str) -> Manifest:
        """Return what the home reads of it: qualified ids and key, paths relative to the lake of the home.

        It cannot be committed.
        """
        chosen = (self.mapping.story_points_field, self.mapping.sprint_field)
        story_points, sprints = (each and qualify_field(prefix, each) for each in chosen)
        return msgspec.structs.replace(
            self,
            project_id=prefix + self.project_id,
            project_key=prefix + split(self.project_key)[1],
            raw=[_moved(file, folder) for file in self.raw],
            entity_raw=[_moved(file, folder) for file in self.entity_raw],
            mapping=msgspec.structs.replace(
                self.mapping,
                story_points_field=story_points,
                sprint_field=sprints,
                team_fields=tuple(qualify_field(prefix, each) for each in self.mapping.team_fields),
            ),
            derived={
                name: msgspec.structs.replace(
                    group, files={table: _moved(file, folder) for table, file in group.files.items()}
                )
                for name, group in self.derived.items()
            },
        )

    @property
    def newest(self) -> datetime | None:
        """The latest `updated` of any observation."""
        return max((file.newest for file in self.raw if file.newest is not None), default=None)

    def files(self) -> Iterator[RawFile | DerivedFile]:
        """List every file this manifest makes exist."""
        yield from self.raw
        yield from self.entity_raw
        for group in self.derived.values():
            yield from group.files.values()

    def file_paths(self) -> set[str]:
        """Name every file this manifest makes exist."""
        return {file.path for file in self.files()}

    def derived_file(self, table: str) -> DerivedFile | None:
        """Find the present file of a derived table."""
        for group in self.derived.values():
            if table in group.files:
                return group.files[table]
        return None

    def rename(self, project_key: str) -> None:
        """Take over the present key of the project."""
        self.project_key = project_key

    @property
    def raw_place(self) -> str:
        """What the paths of its raw files begin with."""
        return f"raw/project={self.project_id}/"

    def take_seq(self) -> int:
        """Return the number of the next observations; no other file gets it again."""
        self.next_seq += 1
        return self.next_seq - 1

    def add_raw(self, file: RawFile) -> None:
        """Make one more raw file exist; raises `ValueError` when it does already."""
        if any(known.path == file.path for known in self.raw):
            raise ValueError(f"{file.path} is in the manifest already")
        self.raw = [*self.raw, file]

    def replace_raw(self, files: Iterable[RawFile]) -> None:
        """Put files with the same observations in the place of all; raises `ValueError` for others."""
        self.raw = with_same_rows(self.raw, files, f"observations of project {self.project_id}")

    def add_entity_raw(self, file: RawFile) -> None:
        """Make one more file of what belongs to issues exist."""
        self.entity_raw = [*self.entity_raw, file]

    def replace_entity_raw(self, files: Iterable[RawFile]) -> None:
        """Put files with the same observations in the place of all; raises `ValueError` for others."""
        self.entity_raw = with_same_rows(self.entity_raw, files, f"lists of project {self.project_id}")

    def put_entity_raw(self, files: Iterable[RawFile]) -> None:
        """Put files with fewer observations, or others, in the place of all."""
        self.entity_raw = list(files)

    def read_entities_again(self, without: Iterable[str] = ()) -> None:
        """Have every list read again, and forget the files `without` which it is to be."""
        lost = set(without)
        self.entity_raw = [file for file in self.entity_raw if file.path not in lost]
        self.entities = {
            name: msgspec.structs.replace(state, first_seq=self.next_seq, proof=None)
            for name, state in self.entities.items()
        }

    def choose_entities(self, chosen: Mapping[str, bool]) -> bool:
        """Keep which kinds are read, and whether with their bodies; return whether that is news.

        Bodies that are wanted now and were not kept are read again. Without any kind no file stays.
        """
        before = self.entities
        self.entities = {
            name: self._chosen(before.get(name, EntityState()), has_bodies=has_bodies)
            for name, has_bodies in chosen.items()
        }
        if not chosen:
            self.entity_raw, self.entity_problem = [], None
        return self.entities != before

    def _chosen(self, state: EntityState, *, has_bodies: bool) -> EntityState:
        first_seq = self.next_seq if has_bodies and not state.has_bodies else state.first_seq
        return msgspec.structs.replace(state, has_bodies=has_bodies, first_seq=first_seq)

    def note_entities(self, states: Mapping[str, EntityState], problem: EntityProblem | None) -> None:
        """Keep how far each kind is read, and what could not be read; a problem keeps when it began."""
        self.entities = {**self.entities, **states}
        if problem is not None and self.entity_problem is not None:
            problem = msgspec.structs.replace(problem, since=self.entity_problem.since)
        self.entity_problem = problem

    def note_damaged(self, damaged: Iterable[Damage]) -> None:
        """Keep which raw files are damaged, in the place of what was known of that."""
        self.damaged = list(damaged)

    def remove_damaged_raw(self, files: Iterable[SetAside]) -> None:
        """Take damaged raw files out; what they held is to be read again by a sync that comes to its end."""
        files = list(files)
        paths = {file.path for file in files}
        self.raw = [file for file in self.raw if file.path not in paths]
        self.damaged = [damage for damage in self.damaged if damage.path not in paths]
        self.set_aside = [*self.set_aside, *files]

    def begin_full_refresh(self, at: datetime, *, again: bool = False) -> bool:
        """Begin to read every issue once more: when `again`, and always when that never came to its end.

        Returns False when that is not needed, or under way since before.
        """
        if self.full is not None or (self.watermark is not None and not again):
            return False
        self.full = FullRead(at, self.next_seq)
        return True

    def begin_complete_list(self) -> None:
        """Count issues without an id anew."""
        self.unidentified = 0

    def note_unidentified(self, issues: int) -> None:
        """Keep how many issues without an id a list had: the most of any, since the next has them again."""
        self.unidentified = max(self.unidentified, issues)

    def pause(self, at: datetime, read: int, expected: int | None = None) -> None:
        """Note that a read stopped since its time was up."""
        self.paused = Paused(at, read, expected)

    def keep_unread(self, unread: Mapping[str, UnreadIssue], listed: Collection[str]) -> None:
        """Keep by id what could not be read, in the place of what could not be read before.

        An issue is gone once two looks at different times, by id, and search agree: Jira left it out before
        and now, and no longer lists it.
        """
        before = {issue.jira_id: issue for issue in self.unread}
        kept = []
        for issue_id, issue in sorted(unread.items()):
            known = before.get(issue_id)
            if known is not None and issue.is_left_out and issue_id not in listed:
                continue
            kept.append(msgspec.structs.replace(issue, since=known.since if known else issue.since))
        self.unread = kept

    def suspect_deletion(self, at: datetime, issues: int) -> None:
        """Note a disappearance that is not believed; the first time that this was noticed stays."""
        self.disappearance = self.disappearance or Disappearance(at, issues)

    def advance_watermark(self, at: datetime, *, looked_back: bool) -> None:
        """End a read that is complete up to `at`; the watermark only moves forward.

        `looked_back` when it also covered the time by which Jira's search index may lag.
        """
        self.watermark = max(filter(None, (self.watermark, at)))
        if looked_back:
            self.looked_back_at = at
        self.paused = None

    def conclude(self, verdict: Proof | Unproved) -> None:
        """End a read of the whole project; the last proof stays when there is no new one.

        Raises `ValueError` for a proof while issues are known that could not be read.
        """
        if isinstance(verdict, Unproved):
            self.unproved = verdict
        elif self.unread or self.unidentified or verdict.missing:
            raise ValueError(f"issues of project {self.project_id} are missing: that is no proof")
        else:
            self.proof, self.unproved = verdict, None
        self.full = self.disappearance = None
        self.set_aside = []
        self.advance_watermark(verdict.at, looked_back=True)

    def map_fields(self, mapping: FieldMapping) -> None:
        """Decide which fields hold the story points, the sprints and the teams."""
        self.mapping = mapping

    def set_derived(self, group: str, derived: Derived) -> None:
        """Make a group of derived tables exist, in the place of the one before."""
        self.derived = {**self.derived, group: derived}

    def drop_derived(self, groups: Iterable[str]) -> None:
        """Have these groups of tables derived again."""
        dropped = set(groups)
        self.derived = {name: group for name, group in self.derived.items() if name not in dropped}


class EntityFiles(msgspec.Struct, frozen=True):
    """Where lists of what belongs to the issues are written, in one series with these."""

    manifest: Manifest

    @property
    def raw_place(self) -> str:
        """What the paths of these files begin with."""
        return f"entities/project={self.manifest.project_id}/"

    def take_seq(self) -> int:
        """Return the number of the next observations."""
        return self.manifest.take_seq()


def with_same_rows(files: Iterable[RawFile], others: Iterable[RawFile], rows: str) -> list[RawFile]:
    """Return the files that take the place of others; raises `ValueError` unless they have as many `rows`."""
    found = list(others)
    before, after = (sum(file.rows for file in some) for some in (files, found))
    if before != after:
        raise ValueError(f"{before} {rows} would become {after}")
    return found


File = TypeVar("File", RawFile, DerivedFile)


def _moved(file: File, folder: str) -> File:
    return msgspec.structs.replace(file, path=f"{folder}/{file.path}")


def fingerprint(parts: Iterable[object]) -> str:
    """Condense everything a result depends on into a short digest."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(msgspec.json.encode(part, order="deterministic"))
        digest.update(b"\n")
    return digest.hexdigest()[:24]
