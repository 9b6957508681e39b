"""Fetch issues by id, each with its whole changelog, and land them in files as they come.

Issues are read from the database behind the search index, a hundred at a time, many requests side by side.
The changelog is asked for after the issue: an entry that came in between belongs to a later version, which
the next sync fetches. The other way round it would be lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from types import TracebackType
from typing import NoReturn, Self

import msgspec

from jira_assets.jira.issues import ISSUES_A_REQUEST
from jira_assets.jira.models import FetchedIssues, IssueRef, RawIssue
from jira_assets.lake.diff import StaleIssue, UnlistedIssue
from jira_assets.lake.manifest import UnreadIssue
from jira_assets.lake.raw_writer import Kind, Observation, RawFileWriter
from jira_assets.sync.bulk_fetch import batches, fetch_by_id
from jira_assets.sync.context import Progress, Result, cancel
from jira_assets.sync.project_sync import ProjectSync

LEFT_OUT = "Jira's search lists it, but Jira does not return it by id."
BEHIND = "Jira returns an older version of it by id than its search lists."

ISSUES_A_CHUNK = 400
"""What is fetched together: five requests for issues, then one for their changelogs."""

ISSUES_A_FILE = 1000
CHUNKS_UNDER_WAY = 2
"""In each of the two stages: enough to keep every request in flight busy, and little enough to hold."""


@dataclass
class FetchResult:
    """What came of the issues that Jira named.

    `not_here` are those that it gave from another project: search lags. `unread` are those that could not be
    read as they were named, by id.
    """

    created: int = 0
    updated: int = 0
    fetched: int = 0
    deleted: int = 0
    not_here: set[str] = field(default_factory=set)
    unread: dict[str, UnreadIssue] = field(default_factory=dict)

    def add(self, later: FetchResult) -> None:
        """Count what another reading brought as well."""
        self.fetched += later.fetched
        self.created += later.created
        self.updated += later.updated
        self.deleted += later.deleted


class ReadPaused(Exception):
    """The time was up before everything was read; of what Jira named, `left` issues are still to be read."""

    def __init__(self, fetched: FetchResult, left: int) -> None:
        super().__init__()
        self.fetched = fetched
        self.left = left


@dataclass(frozen=True)
class _Seen:
    """The observations of some issues, and why others of them have none."""

    observations: Sequence[Observation]
    unreadable: dict[str, str]


@dataclass(frozen=True)
class _Chunk:
    lacking: Sequence[StaleIssue]
    answers: Sequence[Future[FetchedIssues]]


class IssueFetcher:
    """Issues of one project on their way from Jira into the lake, as a context manager.

    A file is committed as soon as it is full, so that a crash costs little; the last one is left to the
    caller's commit. Leaving the block by an error calls off what is under way, and keeps what has come.

    When the time is up, what was begun is landed and `ReadPaused` raised, but never before anything was
    begun: however short the time is, each sync brings a project forward.

    `not_named` estimates how many issues Jira has not named yet, for reports of progress; None: not known.
    """

    def __init__(self, sync: ProjectSync, not_named: Callable[[], int | None] = lambda: 0) -> None:
        self._sync = sync
        self._context = sync.context
        self._manifest = sync.manifest
        self._not_named = not_named
        self._known: dict[str, StaleIssue] = {}
        self._asked = self._begun = 0
        self._issues: deque[_Chunk] = deque()
        self._changelogs: deque[Future[_Seen]] = deque()
        self._again: set[str] = set()
        self._landing: RawFileWriter | None = None
        self._brought = FetchResult()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            return
        cancel([*self._changelogs, *(answer for chunk in self._issues for answer in chunk.answers)])
        if issubclass(kind, Exception):
            # What has come stays: the next sync then need not read it. A process that is to die does no more.
            self._close_file()
            self._sync.commit()
        elif self._landing is not None:
            self._landing.discard()

    def take(self, lacking: Sequence[StaleIssue]) -> None:
        """Begin to fetch these issues, and land what has come meanwhile."""
        self._asked += len(lacking)
        self.report()
        for chunk in batches(lacking, ISSUES_A_CHUNK):
            if self._begun and self._context.is_time_up():
                self._pause()
            self._begun += len(chunk)
            self._known.update((issue.jira_id, issue) for issue in chunk)
            self._issues.append(_Chunk(chunk, [self._ask(part) for part in batches(chunk, ISSUES_A_REQUEST)]))
            while len(self._issues) > CHUNKS_UNDER_WAY:
                self._ask_changelogs(self._issues.popleft())
            while len(self._changelogs) > CHUNKS_UNDER_WAY:
                self._land(self._changelogs.popleft().result())

    def report(self) -> None:
        """Report how many issues have come, and how many there will be, if there are any."""
        if not self._asked:
            return
        not_named = self._not_named()
        expected = None if not_named is None else self._asked + not_named
        self._context.notify(Progress(self._manifest.project_key, self._brought.fetched, expected))

    def _pause(self) -> NoReturn:
        raise ReadPaused(self.finish(), self._asked - self._begun)

    def finish(self) -> FetchResult:
        """Wait for everything; the last file is in the manifest, and exists once that is committed."""
        while self._issues:
            self._ask_changelogs(self._issues.popleft())
        while self._changelogs:
            self._land(self._changelogs.popleft().result())
        self._look_again()
        self._close_file()
        return self._brought

    def _look_again(self) -> None:
        """Ask once more for what was left out or failed; what is not given now is unread."""
        again, self._again = self._again, set()
        if not again:
            return
        answer = fetch_by_id(self._context, again, self._context.options.fields)
        failed = dict(answer.unreadable)
        for chunk in batches(answer.issues, ISSUES_A_CHUNK):
            seen = self._with_changelogs(chunk)
            self._land(seen)
            failed |= seen.unreadable
        for issue_id, reason in failed.items():
            self._note_unread(self._known[issue_id], reason)
        for issue_id in answer.not_returned:
            self._note_unread(self._known[issue_id], LEFT_OUT, is_left_out=True)

    def _note_unread(self, issue: StaleIssue, reason: str, *, is_left_out: bool = False) -> None:
        now = self._context.clock()
        self._brought.unread[issue.jira_id] = issue.unread(now, reason, is_left_out=is_left_out)

    def _ask(self, issues: Sequence[StaleIssue]) -> Future[FetchedIssues]:
        client, fields = self._context.client, self._context.options.fields
        ids = [issue.jira_id for issue in issues]
        return self._submit(lambda: client.fetch_issues(ids, fields=fields))

    def _ask_changelogs(self, chunk: _Chunk) -> None:
        answers = [answer.result() for answer in chunk.answers]
        issues = [issue for answer in answers for issue in answer.issues]
        for answer in answers:
            self._again |= answer.not_returned | answer.unreadable.keys()
        if issues:
            self._changelogs.append(self._submit(partial(self._with_changelogs, issues)))

    def _submit(self, task: Callable[[], Result]) -> Future[Result]:
        return self._context.submit(task, issues=self._asked + (self._not_named() or 0))

    def _with_changelogs(self, issues: Sequence[RawIssue]) -> _Seen:
        """Fetch the changelogs; an issue without the whole of its own is not landed."""
        changelogs = self._context.client.fetch_changelogs(
            [issue.id for issue in issues], [issue.id for issue in issues if issue.was_changed]
        )
        project_id = self._manifest.project_id
        observations = [
            observation(issue, changelogs.histories[issue.id], project_id)
            for issue in issues
            if issue.id in changelogs.histories
        ]
        return _Seen(observations, changelogs.unreadable)

    def _land(self, seen: _Seen) -> None:
        self._again |= seen.unreadable.keys()
        if self._landing is None:
            context = self._context
            self._landing = RawFileWriter(context.lake, self._manifest, context.clock(), context.redaction())
        self._landing.add(each for each in seen.observations if self._counts(each))
        self.report()
        if self._landing.rows >= ISSUES_A_FILE:
            self._close_file()
            self._sync.commit()

    def _close_file(self) -> None:
        landing, self._landing = self._landing, None
        if landing is None:
            return
        try:
            raw = landing.finish()
        finally:
            landing.discard()
        if raw is not None:
            self._manifest.add_raw(raw)

    def _counts(self, seen: Observation) -> bool:
        """Count an observation; one that moved away before it was ever here is not worth landing."""
        known, fetched = self._known.pop(seen.jira_id), self._brought
        fetched.fetched += 1
        if seen.kind == "moved":
            fetched.not_here.add(seen.jira_id)
            fetched.deleted += not known.is_new
            return not known.is_new
        fetched.created += known.is_new
        fetched.updated += not known.is_new and seen.updated_at != known.known_updated_at
        if known.listed_updated_at and seen.updated_at and seen.updated_at < known.listed_updated_at:
            self._note_unread(known, BEHIND)
        return True


def observation(issue: RawIssue, histories: Sequence[bytes], project_id: str) -> Observation:
    """Say what was seen of an issue from the point of view of one project.

    An issue that Jira gives without its project is where search listed it.
    """
    moved = issue.project_id not in ("", project_id)
    return Observation(
        jira_id=issue.id,
        jira_key=issue.key,
        project_id=project_id,
        project_key=issue.key.rpartition("-")[0],
        updated_at=issue.updated,
        kind="moved" if moved else "issue",
        payload=_place(issue.ref) if moved else issue.payload,
        histories=() if moved else histories,
    )


def tombstone(
    issue: UnlistedIssue, project_id: str, kind: Kind, place: IssueRef | None = None
) -> Observation:
    """Say that an issue is no longer in a project, and where it went if that is known."""
    return Observation(
        jira_id=issue.jira_id,
        jira_key=issue.jira_key,
        project_id=project_id,
        project_key=issue.project_key,
        updated_at=place.updated if place else issue.updated_at,
        kind=kind,
        payload=_place(place) if place else None,
    )


def _place(ref: IssueRef) -> bytes:
    return msgspec.json.encode({"key": ref.key, "project_id": ref.project_id})
