"""Bring what changed since the watermark, and fetch only versions that the lake lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jira_assets.jira.answers import IssueHead
from jira_assets.jira.times import epoch_ms
from jira_assets.sync.context import Progress, SyncContext
from jira_assets.sync.mark import Mark
from jira_assets.sync.observe import CHANGELOGS_A_REQUEST, ISSUES_A_REQUEST, batches, with_changelogs
from jira_assets.warehouse.land import Landing, Observation
from jira_assets.warehouse.manifest import Manifest
from jira_assets.warehouse.versions import KnownVersion, known_versions

ISSUES_A_LANDING_CHUNK = CHANGELOGS_A_REQUEST * 4


@dataclass(frozen=True)
class Brought:
    """The issues an incremental read fetched: how many were new to the lake and how many were known."""

    created: int = 0
    updated: int = 0
    moved_away: int = 0

    @property
    def fetched(self) -> int:
        """Count the issues that were fetched in full."""
        return self.created + self.updated + self.moved_away


def read_incremental(context: SyncContext, manifest: Manifest, mark: Mark) -> Brought:
    """Fetch what the lake lacks and commit; every complete answer moves the watermark, an empty one too."""
    since, is_deep = _look_back(context, manifest, mark)
    jql = f"project = {manifest.project_id} and updated >= {epoch_ms(since)} order by created asc"
    heads = {head.id: head for page in context.client.search_heads(jql) for head in page}
    known = known_versions(context.engine.cursor(), context.lake, manifest, list(heads)) if heads else {}
    lacking = [head.id for head in heads.values() if lacks(known.get(head.id), head)]
    brought = _fetch_and_land(context, manifest, lacking, known)
    manifest.watermark = max(filter(None, (manifest.watermark, mark.at)))
    if is_deep:
        manifest.looked_back_at = mark.at
    context.lake.commit(manifest)
    return brought


def lacks(known: KnownVersion | None, head: IssueHead) -> bool:
    """Tell whether the search index names a version the lake does not have.

    The index may be behind what the lake already fetched; an older `updated` is then no news.
    """
    if known is None or known.is_tombstone or known.updated_at is None or head.updated is None:
        return True
    if head.updated == known.updated_at:
        return head.key != known.jira_key
    return head.updated > known.updated_at


def _look_back(context: SyncContext, manifest: Manifest, mark: Mark) -> tuple[datetime, bool]:
    """Tell from when to read: every quarter of an hour from further back, since the search index lags."""
    options = context.options
    watermark = manifest.watermark or mark.at
    last = manifest.looked_back_at
    is_deep = last is None or mark.at - last >= options.deep_look_every
    return watermark - (options.deep_look_back if is_deep else options.look_back), is_deep


def _fetch_and_land(
    context: SyncContext, manifest: Manifest, ids: Sequence[str], known: dict[str, KnownVersion]
) -> Brought:
    landing = Landing(context.lake, manifest, context.clock())
    counts = {"created": 0, "updated": 0, "moved_away": 0}
    try:
        for chunk in batches(ids, ISSUES_A_LANDING_CHUNK):
            observations = _fetch_versions(context, manifest.project_id, chunk)
            landing.add(observations)
            for seen in observations:
                counts[_change(seen, known)] += 1
            context.notify(Progress(manifest.project_key, sum(counts.values()), len(ids)))
        raw = landing.finish(context.engine.cursor())
    finally:
        landing.discard()
    if raw is not None:
        manifest.raw.append(raw)
    return Brought(**counts)


def _change(seen: Observation, known: dict[str, KnownVersion]) -> str:
    if seen.kind == "moved":
        return "moved_away"
    before = known.get(seen.jira_id)
    return "created" if before is None or before.is_tombstone else "updated"


def _fetch_versions(context: SyncContext, project_id: str, ids: Sequence[str]) -> list[Observation]:
    """Fetch issues from the database behind the index; of one that is not there, reconcile is the judge."""
    client, fields = context.client, context.options.fields
    answers = context.side_by_side(
        lambda batch: client.fetch_issues(batch, fields=fields), batches(ids, ISSUES_A_REQUEST)
    )
    issues = [issue for answer in answers for issue in answer.issues]
    parts = context.side_by_side(
        lambda part: with_changelogs(client, part, project_id), batches(issues, CHANGELOGS_A_REQUEST)
    )
    return [seen for part in parts for seen in part]
