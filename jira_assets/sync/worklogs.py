"""Read the worklogs of a site: what was updated and deleted since the last time, for all projects at once.

A worklog is deleted when Jira lists it as deleted, or its issue is gone; that it is not shown proves nothing.
How far Jira was asked is committed together with what it named, so an end at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from jira_assets.errors import JiraAssetsError
from jira_assets.jira.entities import WORKLOGS_A_REQUEST, WorklogPage
from jira_assets.jira.timestamps import epoch_ms
from jira_assets.lake.compact import MOST_FILES, merged_raw
from jira_assets.lake.damage import set_worklogs_aside
from jira_assets.lake.derive_worklogs import KnownWorklog, WorklogTable, derive_worklogs, stamp_worklogs
from jira_assets.lake.entity_state import EntityProblem, EntityProof
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.site_manifest import Notice, SiteManifest, WorklogFiles
from jira_assets.sync.bulk_fetch import batches
from jira_assets.sync.context import SyncContext
from jira_assets.sync.session import SyncSession
from jira_assets.sync.worklog_files import (
    ISSUES,
    LOCK,
    ROWS_A_FILE,
    WorklogLanding,
    commit_worklogs,
    forget_unwanted,
    take_table,
)
from jira_assets.sync.worklog_proof import WorklogProof, prove_worklogs

PART = "worklogs"
AT_ONCE = 8 * WORKLOGS_A_REQUEST
LOOK_BACK_MS = 120_000
"""How far before the last one named Jira is asked again: what is written together may be listed apart."""


def read_worklogs(
    context: SyncContext, session: SyncSession, chosen: Mapping[str, bool], proved: Collection[str]
) -> bool:
    """Bring the worklogs of the chosen projects up to date; return whether anything about them changed.

    `chosen` has whether texts are kept, by project; where the issues were `proved`, the worklogs are, too.
    What Jira refuses is a notice. Raises `AuthenticationError` when it refuses our identity.
    """
    lake = context.lake
    known = lake.site_manifest().worklogs
    if not chosen and not known.raw and not known.chosen:
        return False
    with lake.lock(LOCK, "reading worklogs"):
        reader = _Reader(context, session, chosen)
        try:
            reader.read(proved)
        except JiraAssetsError as error:
            reader.problem = context.identity.judge(context.client, error)
        except BaseException:
            reader.landing.discard()
            raise
        return reader.conclude()


class _Reader:
    """One read of the worklogs of a site."""

    def __init__(self, context: SyncContext, session: SyncSession, chosen: Mapping[str, bool]) -> None:
        self._context = context
        self._session = session
        self._at = session.at
        self._before, site = _prepared(context.lake, chosen)
        found = (context.lake.readable_manifest(project_id) for project_id in chosen)
        self._manifests = [manifest for manifest in found if manifest is not None]
        self.landing = WorklogLanding(context, site.worklogs, self._manifests)
        derive_worklogs(self.landing.lake, site, self._at)
        self._table = WorklogTable(self.landing.lake, site)
        commit_worklogs(context.lake, partial(take_table, derived=site), site.worklogs)
        self._is_doubtful = False
        self._is_paused = False
        self._proofs: list[WorklogProof] = []
        self.problem: JiraAssetsError | None = None

    @property
    def _files(self) -> WorklogFiles:
        return self.landing.files

    def read(self, proved: Collection[str]) -> None:
        """Read what was updated, what is wanted now and known by ids only, what was deleted; then prove."""
        if not self._files.chosen:
            return
        self._read_updated()
        self._read_wanted()
        self._derive()
        if not self._is_paused:
            self._read_deleted()
            self._prove([each for each in self._manifests if self._is_doubtful or each.project_id in proved])

    def _read_updated(self) -> None:
        def take(page: WorklogPage, news: Sequence[tuple[str, int]]) -> None:
            known = self._table.known([worklog_id for worklog_id, _ in news])
            self.landing.bring([each for each, at in news if not _is_known(known.get(each), at)])
            if self.landing.rows >= ROWS_A_FILE:
                self.landing.commit(lambda files: files.listed_until(updated=page.until, deleted=None))

        until = self._read_pages(self._context.client.fetch_updated_worklogs, self._files.updated_until, take)
        at = None if self._is_paused else self._at

        def note(files: WorklogFiles) -> None:
            files.listed_until(updated=until, deleted=None)
            if at is not None:
                files.note_asked(at)

        self.landing.commit(note)

    def _read_deleted(self) -> None:
        def take(page: WorklogPage, news: Sequence[tuple[str, int]]) -> None:
            known = self._table.known([worklog_id for worklog_id, _ in news])
            gone = {each: at for each, at in news if each in known and not known[each].is_deleted}
            self.landing.add_deleted(gone, {each: known[each].jira_id for each in gone})

        until = self._read_pages(self._context.client.fetch_deleted_worklogs, self._files.deleted_until, take)
        self.landing.commit(lambda files: files.listed_until(updated=None, deleted=until))

    def _read_pages(
        self,
        ask: Callable[[int], WorklogPage],
        before: int | None,
        take: Callable[[WorklogPage, Sequence[tuple[str, int]]], None],
    ) -> int | None:
        """Take page after page, each from the time of the last one on; return the time of the last entry.

        Of one moment a page may name fewer than there are, for ever: then the rest is to be found otherwise.
        """
        since, until = max(0, (before or 0) - LOOK_BACK_MS), before
        seen: set[tuple[str, int]] = set()
        while True:
            page = ask(since)
            named = [(each.id, each.updated_time) for each in page.changed]
            news = [each for each in dict.fromkeys(named) if each not in seen]
            take(page, news)
            until = max(filter(None, (until, page.until if named else None)), default=until)
            if page.is_last or not named:
                return until
            if self._context.is_time_up():
                self._is_paused = True
                return until
            if not news:
                self._is_doubtful = True
            since = page.until if news else max(page.until, since) + 1
            seen = set(named)

    def _read_wanted(self) -> None:
        """Read what was known by its ids only, as no project wanted it, or its issue was not known."""
        wanted = self._table.heads_of(ISSUES)
        more_text = [key for key, keeps in self._files.chosen.items() if keeps and not self._before.get(key)]
        if more_text and self._before:
            listed = ", ".join(f"'{key}'" for key in more_text)
            wanted += self._table.all_of(f"(select jira_id from {ISSUES} where project in ({listed}))")
        for some in batches(sorted(set(wanted)), AT_ONCE):
            self.landing.bring(some)
            self.landing.commit()

    def _prove(self, manifests: Sequence[Manifest]) -> None:
        for manifest in manifests:
            if self._context.is_time_up():
                return
            self._proofs.append(prove_worklogs(self._context, self.landing, self._table, manifest))
            self.landing.commit()

    def _derive(self) -> None:
        lake = self.landing.lake
        site = lake.site_manifest()
        if derive_worklogs(lake, site, self._at):
            commit_worklogs(lake, partial(take_table, derived=site), site.worklogs)
            self.landing.files = site.worklogs
        self._table = WorklogTable(lake, site)

    def conclude(self) -> bool:
        """Commit the table, the proofs, and what could not be read; return whether anything is another."""
        self.landing.discard()
        files = self._files
        if len(files.raw) > MOST_FILES:
            files.replace_raw(merged_raw(self._context.lake, files.raw))
            self.landing.commit()
        self._derive()
        files, lake = self._files, self.landing.lake
        counted = {each.project_id: each for each in self._proofs}
        here = {key: each.count_here(self._table) for key, each in counted.items()}
        proofs = {
            key: EntityProof(self._at, each.in_jira, here[key].present, each.fetched)
            for key, each in counted.items()
            if each.is_whole and here[key].missing == 0
        }
        files.note_proofs(proofs, {key: found.unseen for key, found in here.items()})
        files.note_problem(self._problem())
        is_changed = files.stamp(stamp_worklogs(lake, lake.site_manifest(), self._manifests))
        notice = [_notice(files.problem)] if files.problem else []
        commit_worklogs(lake, lambda now: _renew(now, notice), files)
        return is_changed

    def _problem(self) -> EntityProblem | None:
        before, now = self._files.problem, self._context.clock()
        if self.problem is not None:
            reason = f"Worklogs cannot be read: {self.problem.reason.rstrip('.')}."
            return EntityProblem(reason, self.problem.instruction, before.since if before else now)
        failed = [each for each in self._proofs if not each.is_whole]
        if failed:
            reason = f"The worklogs of {failed[0].project_key} could not all be compared: {failed[0].doubt}."
            return EntityProblem(reason, "The next proof tries again.", before.since if before else now)
        return None


def note_worklog_failure(context: SyncContext, error: JiraAssetsError) -> None:
    """Keep why the read ended; damaged files are moved away, and all worklogs read again."""
    lake, now = context.lake, context.clock()
    problem = EntityProblem(f"Worklogs cannot be read: {error.reason.rstrip('.')}.", error.instruction, now)
    with suppress(JiraAssetsError, OSError), lake.lock("site", PART):
        site = lake.site_manifest()
        set_worklogs_aside(lake, site, "content")
        site.worklogs.note_problem(problem)
        _renew(site, [_notice(problem)])
        lake.commit_site(site)


def _renew(site: SiteManifest, notices: Sequence[Notice]) -> None:
    site.renew_notices([(PART, None)], notices)


def _notice(problem: EntityProblem) -> Notice:
    return Notice(PART, problem.reason, problem.instruction, problem.since, is_unread=False)


def _prepared(lake: Lake, chosen: Mapping[str, bool]) -> tuple[dict[str, bool], SiteManifest]:
    """Return what was chosen before, and the manifest with what is chosen now.

    What is not wanted any more, and damaged files, are forgotten with all others: what is wanted of them is
    read again.
    """
    site = lake.site_manifest()
    before = dict(site.worklogs.chosen)
    damaged = set_worklogs_aside(lake, site, "size")
    is_less = forget_unwanted(site, chosen)
    site.worklogs.choose(chosen)
    return {} if damaged or is_less else before, site


def _is_known(known: KnownWorklog | None, at: int) -> bool:
    """Check whether a version of a worklog that Jira names, in epoch milliseconds, is here."""
    if known is None or known.is_head or known.updated_at is None:
        return False
    return epoch_ms(known.updated_at) >= at
