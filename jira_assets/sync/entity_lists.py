"""Read lists of what belongs to the issues of one project, and land those that are news.

Each issue is read for the version of it that the lake has: what happens meanwhile moves the issue, and the
next pass reads it again. A list is landed only as a whole; of an issue that Jira does not give, nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from jira_assets.errors import AuthenticationError, JiraError, NotFound, RateLimited
from jira_assets.formatting import counted
from jira_assets.jira.entities import EmbeddedList, embedded_list
from jira_assets.jira.models import RawIssue
from jira_assets.lake.derive_entities import known_comments
from jira_assets.lake.manifest import EntityFiles
from jira_assets.lake.raw_writer import Observation, RawFileWriter
from jira_assets.sync.bulk_fetch import fetch_by_id
from jira_assets.sync.context import Progress
from jira_assets.sync.entity_kinds import COMMENTS, EntityKind, digest_of, payload_of, versions_in
from jira_assets.sync.project_sync import ProjectSync
from jira_assets.sync.stale_lists import ListedIssue, issues_to_read

ISSUES_AT_ONCE = 800
LISTS_A_FILE = 4000
LEAST_LOST = 10
BELIEVED_AFTER = timedelta(days=1)
"""So many lists that became empty, and more than half of all, are not believed for so long."""


@dataclass
class ListsRead:
    """What was read: lists that were news, entries by kind and issue, and what failed by issue."""

    fetched: dict[str, int] = field(default_factory=dict)
    in_jira: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    left_out: int = 0
    is_paused: bool = False


class ListReader:
    """Lists of some kinds on their way into the lake; a file is committed as soon as it is full."""

    def __init__(self, sync: ProjectSync, kinds: Sequence[EntityKind], *, every: bool) -> None:
        self._sync = sync
        self._context = sync.context
        self._manifest = sync.manifest
        self._kinds = kinds
        self._every = every
        self._lake = sync.context.lake.cursor()
        self._landing: RawFileWriter | None = None
        self._redact = sync.context.redaction()
        self._emptied: list[tuple[EntityKind, ListedIssue, datetime | None]] = []
        self._had_entries = 0
        self.read = ListsRead()

    def run(self) -> ListsRead:
        """Read until all is read, or the time is up, but never nothing; what has come is kept on an error."""
        done = 0
        try:
            for issues in issues_to_read(
                self._lake, self._manifest, self._kinds, every=self._every, at_once=ISSUES_AT_ONCE
            ):
                if done and self._context.is_time_up():
                    self.read.is_paused = True
                    break
                self._read(issues)
                done += len(issues)
                self._report(done)
        except Exception:
            self._close_file()
            raise
        except BaseException:
            if self._landing is not None:
                self._landing.discard()
            raise
        self._judge_emptied()
        self._close_file()
        return self.read

    def _read(self, issues: Sequence[ListedIssue]) -> None:
        fields = [kind.field for kind in self._kinds if kind.field]
        if not fields:
            for kind in self._kinds:
                self._land_all(kind, [(issue, None, issue.updated_at) for issue in issues])
            return
        answer = fetch_by_id(self._context, [issue.jira_id for issue in issues], fields)
        self.read.left_out += len(answer.not_returned)
        by_id = {issue.jira_id: issue for issue in issues}
        for issue_id, reason in answer.unreadable.items():
            self.read.failed[by_id[issue_id].jira_key] = reason
        given = [(by_id[each.id], each) for each in answer.issues if self._is_here(each)]
        for kind in self._kinds:
            self._take(kind, given)

    def _report(self, done: int) -> None:
        if done > ISSUES_AT_ONCE:  # what takes no time needs no word
            message = f"{_named(self._kinds)} of {done:,} issues read"
            self._context.notify(
                Progress(self._manifest.project_key, done, message=message, stage="deriving")
            )

    def _is_here(self, issue: RawIssue) -> bool:
        return issue.project_id in ("", self._manifest.project_id)

    def _take(self, kind: EntityKind, given: Sequence[tuple[ListedIssue, RawIssue]]) -> None:
        """Land the lists that came with the issues, and read those that were cut."""
        cut: list[tuple[ListedIssue, EmbeddedList | None, datetime | None]] = []
        for issue, raw in given:
            found = embedded_list(raw, kind.field or "")
            version = min(filter(None, (issue.updated_at, raw.updated)), default=None)
            if found is None:
                self.read.failed[issue.jira_key] = f"Jira returns it without the field {kind.field}"
            elif found.is_whole:
                self._land(kind, issue, version, found.entries)
            else:
                cut.append((issue, found, version))
        self._land_all(kind, self._changed(kind, cut))

    def _changed(
        self, kind: EntityKind, cut: list[tuple[ListedIssue, EmbeddedList | None, datetime | None]]
    ) -> list[tuple[ListedIssue, EmbeddedList | None, datetime | None]]:
        """Leave out what is read for a proof only, and whose number and first entries are as they were."""
        if not self._every or kind is not COMMENTS:
            return cut
        known = known_comments(self._lake, self._manifest, [issue.jira_id for issue, *_ in cut])
        changed = []
        for issue, found, version in cut:
            before = issue.known.get(kind.name)
            is_same = before is not None and found is not None and before.entries == found.total
            if (
                is_same
                and found
                and before
                and before.updated_at == issue.updated_at
                and versions_in(found.entries) <= known.get(issue.jira_id, set())
            ):
                self._count(kind, issue, found.total)
            else:
                changed.append((issue, found, version))
        return changed

    def _land_all(
        self, kind: EntityKind, issues: Sequence[tuple[ListedIssue, EmbeddedList | None, datetime | None]]
    ) -> None:
        ask = partial(self._fetch, kind)
        for (issue, _, version), found in zip(
            issues, self._context.side_by_side(ask, [issue for issue, *_ in issues]), strict=True
        ):
            if isinstance(found, NotFound):
                self.read.left_out += 1
            elif isinstance(found, JiraError):
                self.read.failed[issue.jira_key] = found.reason
            else:
                self._land(kind, issue, version, found)

    def _fetch(self, kind: EntityKind, issue: ListedIssue) -> list[bytes] | JiraError:
        if kind.fetch is None:
            raise ValueError(f"{kind.name} come whole or not at all")
        try:
            return kind.fetch(self._context.client, issue.jira_id)
        except (AuthenticationError, RateLimited):
            raise
        except JiraError as error:
            return error

    def _land(
        self, kind: EntityKind, issue: ListedIssue, version: datetime | None, entries: Sequence[bytes]
    ) -> None:
        """Land a list, but for an empty one that had entries: those are judged together at the end."""
        known = issue.known.get(kind.name)
        if known is not None and known.entries:
            self._had_entries += 1
            if not entries:
                self._emptied.append((kind, issue, version))
                return
        self._put(kind, issue, version, entries)

    def _judge_emptied(self) -> None:
        """Land the lists that became empty, unless these are so many that Jira is more likely out of order.

        That is believed when it is so for a day.
        """
        emptied, self._emptied = self._emptied, []
        problem, now = self._manifest.entity_problem, self._context.clock()
        is_doubtful = len(emptied) >= LEAST_LOST and 2 * len(emptied) > self._had_entries
        if is_doubtful and (problem is None or now - problem.since < BELIEVED_AFTER):
            reason = (
                f"Jira returns no {_named(self._kinds)} of {counted(len(emptied), 'issue')} that had some"
            )
            self.read.failed.update((issue.jira_key, reason) for _, issue, _ in emptied)
            return
        for kind, issue, version in emptied:
            self._put(kind, issue, version, [])

    def _put(
        self, kind: EntityKind, issue: ListedIssue, version: datetime | None, entries: Sequence[bytes]
    ) -> None:
        """Put a list into the file; of one that is as it was only the version is news, if it is another."""
        self._count(kind, issue, len(versions_in(entries)))
        state, known = self._manifest.entities[kind.name], issue.known.get(kind.name)
        payload = self._redact(payload_of(entries, None if state.has_bodies else kind.body))
        is_same = known is not None and known.digest == digest_of(payload)
        if known is not None and is_same and known.updated_at == version:
            return
        self.read.fetched[kind.name] = self.read.fetched.get(kind.name, 0) + (not is_same)
        if self._landing is None:
            context = self._context
            self._landing = RawFileWriter(context.lake, EntityFiles(self._manifest), context.clock())
        self._landing.add([self._observation(kind, issue, version, None if is_same else payload)])
        if self._landing.rows >= LISTS_A_FILE:
            self._close_file()

    def _observation(
        self, kind: EntityKind, issue: ListedIssue, version: datetime | None, payload: bytes | None
    ) -> Observation:
        return Observation(
            jira_id=issue.jira_id,
            jira_key=issue.jira_key,
            project_id=self._manifest.project_id,
            project_key=self._manifest.project_key,
            updated_at=version,
            kind=kind.name,
            payload=payload,
        )

    def _count(self, kind: EntityKind, issue: ListedIssue, entries: int) -> None:
        self.read.in_jira.setdefault(kind.name, {})[issue.jira_id] = entries

    def _close_file(self) -> None:
        landing, self._landing = self._landing, None
        if landing is None:
            return
        try:
            raw = landing.finish()
        finally:
            landing.discard()
        if raw is not None:
            self._manifest.add_entity_raw(raw)
            self._sync.commit()


def _named(kinds: Sequence[EntityKind]) -> str:
    return " and ".join(kind.name.replace("_", " ") for kind in kinds)
