"""Read what belongs to the issues once the issues of all projects are read: they never wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from contextvars import copy_context
from dataclasses import replace
from functools import partial

from jira_assets.errors import Cancelled, JiraAssetsError, LakeError
from jira_assets.lake.damage import note_damage, set_lists_aside
from jira_assets.lake.duckdb_engine import sparing_memory
from jira_assets.lake.entity_state import EntityProblem
from jira_assets.lake.manifest import Manifest
from jira_assets.resource_limits import resource_errors
from jira_assets.state import State
from jira_assets.sync.context import SyncContext, SyncOptions
from jira_assets.sync.entities import read_entities
from jira_assets.sync.entity_kinds import WORKLOGS
from jira_assets.sync.project import describe
from jira_assets.sync.project_sync import ProjectSync
from jira_assets.sync.results import Outcome
from jira_assets.sync.session import SyncSession
from jira_assets.sync.worklogs import note_worklog_failure, read_worklogs

AT_ONCE = 4
PURPOSE = "reading comments and the like"


def read_all_entities(
    context: SyncContext, outcomes: Sequence[Outcome], session: SyncSession
) -> list[Outcome]:
    """Read what is chosen of the projects whose issues were read; return the outcomes with what that changed.

    A project that was proved just now is proved in this, too. Whatever fails is described in the manifest of
    the project, be it that Jira refuses our identity: the issues that were read are to be published.
    """
    concerned = {outcome.project_id for outcome in outcomes if outcome.ok and _is_concerned(context, outcome)}
    if not concerned:
        return list(outcomes)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="entities") as threads:
        work = partial(_of_project, context, session)
        futures = {
            outcome.project_id: threads.submit(copy_context().run, work, outcome)
            for outcome in outcomes
            if outcome.project_id in concerned
        }
        try:
            found = {project_id: future.result() for project_id, future in futures.items()}
        except BaseException:
            context.client.transport.cancel()
            threads.shutdown(wait=True, cancel_futures=True)
            raise
    return [found.get(outcome.project_id, outcome) for outcome in outcomes]


def read_all_worklogs(
    context: SyncContext, state: State, outcomes: Sequence[Outcome], session: SyncSession
) -> None:
    """Read the worklogs of the site for the projects that want them; what fails is a notice.

    Projects that are out of sight keep theirs.
    """
    chosen = wanted_worklogs(state, context.options)
    proved = {outcome.project_id for outcome in outcomes if _is_proved(outcome, session)}
    with _failures_noted(context, partial(note_worklog_failure, context)):
        sparing_memory(partial(_read_worklogs, context, session, chosen, proved & chosen.keys()))


def wanted_worklogs(state: State, options: SyncOptions) -> dict[str, bool]:
    """Return the tracked projects that want worklogs, each with whether their texts are kept."""
    tracked = state.projects.tracked(include_inactive=True)
    wanted = {each.project_id: options.entities_of(each.project_key) for each in tracked}
    return {key: kinds[WORKLOGS] for key, kinds in wanted.items() if WORKLOGS in kinds}


def _read_worklogs(
    context: SyncContext, session: SyncSession, chosen: Mapping[str, bool], proved: set[str], sparing: bool
) -> None:
    if not sparing:
        read_worklogs(context, session, chosen, proved)
        return
    with closing(context.lake.reopened(sparing=True)) as lake:
        read_worklogs(replace(context, lake=lake), session, chosen, proved)


def _is_proved(outcome: Outcome, session: SyncSession) -> bool:
    """Return whether the issues of a project were compared with Jira just now."""
    proof = outcome.proof if outcome.ok and outcome.mode != "incremental" else None
    return proof is not None and proof.at == session.at


def _is_concerned(context: SyncContext, outcome: Outcome) -> bool:
    """Return whether anything is chosen of a project, or was before."""
    if context.options.entities_of(outcome.project_key):
        return True
    manifest = context.lake.readable_manifest(outcome.project_id)
    return manifest is not None and bool(manifest.entities or manifest.entity_raw)


@contextmanager
def _failures_noted(context: SyncContext, note: Callable[[JiraAssetsError], None]) -> Iterator[None]:
    """Note whatever ends the block, but for being cancelled: it stands beside the issues."""
    try:
        with resource_errors(context.lake.root):
            yield
    except Cancelled:
        raise
    except JiraAssetsError as error:
        note(error)
    except Exception as error:
        note(LakeError(f"an unexpected {type(error).__name__}", "The next sync tries again."))


def _of_project(context: SyncContext, session: SyncSession, outcome: Outcome) -> Outcome:
    changed = False
    with (
        _failures_noted(context, partial(_note_failure, context, outcome.project_id)),
        context.lake.lock(outcome.project_id, PURPOSE),
    ):
        changed = sparing_memory(partial(_read, context, session, outcome))
    manifest = context.lake.readable_manifest(outcome.project_id)
    if manifest is None:
        return outcome
    now = describe(manifest)
    is_changed = outcome.changed or changed
    return replace(outcome, changed=is_changed, fingerprints=now.fingerprints, rows=now.rows)


def _read(context: SyncContext, session: SyncSession, outcome: Outcome, sparing: bool) -> bool:
    manifest = context.lake.manifest(outcome.project_id)
    if manifest is None:
        return False
    is_proved = _is_proved(outcome, session)
    if not sparing:
        return _read_with(context, manifest, session, prove=is_proved)
    with closing(context.lake.reopened(sparing=True)) as lake:
        return _read_with(replace(context, lake=lake), manifest, session, prove=is_proved)


def _read_with(context: SyncContext, manifest: Manifest, session: SyncSession, *, prove: bool) -> bool:
    changed = read_entities(ProjectSync(context, manifest, session), prove=prove)
    context.lake.sweep(manifest)
    return changed


def _note_failure(context: SyncContext, project_id: str, error: JiraAssetsError) -> None:
    """Keep why the pass ended; damaged files are moved away, so that the next one reads them again."""
    lake = context.lake
    with suppress(JiraAssetsError, OSError), lake.lock(project_id, PURPOSE):
        manifest = lake.manifest(project_id)
        if manifest is None:
            return
        set_lists_aside(lake, manifest, "content")
        note_damage(lake, manifest, "content")
        names = " and ".join(manifest.entities).capitalize().replace("_", " ")
        reason = f"{names} cannot be read: {error.reason.rstrip('.')}."
        manifest.note_entities({}, EntityProblem(reason, error.instruction, context.clock()))
        lake.commit(manifest)
