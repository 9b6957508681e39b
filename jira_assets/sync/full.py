"""Read a whole project: in slices, at the same time, resumable, with memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import as_completed
from functools import partial
from threading import Lock

from jira_assets.errors import IncompleteRead, SearchTokenExpired
from jira_assets.jira.answers import RawIssue
from jira_assets.sync.context import Progress, SyncContext
from jira_assets.sync.mark import Mark
from jira_assets.sync.observe import CHANGELOGS_A_REQUEST, with_changelogs
from jira_assets.sync.slices import plan_slices, slice_jql
from jira_assets.warehouse.land import Landing
from jira_assets.warehouse.manifest import FullRead, Manifest, RawFile, Slice

PAGE_SIZE = 100
TRIES_PER_SLICE = 3


def read_full(context: SyncContext, manifest: Manifest, mark: Mark) -> int:
    """Read every issue of the project into the lake and commit; return the number of issues read.

    Slices that an earlier, interrupted read finished are not read again; the watermark is then the time at
    which that earlier read began, and the incremental read that follows brings what changed since.
    """
    if manifest.full is None:
        manifest.full = FullRead(mark.at, plan_slices(context, manifest.project_id))
        context.lake.commit(manifest)
    read = _read_slices(context, manifest, manifest.full)
    _refuse_sudden_emptiness(manifest, manifest.full)
    manifest.watermark = max(filter(None, (manifest.watermark, manifest.full.mark)))
    manifest.looked_back_at = manifest.full.mark
    manifest.full = None
    context.lake.commit(manifest)
    return read


def _read_slices(context: SyncContext, manifest: Manifest, full: FullRead) -> int:
    # The largest first: the last slice to finish is then a small one.
    waiting = sorted((part for part in full.slices if part.read is None), key=lambda part: -part.expected)
    counter = _Counter(context, manifest.project_key, sum(part.expected for part in full.slices))
    landings = [Landing(context.lake, manifest, context.clock()) for _ in waiting]
    futures = {
        context.submit(partial(_read_slice, context, manifest.project_id, part, landing, counter)): part
        for part, landing in zip(waiting, landings, strict=True)
    }
    failure: BaseException | None = None
    for future in as_completed(futures):
        if future.cancelled():
            continue
        if (error := future.exception()) is None:
            _commit_slice(context, manifest, futures[future], future.result())
        elif failure is None:
            failure = error
            # What has begun is waited for, and kept when it succeeds: the next sync then need not read it.
            for other in futures:
                other.cancel()
    if failure is not None:
        raise failure
    return counter.read


def _commit_slice(context: SyncContext, manifest: Manifest, part: Slice, raw: RawFile | None) -> None:
    if raw is not None:
        manifest.raw.append(raw)
    part.read = raw.rows if raw is not None else 0
    context.lake.commit(manifest)


def _read_slice(
    context: SyncContext, project_id: str, part: Slice, landing: Landing, counter: _Counter
) -> RawFile | None:
    for attempt in range(TRIES_PER_SLICE):
        try:
            for issues in _chunks(context, slice_jql(project_id, part)):
                landing.add(with_changelogs(context.client, issues, project_id))
                counter.add(len(issues))
            return landing.finish(context.engine.cursor())
        except SearchTokenExpired:
            landing.discard()
            if attempt == TRIES_PER_SLICE - 1:
                raise
        except BaseException:
            landing.discard()
            raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _chunks(context: SyncContext, jql: str) -> Iterator[list[RawIssue]]:
    """Hand out the issues of a slice in chunks small enough to be held while their changelogs are fetched."""
    seen: set[str] = set()
    chunk: list[RawIssue] = []
    for page in context.client.search(jql, fields=context.options.fields, page_size=PAGE_SIZE):
        chunk.extend(issue for issue in page if issue.id not in seen)
        seen.update(issue.id for issue in page)
        if len(chunk) >= CHANGELOGS_A_REQUEST:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _refuse_sudden_emptiness(manifest: Manifest, full: FullRead) -> None:
    expected = sum(part.expected for part in full.slices)
    if not any(part.read for part in full.slices) and (manifest.raw or expected):
        had = f"the lake has {sum(file.rows for file in manifest.raw)} observations of it"
        raise IncompleteRead(
            f"Jira answered a full read of {manifest.project_key} with no issue at all, although "
            f"{had if manifest.raw else f'it counts {expected} issues there'}.",
            "Nothing was changed. Check that the account can still browse the project, then sync again.",
        )


class _Counter:
    """Count issues over the threads that read them, and tell the onlooker."""

    def __init__(self, context: SyncContext, project_key: str, expected: int) -> None:
        self.read = 0
        self._context = context
        self._project_key = project_key
        self._expected = expected
        self._lock = Lock()

    def add(self, issues: int) -> None:
        with self._lock:
            self.read += issues
            read = self.read
        self._context.notify(Progress(self._project_key, read, max(self._expected, read)))
