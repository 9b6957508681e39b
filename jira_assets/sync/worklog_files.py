"""Land worklogs of a site: whole for the projects that want them, and no more than the ids for all others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

import msgspec

from jira_assets.jira.entities import WORKLOGS_A_REQUEST
from jira_assets.jira.timestamps import parse_time
from jira_assets.lake.compact import merged_raw
from jira_assets.lake.derive_worklogs import TABLE, derive_worklogs, is_current, note_current
from jira_assets.lake.lake import Lake
from jira_assets.lake.manifest import Manifest
from jira_assets.lake.raw_writer import Observation, RawFileWriter
from jira_assets.lake.site_manifest import SiteManifest, WorklogFiles
from jira_assets.lake.sql_files import literal
from jira_assets.sync.bulk_fetch import batches
from jira_assets.sync.context import SyncContext
from jira_assets.sync.entity_kinds import well_formed

ROWS_A_FILE = 5000
ISSUES = "chosen_issues"
LOCK = "worklogs"
TEXT = "comment"


class WorklogHead(msgspec.Struct, rename="camel"):
    """What a worklog is filed under."""

    id: str | int
    issue_id: str | int
    updated: str | int | float | None = None


class WorklogLanding:
    """Worklogs on their way into the files of the site; a file is committed with how far Jira was asked.

    `chosen` are the projects that want them, with whether texts are kept.
    """

    def __init__(self, context: SyncContext, files: WorklogFiles, chosen: Sequence[Manifest]) -> None:
        self._context = context
        self._lake = context.lake.cursor()
        self.files = files
        self._writer: RawFileWriter | None = None
        self._redact = context.redaction()
        _note_issues(self._lake, chosen)

    @property
    def lake(self) -> Lake:
        """The lake with an engine that knows the issues of the chosen projects by the name `ISSUES`."""
        return self._lake

    @property
    def rows(self) -> int:
        """How many are not committed yet."""
        return self._writer.rows if self._writer else 0

    def bring(self, ids: Collection[str]) -> None:
        """Fetch worklogs by id and land what Jira gives."""
        client = self._context.client
        for answer in self._context.side_by_side(client.fetch_worklogs, batches(ids, WORKLOGS_A_REQUEST)):
            self.add(answer)

    def add(self, worklogs: Sequence[bytes]) -> None:
        """Land worklogs as Jira gave them; one without its id or that of an issue is left out."""
        found = [(raw, head) for raw in worklogs if (head := _head(raw)) is not None]
        projects = self._projects_of({str(head.issue_id) for _, head in found})
        self._land(self._observation(raw, head, projects.get(str(head.issue_id))) for raw, head in found)

    def add_deleted(self, deleted: Mapping[str, int], issues: Mapping[str, str]) -> None:
        """Land when worklogs were deleted, in epoch milliseconds; `issues` has the issue of each."""
        self._land(
            Observation(
                jira_id=issues[worklog_id],
                jira_key="",
                project_id="",
                project_key="",
                updated_at=None,
                kind="worklog_deleted",
                payload=msgspec.json.encode({"worklogId": worklog_id, "updatedTime": at}),
            )
            for worklog_id, at in deleted.items()
        )

    def commit(self, note: Callable[[WorklogFiles], None] = lambda _: None) -> None:
        """Make what was landed exist, together with what `note` writes down."""
        writer, self._writer = self._writer, None
        if writer is not None:
            try:
                raw = writer.finish()
            finally:
                writer.discard()
            if raw is not None:
                self.files.add_raw(raw)
        note(self.files)
        commit_worklogs(self._context.lake, lambda site: None, self.files)

    def discard(self) -> None:
        """Forget what is not committed."""
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def _observation(self, raw: bytes, head: WorklogHead, project_id: str | None) -> Observation:
        return Observation(
            jira_id=str(head.issue_id),
            jira_key="",
            project_id=project_id or "",
            project_key="",
            updated_at=parse_time(head.updated),
            kind="worklog_head" if project_id is None else "worklog",
            payload=self._payload(raw, head, project_id),
        )

    def _payload(self, raw: bytes, head: WorklogHead, project_id: str | None) -> bytes:
        if project_id is None:
            return msgspec.json.encode({"id": str(head.id), "issueId": str(head.issue_id)})
        if not self.files.chosen.get(project_id):
            parts = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            raw = msgspec.json.encode({name: part for name, part in parts.items() if name != TEXT})
        return self._redact(well_formed(raw))

    def _land(self, observations: Iterable[Observation]) -> None:
        found = list(observations)
        if found and self._writer is None:
            self._writer = RawFileWriter(self._context.lake, self.files, self._context.clock())
        if self._writer is not None:
            self._writer.add(found)

    def _projects_of(self, issue_ids: Collection[str]) -> dict[str, str]:
        query = f"select jira_id, project from {ISSUES} where jira_id in (select unnest($ids::varchar[]))"
        return dict(self._lake.engine.execute(query, {"ids": list(issue_ids)}).fetchall())


def compact_worklogs(lake: Lake) -> int:
    """Merge the files of worklogs into fewer; returns how many less there are. The table stays as it is."""
    if len(lake.site_manifest().worklogs.raw) < 2:
        return 0
    with lake.lock(LOCK, "compaction"):
        site = lake.site_manifest()
        files, before = site.worklogs, len(site.worklogs.raw)
        was_current = is_current(site)
        files.replace_raw(merged_raw(lake, files.raw))
        if was_current:
            note_current(site)
        commit_worklogs(lake, lambda site: None, files)
        return before - len(files.raw)


def commit_worklogs(lake: Lake, change: Callable[[SiteManifest], None], files: WorklogFiles) -> SiteManifest:
    """Put the files into the manifest of the site, which others may have changed, and change it."""
    with lake.lock("site", "worklogs"):
        site = lake.site_manifest()
        site.put_worklogs(files)
        change(site)
        lake.commit_site(site)
        return site


def take_table(site: SiteManifest, derived: SiteManifest) -> None:
    """Take over the table that was made in another copy of the manifest."""
    site.take_over(TABLE, derived)


def forget_unwanted(site: SiteManifest, chosen: Mapping[str, bool]) -> bool:
    """Forget all worklogs where those of a project, or texts, are not wanted any more; return whether so.

    What is still wanted is read again.
    """
    before = site.worklogs.chosen
    is_less = any(key not in chosen or (keeps and not chosen[key]) for key, keeps in before.items())
    if is_less or not chosen:
        site.forget_worklogs()
    return is_less


def restore_worklogs(lake: Lake, now: datetime, chosen: Mapping[str, bool] | None = None) -> bool:
    """Make the table again from the files, without asking Jira; return whether that was needed.

    `chosen` are the projects that want worklogs, where that may be others than before.
    """
    with lake.lock(LOCK, "derive"):
        site = lake.site_manifest()
        is_news = chosen is not None and forget_unwanted(site, chosen)
        is_news |= derive_worklogs(lake, site, now)
        if is_news:
            commit_worklogs(lake, partial(take_table, derived=site), site.worklogs)
        return is_news


def _note_issues(lake: Lake, chosen: Sequence[Manifest]) -> None:
    files = [file for manifest in chosen if (file := manifest.derived_file("jira_issues"))]
    listed = ", ".join(map(literal, lake.paths(file.path for file in files)))
    source = (
        f"select jira_id, project from read_parquet([{listed}], hive_partitioning = true, "
        "hive_types = {'project': 'varchar'}, union_by_name = true)"
        if files
        else "select null::varchar as jira_id, null::varchar as project where false"
    )
    lake.engine.execute(f"create or replace temp table {ISSUES} as {source}")


def _head(raw: bytes) -> WorklogHead | None:
    try:
        return msgspec.json.decode(raw, type=WorklogHead)
    except msgspec.DecodeError:
        return None
