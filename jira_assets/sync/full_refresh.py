"""Read a whole project: list every issue, fetch what the lake lacks, judge what is gone, prove the rest.

Listing costs one request for thousands of issues and says exactly what there is to fetch, so that fetching
needs no order: any number of requests run side by side, and after a crash only what is missing is read.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from jira_assets.errors import BadQuery, Forbidden, IncompleteRead, JiraError, NotFound, SearchTokenExpired
from jira_assets.formatting import counted
from jira_assets.lake.diff import LakeDiff
from jira_assets.lake.manifest import Manifest, Proof, Unproved
from jira_assets.lake.raw_writer import Observation, RawFileWriter
from jira_assets.sync.completeness import name_unread
from jira_assets.sync.context import SyncContext
from jira_assets.sync.deletions import confirm_deletions, look_up_candidates
from jira_assets.sync.issue_fetcher import BEHIND, FetchResult, IssueFetcher, ReadPaused
from jira_assets.sync.listing import CrossCheck, cross_check, list_issues
from jira_assets.sync.session import SyncSession


def refresh_fully(
    context: SyncContext,
    manifest: Manifest,
    session: SyncSession,
    *,
    again: bool = False,
    accept: bool = False,
) -> FetchResult:
    """Bring the lake in line with everything Jira has of the project, and leave a proof of it.

    Issues whose present version the lake has are read once more only when `again`. `confirm_deletions`
    judges what is gone; `accept` believes even what it would not by itself. What was fetched is committed
    also when that judgement is an error. Where Jira contradicts itself the last proof stays, and the
    manifest says why there is no new one.
    """
    if manifest.begin_full_refresh(session.at, again=again):
        context.lake.commit(manifest)
    manifest.begin_complete_list()
    diff = LakeDiff(
        context.lake,
        manifest,
        read_again_before=_read_again_before(manifest),
        read_again={jira_id for file in manifest.set_aside for jira_id in file.held or ()},
    )
    expected = context.submit(partial(context.client.approximate_count, f"project = {manifest.project_id}"))
    not_named = partial(_not_named, expected, diff)
    try:
        with IssueFetcher(context, manifest, not_named) as fetcher:
            refusal = _list_everything(context, manifest, diff, fetcher)
            check = None if refusal else cross_check(context, manifest, session, diff, fetcher, expected)
            candidates = look_up_candidates(context, manifest, diff, refusal)
            fetcher.take(diff.add(candidates.still_here))
            fetched = fetcher.finish()
    except ReadPaused as paused:
        unnamed, named = not_named(), diff.named
        total = None if unnamed is None else named + unnamed
        manifest.pause(context.clock(), named - paused.left, total)
        raise
    fetched.unread |= candidates.undecided
    context.lake.commit(manifest)
    if check is not None:
        _refuse_emptiness(manifest, check)
    tombstones = confirm_deletions(context, manifest, session, candidates, accept=accept)
    fetched.deleted += len(tombstones)
    _conclude(context, manifest, session, diff, fetched, tombstones, check)
    return fetched


def _not_named(expected: Future[int], diff: LakeDiff) -> int | None:
    """Return how many issues Jira counts beyond those it has listed; None while that is not known."""
    if not expected.done() or expected.exception():
        return None
    return max(0, expected.result() - diff.named)


def _read_again_before(manifest: Manifest) -> int:
    """Return the first observation that is as new as it has to be, of any issue."""
    unknown = [file.last_seq + 1 for file in manifest.set_aside if file.held is None]
    return max([*unknown, manifest.full.first_seq if manifest.full else 0])


def _list_everything(
    context: SyncContext, manifest: Manifest, diff: LakeDiff, fetcher: IssueFetcher
) -> JiraError | None:
    """List every issue of the project and begin to fetch; return what search says when it refuses."""
    jql = f"project = {manifest.project_id} order by created asc"
    try:
        for page in list_issues(context.client, manifest, jql):
            fetcher.take(diff.add(page))
    except SearchTokenExpired:
        raise
    except (BadQuery, Forbidden, NotFound) as error:
        return error
    if diff.named:
        context.silence.broken()
    return None


def _refuse_emptiness(manifest: Manifest, check: CrossCheck) -> None:
    """Doubt a first read in which search listed nothing, where Jira counts issues."""
    if check.counted and not check.listed and not manifest.raw:
        raise IncompleteRead(
            f"Jira returned no issue of {manifest.project_key}, although it counts {check.counted:,}.",
            "Nothing was changed. Check that the account can still browse the project, then sync again.",
        )


def _conclude(
    context: SyncContext,
    manifest: Manifest,
    session: SyncSession,
    diff: LakeDiff,
    fetched: FetchResult,
    tombstones: list[Observation],
    check: CrossCheck | None,
) -> None:
    """Commit the end of the read: tombstones, watermark and proof together."""
    landing = RawFileWriter(context.lake, manifest, context.clock())
    try:
        landing.add(tombstones)
        if raw := landing.finish():
            manifest.add_raw(raw)
    finally:
        landing.discard()
    _note_what_is_missing(context, diff, fetched)
    manifest.keep_unread(fetched.unread, diff.is_listed(list(fetched.unread)))
    manifest.conclude(_judge(manifest, session, diff, fetched, check))
    context.lake.commit(manifest)


def _note_what_is_missing(context: SyncContext, diff: LakeDiff, fetched: FetchResult) -> None:
    """Compare everything that was listed with the lake as it is now."""
    for issue in diff.look_again():
        known, listed = issue.known_updated_at, issue.listed_updated_at
        is_behind = issue.is_new or (known is not None and listed is not None and known < listed)
        if is_behind and issue.jira_id not in fetched.not_here | fetched.unread.keys():
            fetched.unread[issue.jira_id] = issue.unread(context.clock(), BEHIND)


def _judge(
    manifest: Manifest,
    session: SyncSession,
    diff: LakeDiff,
    fetched: FetchResult,
    check: CrossCheck | None,
) -> Proof | Unproved:
    """Return a proof, or why there cannot be one."""
    if doubts := _doubts(manifest, check):
        return Unproved(session.at, "; ".join(doubts))
    return Proof(
        at=session.at,
        in_jira=diff.named - len(fetched.not_here),
        in_lake=diff.alive(),
        missing=0,
        fetched=fetched.fetched,
        counted=check.counted if check else None,
    )


def _doubts(manifest: Manifest, check: CrossCheck | None) -> list[str]:
    doubts = [check.doubt] if check and check.doubt else []
    if manifest.unread:
        doubts.append(f"{name_unread(manifest.unread)} could not be read")
    if manifest.unidentified:
        doubts.append(f"Jira lists {counted(manifest.unidentified, 'issue')} without an id")
    return doubts
