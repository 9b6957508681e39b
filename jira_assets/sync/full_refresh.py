"""Read a whole project: list every issue, fetch what the lake lacks, judge what is gone, prove the rest.

Listing costs one request for thousands of issues and says exactly what there is to fetch, so that fetching
needs no order: any number of requests run side by side, and after a crash only what is missing is read.
"""

from __future__ import annotations

from jira_assets.errors import BadQuery, Forbidden, IncompleteRead, JiraError, NotFound, SearchTokenExpired
from jira_assets.formatting import counted
from jira_assets.lake.diff import LakeDiff
from jira_assets.lake.manifest import Manifest, Proof, Unproved
from jira_assets.lake.raw_writer import Observation, RawFileWriter
from jira_assets.sync.completeness import name_unread
from jira_assets.sync.deletions import DeletionCandidates, confirm_deletions, look_up_candidates
from jira_assets.sync.issue_fetcher import BEHIND, FetchResult, IssueFetcher, ReadPaused
from jira_assets.sync.listing import CrossCheck, cross_check, list_issues
from jira_assets.sync.project_sync import ProjectSync


def refresh_fully(sync: ProjectSync, *, again: bool = False, accept: bool = False) -> FetchResult:
    """Bring the lake in line with everything Jira has of the project, and leave a proof of it.

    Issues whose present version the lake has are read once more only when `again`. `confirm_deletions`
    judges what is gone; `accept` believes even what it would not by itself. What was fetched is committed
    also when that judgement is an error. Where Jira contradicts itself the last proof stays, and the
    manifest says why there is no new one.
    """
    if sync.manifest.begin_full_refresh(sync.at, again=again):
        sync.commit()
    sync.manifest.begin_complete_list()
    return _FullRefresh(sync).run(accept=accept)


class _FullRefresh:
    """One read of a whole project."""

    def __init__(self, sync: ProjectSync) -> None:
        self._sync = sync
        self._context = sync.context
        self._manifest = sync.manifest
        self._diff = LakeDiff(
            sync.context.lake,
            sync.manifest,
            read_again_before=_read_again_before(sync.manifest),
            read_again={jira_id for file in sync.manifest.set_aside for jira_id in file.held or ()},
        )
        self._expected = sync.context.submit(sync.count)
        self._is_named = False
        """Whether the listing has come to its end."""
        self._check: CrossCheck | None = None
        """None when search refuses the project."""

    def run(self, *, accept: bool) -> FetchResult:
        """List, fetch, judge what is gone, prove."""
        fetched, candidates = self._fetch()
        fetched.unread |= candidates.undecided
        self._sync.commit()
        self._refuse_emptiness()
        tombstones = confirm_deletions(self._sync, candidates, accept=accept)
        fetched.deleted += len(tombstones)
        self._conclude(fetched, tombstones)
        return fetched

    def _fetch(self) -> tuple[FetchResult, DeletionCandidates]:
        """Fetch what is listed and stale, and look up what is not listed."""
        try:
            with IssueFetcher(self._sync, self._not_named) as fetcher:
                refusal = self._list_everything(fetcher)
                self._is_named = True
                fetcher.report()
                if refusal is None:
                    self._check = cross_check(self._sync, self._diff, fetcher, self._expected)
                candidates = look_up_candidates(self._sync, self._diff, refusal)
                fetcher.take(self._diff.add(candidates.still_here))
                return fetcher.finish(), candidates
        except ReadPaused as paused:
            unnamed, named = self._not_named(), self._diff.named
            total = None if unnamed is None else named + unnamed
            self._manifest.pause(self._context.clock(), named - paused.left, total)
            raise

    def _not_named(self) -> int | None:
        """Return how many issues Jira counts beyond those it has listed; None while that is not known."""
        if self._is_named:
            return 0
        if not self._expected.done() or self._expected.exception():
            return None
        return max(0, self._expected.result() - self._diff.named)

    def _list_everything(self, fetcher: IssueFetcher) -> JiraError | None:
        """List every issue of the project and begin to fetch; return what search says when it refuses."""
        try:
            for page in list_issues(self._sync, f"{self._sync.jql} order by created asc"):
                fetcher.take(self._diff.add(page))
        except SearchTokenExpired:
            raise
        except (BadQuery, Forbidden, NotFound) as error:
            return error
        if self._diff.named:
            self._context.silence.broken()
        return None

    def _refuse_emptiness(self) -> None:
        """Doubt a first read in which search listed nothing, where Jira counts issues."""
        check = self._check
        if check is not None and check.counted and not check.listed and not self._manifest.raw:
            raise IncompleteRead(
                f"Jira returned no issue of {self._manifest.project_key}, although it counts "
                f"{check.counted:,}.",
                "Nothing was changed. Check that the account can still browse the project, then sync again.",
            )

    def _conclude(self, fetched: FetchResult, tombstones: list[Observation]) -> None:
        """Commit the end of the read: tombstones, watermark and proof together."""
        landing = RawFileWriter(self._context.lake, self._manifest, self._context.clock())
        try:
            landing.add(tombstones)
            if raw := landing.finish():
                self._manifest.add_raw(raw)
        finally:
            landing.discard()
        self._note_what_is_missing(fetched)
        self._manifest.keep_unread(fetched.unread, self._diff.is_listed(list(fetched.unread)))
        self._manifest.conclude(self._judge(fetched))
        self._sync.commit()

    def _note_what_is_missing(self, fetched: FetchResult) -> None:
        """Compare everything that was listed with the lake as it is now."""
        for issue in self._diff.look_again():
            known, listed = issue.known_updated_at, issue.listed_updated_at
            is_behind = issue.is_new or (known is not None and listed is not None and known < listed)
            if is_behind and issue.jira_id not in fetched.not_here | fetched.unread.keys():
                fetched.unread[issue.jira_id] = issue.unread(self._context.clock(), BEHIND)

    def _judge(self, fetched: FetchResult) -> Proof | Unproved:
        """Return a proof, or why there cannot be one."""
        if doubts := self._doubts():
            return Unproved(self._sync.at, "; ".join(doubts))
        return Proof(
            at=self._sync.at,
            in_jira=self._diff.named - len(fetched.not_here),
            in_lake=self._diff.alive(),
            missing=0,
            fetched=fetched.fetched,
            counted=self._check.counted if self._check else None,
        )

    def _doubts(self) -> list[str]:
        doubts = [self._check.doubt] if self._check and self._check.doubt else []
        if self._manifest.unread:
            doubts.append(f"{name_unread(self._manifest.unread)} could not be read")
        if self._manifest.unidentified:
            doubts.append(f"Jira lists {counted(self._manifest.unidentified, 'issue')} without an id")
        return doubts


def _read_again_before(manifest: Manifest) -> int:
    """Return the first observation that is as new as it has to be, of any issue."""
    unknown = [file.last_seq + 1 for file in manifest.set_aside if file.held is None]
    return max([*unknown, manifest.full.first_seq if manifest.full else 0])
