"""Read a whole project: name every issue, fetch what the lake lacks, judge what is gone, prove the rest.

Naming costs one request for thousands of issues and says exactly what there is to fetch, so that fetching
needs no order: any number of requests run side by side, and after a crash only what is missing is read.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from jira_assets.errors import NotFound, UnknownProject
from jira_assets.sync.context import SyncContext
from jira_assets.sync.heads import read_heads
from jira_assets.sync.intake import Brought, Intake
from jira_assets.sync.mark import Mark
from jira_assets.sync.silence import refuse_silence_about_counted
from jira_assets.sync.unseen import Suspects, believed_gone, look_up
from jira_assets.warehouse.comparison import Comparison
from jira_assets.warehouse.land import Landing, Observation
from jira_assets.warehouse.manifest import FullRead, Manifest, Proof


def read_whole(
    context: SyncContext, manifest: Manifest, mark: Mark, *, again: bool = False, accept: bool = False
) -> Brought:
    """Bring the lake in line with everything Jira has of the project, and leave a proof of it.

    Issues whose present version the lake has are read once more only when `again`. What is gone is judged as
    `believed_gone` says; `accept` believes even what it would not by itself. What was fetched is committed
    also when that judgement is an error.
    """
    if manifest.full is None and (again or manifest.watermark is None):
        manifest.full = FullRead(mark.at, manifest.next_seq)
        context.lake.commit(manifest)
    comparison = Comparison(
        context.engine,
        context.lake,
        manifest,
        read_again_before=manifest.full.first_seq if manifest.full else 0,
    )
    expected = context.submit(partial(context.client.approximate_count, f"project = {manifest.project_id}"))
    with Intake(context, manifest, partial(_not_named, expected, comparison)) as intake:
        suspects = _name_everything(context, manifest, comparison, intake)
        brought = intake.finish()
    context.lake.commit(manifest)
    if not comparison.named:
        refuse_silence_about_counted(manifest, expected)
    tombstones = believed_gone(context, manifest, mark, suspects, accept=accept)
    brought.deleted += len(tombstones)
    _conclude(context, manifest, mark, comparison, brought, tombstones)
    return brought


def _not_named(expected: Future[int], comparison: Comparison) -> int | None:
    if not expected.done() or expected.exception():
        return None
    return max(0, expected.result() - comparison.named)


def _name_everything(
    context: SyncContext, manifest: Manifest, comparison: Comparison, intake: Intake
) -> Suspects:
    """Let Jira name every issue of the project, and ask by id about those that it left out."""
    refusal = None
    try:
        for page in read_heads(context.client, f"project = {manifest.project_id} order by created asc"):
            intake.take(comparison.add(page))
    except (UnknownProject, NotFound) as error:
        refusal = error
    if comparison.named:
        context.silence.broken()
    suspects = look_up(context, manifest, comparison, refusal)
    intake.take(comparison.add(suspects.still_here))
    return suspects


def _conclude(
    context: SyncContext,
    manifest: Manifest,
    mark: Mark,
    comparison: Comparison,
    brought: Brought,
    tombstones: list[Observation],
) -> None:
    """Commit the end of the read: tombstones, mark and proof together."""
    landing = Landing(context.lake, manifest, context.clock())
    try:
        landing.add(tombstones)
        if raw := landing.finish(context.engine.cursor()):
            manifest.raw.append(raw)
    finally:
        landing.discard()
    lacking = {issue.jira_id for issue in comparison.look_again()} - brought.not_here
    manifest.proof = Proof(
        at=mark.at,
        in_jira=comparison.named - len(brought.not_here),
        in_lake=comparison.alive(),
        missing=len(lacking),
        fetched=brought.fetched,
    )
    manifest.watermark = max(filter(None, (manifest.watermark, mark.at)))
    manifest.looked_back_at = mark.at
    manifest.full = manifest.disappearance = None
    context.lake.commit(manifest)
